import { firstLineOf, hasCode, messageOf, UnikernelError } from "../../../../model";
import { PartialError } from "../../../backend";
import { readMark } from "../../xml";
import { stateOf } from "../existing";
import { knownTo, removeUnneeded } from "../files/guestFiles";
import { namesOf } from "../files/records";
import { madeIn, union } from "../network/entries";
import { entriesOf, makeEntries, release } from "../network/reservations";
import { start } from "../power/start";
import { afterFailure, stop } from "../power/stop";
import { lastLines } from "../readiness/console";
import { waitReady, wholeConsole } from "../readiness/readiness";
import { type Operation, report } from "./operation";
import type { Undo } from "./undo";

/**
 * Boot the last good definition again after a failed update.
 * @returns `rolled-back` with the failed guest's console, or PartialError when the rollback failed too
 */
export async function rollBack(operation: Operation, undo: Undo, lastGood: string, failure: unknown): Promise<unknown> {
    const {
        host,
        plan: { spec },
        context,
        desired,
    } = operation;
    const console =
        (failure instanceof UnikernelError ? failure.console : undefined) ??
        (await lastLines(host, spec.uuid, operation.console));
    context.log(`${spec.name}: ${firstLine(failure)}; going back to the last good guest`);
    try {
        await stop(host, operation.platform, spec, afterFailure(operation));
        await undo.run();
        await host.domains.define(lastGood);
        await bootAgain(operation, lastGood);
        const files = namesOf(readMark(lastGood));
        await removeUnneeded(
            host,
            spec.uuid,
            [...operation.present, ...desired.layout.files],
            knownTo(operation.existing, desired),
            files,
        );
    } catch (error) {
        if (hasCode(error, "unreachable")) return error;
        const now = await host.domains.state(spec.uuid).catch(() => undefined);
        return new PartialError(
            await report(operation, { state: now ? stateOf(now) : "stopped", unfinished: true }),
            [messageOf(failure), `going back to the last good guest failed too: ${messageOf(error)}`],
            { cause: failure },
        );
    }
    return new UnikernelError("rolled-back", `the update failed, the last good guest is back: ${firstLine(failure)}`, {
        property: failure instanceof UnikernelError ? failure.property : undefined,
        // The failed guest's log was renamed to make room for that of the running guest.
        hint: hasCode(failure, "guest-ended", "not-ready")
            ? wholeConsole(await operation.console.path("last"))
            : failure instanceof UnikernelError
              ? failure.hint
              : undefined,
        console,
        cause: failure,
    });
}

async function bootAgain(
    { host, platform, info, plan, existing, entries, from, desired, console }: Operation,
    lastGood: string,
): Promise<void> {
    if (from) {
        const own = union([...entries, ...madeIn(desired.mark)]);
        await makeEntries(host, entriesOf(from), own);
        await release(host, own, entriesOf(from));
    }
    const state = from?.state ?? (existing.record ? stateOf(existing.record) : "stopped");
    if (state === "stopped") return;
    // A saved guest boots again: its saved memory does not fit a definition that was replaced meanwhile.
    const again = state === "saved" ? "running" : state;
    await start(host, platform, plan.spec, {
        state: again,
        mark: readMark(lastGood),
        again: true,
        autostart: from?.autostart ?? existing.record?.autostart ?? false,
        console,
        shutdownTimeout: (from ?? plan.spec).shutdownTimeout,
    });
    if (from && again === "running") {
        await waitReady({ host, info, spec: from, console, readConsole: plan.readConsole });
    }
}

function firstLine(error: unknown): string {
    const line = firstLineOf(error);
    return error instanceof UnikernelError && error.property ? line.replace(`${error.property}: `, "") : line;
}
