const UNITS: [name: string, seconds: number][] = [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
];

/** Render seconds by their two largest units: `3d 4h`, `12m 5s`, `0s`. */
export function renderSeconds(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    const first = Math.max(
        0,
        UNITS.findIndex(([, size]) => whole >= size),
    );
    if (whole === 0) return "0s";
    let rest = whole;
    const parts = UNITS.slice(first, first + 2).map(([name, size]) => {
        const count = Math.floor(rest / size);
        rest -= count * size;
        return count === 0 ? "" : `${count}${name}`;
    });
    return parts.filter(Boolean).join(" ");
}
