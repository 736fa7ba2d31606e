import { PartialError } from "../../../backends";
import type { Observation } from "../../../backends/backend";
import { creationOf, withNote } from "../../../backends/libvirt/lifecycle/ownership/interruptedCreations";
import { MemoryHost } from "../../../bench/memoryHost";
import { UnikernelError } from "../../../model";
import { ownCache } from "../../support/ownCache";

ownCache();

const host = new MemoryHost("qemu:///system");

test.each<[string, Error, boolean]>([
    ["a refusal: nothing was made", new UnikernelError("in-use", "another has the name"), false],
    ["a partial guest, which gets into state", new PartialError({} as Observation, ["not ready"]), false],
    [
        "a host that is not reached any more, which may have carried out the last call",
        new UnikernelError("unreachable", "reset"),
        true,
    ],
    [
        "a call without an answer, which the host may still carry out",
        new UnikernelError("timeout", "no answer within 30 s"),
        true,
    ],
])("after %s", async (title, error, stays) => {
    const { uuid: hostId } = await host.info();
    const failing = withNote({ host, uuid: title, urn: "urn" }, () => Promise.reject(error));
    await expect(failing).rejects.toBe(error);
    expect((await creationOf(hostId, title)) !== undefined).toBe(stays);
});
