/** Outputs in which the value of a secret argument may be repeated, by kind of resource. */
export const derivedOutputs = {
    unikernel: ["consoleCommand", "consoleLog", "guestConfig", "ipAddresses", "path", "burned", "manifest"],
    blockImage: ["path"],
} as const;
