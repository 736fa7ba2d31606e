export function buildKey(packages: string[], files: [name: string, bytes: Uint8Array][]): string;
export function buildGuest(options?: { cache?: string; fresh?: boolean }): {
    folder: string;
    packages: string[];
    built: boolean;
};
