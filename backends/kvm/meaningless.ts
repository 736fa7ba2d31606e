const medium = "only a medium (platform iso) has one";

/** What only a medium has. */
export const kvmMeaningless: Record<string, string> = {
    output: medium,
    label: medium,
    burn: medium,
    maxMemory: "these guests have no balloon on KVM: memory is what they booted with",
    sshTarget: "a guest on KVM needs nothing of its host but libvirt",
    console: "only a medium (platform iso) chooses: a guest's console is kept by its host",
};
