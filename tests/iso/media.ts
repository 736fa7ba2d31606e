import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createBackends } from "../../backends";
import { unikernelHandlers } from "../../core/unikernel";
import { forgetClaims } from "../../core/unikernel/check/claims";
import { forgetChecks } from "../../core/unikernel/diff/replacing";
import { UnikernelError } from "../../model";
import type { Stack } from "../support/engine";
import { alice } from "../support/plans";

type Properties = Record<string, unknown>;

export const urnOf = (name: string): string =>
    `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:Unikernel::${name}`;

const backends = createBackends(() => Promise.reject(new UnikernelError("unreachable", "a medium asks no host")));

/** Set what the next run of programs/media declares. */
export function declareMedia(stack: Stack, unikernels: object, images: object = {}): Promise<void> {
    return writeFile(join(stack.folder, "declared.json"), JSON.stringify({ unikernels, images }));
}

/** The handlers of unikernels, and what they said. */
export function media(): {
    said: string[];
    check(
        args: Properties,
        olds?: Properties,
        name?: string,
    ): Promise<{ inputs: Properties; failures: { property: string; reason: string }[] }>;
    handlers: ReturnType<typeof unikernelHandlers>;
} {
    const said: string[] = [];
    const handlers = unikernelHandlers({
        backend: (platform) => backends[platform]!,
        creator: alice,
        log: (message) => {
            said.push(message);
        },
    });
    return {
        said,
        handlers,
        /** As the engine of another run would. */
        check(args, olds = {}, name = "web") {
            forgetClaims();
            forgetChecks();
            return handlers.check(olds, { resourceUrn: urnOf(name), platform: "iso", ...args });
        },
    };
}
