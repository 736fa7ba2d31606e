const EVERY = 3000;

/** Limit a function to one call every three seconds, the first after three seconds: quick work prints nothing. */
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
