const medium = "only a medium (platform iso) has one";

/** What only a medium has. */
export const kvmMeaningless: Record<string, string> = {
    output: medium,
    label: medium,
    burn: medium,
    console: "only a medium (platform iso) chooses: a guest's console is kept by its host",
};
