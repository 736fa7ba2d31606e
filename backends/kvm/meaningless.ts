const medium = "only a medium (platform iso) has one";

/** What only a medium has. */
export const kvmMeaningless: Record<string, string> = {
    output: medium,
    label: medium,
    burn: medium,
    maxMemory: "these guests have no balloon on KVM: memory is what they booted with",
    console: "only a medium (platform iso) chooses: a guest's console is kept by its host",
};
