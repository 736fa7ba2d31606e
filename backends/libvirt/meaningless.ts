const medium = "only a medium (platform iso) has one";

/** What no guest on a host has, whatever runs it. */
export const mediumOnly: Record<string, string> = {
    output: medium,
    label: medium,
    burn: medium,
    console: "only a medium (platform iso) chooses: a guest's console is kept by its host",
};
