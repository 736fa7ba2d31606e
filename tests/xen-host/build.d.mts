export const PACKAGES: Record<string, string>;
export function cacheFolder(): string;
export function whyNoBuild(options?: { cache?: string }): string | undefined;
export function buildXenHost(options?: { cache?: string; fresh?: boolean }): {
    folder: string;
    packages: string[];
    built: boolean;
};
