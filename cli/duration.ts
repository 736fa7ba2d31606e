import { UnikernelError } from "../model";

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

/**
 * Return the seconds before now of a time: `90s`, `10m`, `2h`, `3d`, or a date and time of ISO 8601.
 * @throws UnikernelError `invalid`
 */
export function secondsSince(text: string, now: number = Date.now()): number {
    const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
    const [, size] = UNITS.find(([name]) => name === unit) ?? [];
    if (size !== undefined) return Number(count) * size;
    const then = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(then))
        throw new UnikernelError(
            "invalid",
            `${JSON.stringify(text)} is no time: expected such as 90s, 10m, 2h, 3d or 2026-01-31T12:00:00Z`,
        );
    return Math.max(0, (now - then) / 1000);
}
