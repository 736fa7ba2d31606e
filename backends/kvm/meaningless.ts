import { mediumOnly } from "../libvirt/meaningless";

/** What only a medium has. */
export const kvmMeaningless: Record<string, string> = {
    ...mediumOnly,
    maxMemory: "these guests have no balloon on KVM: memory is what they booted with",
    sshTarget: "a guest on KVM needs nothing of its host but libvirt",
};
