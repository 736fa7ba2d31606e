import type { Forward, UnikernelSpec } from "../../../model";
import { hasCode } from "../../../model";
import { noteRefused } from "../../networkInterface";

const FORWARD = /^interfaces\[(\d+)\]\.attach\.user\.forward\[(\d+)\]\.host$/;

/** Note a port on which another program listens, if that made a create or an update fail. */
export async function noteRefusedPort(
    error: unknown,
    { interfaces }: Pick<UnikernelSpec, "interfaces">,
): Promise<void> {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
        const [, index, place] = (hasCode(cause, "in-use") && FORWARD.exec(cause.property ?? "")) || [];
        const nic = interfaces[Number(index)];
        const forward: Forward | undefined =
            nic && "user" in nic.attach ? nic.attach.user.forward[Number(place)] : undefined;
        if (nic && forward) return noteRefused(nic.mac, forward);
    }
}
