import type { LibvirtHost } from "../../tests/support/libvirtHost";

export const STEPS = ["create", "unchanged", "change", "more", "destroy"] as const;
export type Step = (typeof STEPS)[number];
/** Seconds of each step that the tool has. */
export type Times = Partial<Record<Step, number>>;

/** Guests that the step `more` adds. */
export const MORE = 10;
/** How many guests a tool works on at once, where it takes such an option. */
export const PARALLEL = 32;

/** The same for every tool: host, kernel, number of guests, and a folder for files of its own. */
export interface Ground {
    host: LibvirtHost;
    kernel: string;
    guests: number;
    folder: string;
}

/** A tool that makes the same guests. */
export interface Peer {
    name: string;
    /** It makes no guests of its own: its figures are the cost of the engine. */
    alone?: boolean;
    /** Time every step, and call `up` when the guests of `create` run, and then those of `more`. */
    live(ground: Ground, up: (guests: number) => Promise<void>): Promise<Times>;
}

export const nameOf = (index: number): string => `guest-${index}`;
export const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, index) => from + index);
