export const PYTHON_SDK: string;
export function pythonFolder(env?: NodeJS.ProcessEnv): string;
export function pythonProgram(env?: NodeJS.ProcessEnv): string;
