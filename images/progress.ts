const EVERY = 3000;

/** Calls through every three seconds at most, and not before the first three are over: what is quick says nothing. */
export function everyFewSeconds<T extends unknown[]>(say: (...args: T) => void): (...args: T) => void {
    let next = Date.now() + EVERY;
    return (...args) => {
        if (Date.now() < next) return;
        next = Date.now() + EVERY;
        say(...args);
    };
}

export function mebibytes(bytes: number): number {
    return Math.ceil(bytes / 2 ** 20);
}
