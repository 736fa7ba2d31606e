import type { Applied, GuestRef } from "../../../backend";
import type { Host } from "../../host";
import type { KeptConsole, LibvirtPlatform } from "../../platform";
import type { recallConsole } from "../power/halted";
import { keptConsole, TAIL_BYTES } from "../readiness/console";
import { Ahead } from "./ahead";

/** What a look at a guest asks beside its definitions. */
export interface Questions extends Pick<LibvirtPlatform, "hasRuntimeConfig"> {
    console: KeptConsole;
    digest(name: string): Promise<string | undefined>;
    /**
     * Ask what the definitions will probably ask for.
     * @param number the domain's; -1 when it is off
     */
    begin(number: number, known: { told?: string; recalled?: ReturnType<typeof recallConsole> }): void;
}

export function questionsOf(host: Host, platform: LibvirtPlatform, ref: GuestRef, applied: Applied): Questions {
    const ahead = new Ahead();
    const stored = keptConsole(host, platform, { ...applied, ...ref });
    const [end, hasRuntimeConfig] = [stored.end?.bind(stored), platform.hasRuntimeConfig?.bind(platform)];
    const console: KeptConsole = {
        ...stored,
        path: (which) => ahead.ask(`path ${which ?? ""}`, () => stored.path(which)),
        ...(end ? { end: (bytes, known) => ahead.ask(`end ${bytes} ${known ?? ""}`, () => end(bytes, known)) } : {}),
    };
    const questions: Questions = {
        console,
        digest: (name) => ahead.ask(`digest ${name}`, () => host.files.digest(ref.uuid, name)),
        ...(hasRuntimeConfig
            ? {
                  hasRuntimeConfig: (to, guest, id, key) =>
                      ahead.ask(`told ${id} ${key}`, () => hasRuntimeConfig(to, guest, id, key)),
              }
            : {}),
        begin: (number, { told, recalled }) =>
            ahead.begin(() => {
                void console.path();
                const kernel = (applied as Partial<{ digests: { kernel: string } }>).digests?.kernel;
                if (kernel !== undefined) void questions.digest(`kernel-${kernel.slice(0, 16)}`);
                if (number < 0) return;
                if (told !== undefined) void questions.hasRuntimeConfig?.(host, applied, number, told);
                void recalled?.then((answer) => {
                    void console.end?.(TAIL_BYTES, answer?.boot === number ? answer.size : undefined);
                });
            }),
    };
    return questions;
}
