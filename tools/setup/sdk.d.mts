export function sdkGenerator(): string;
export function goForSdk(): Promise<{ program: string; env: NodeJS.ProcessEnv }>;
