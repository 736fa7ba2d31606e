import { defaultConnection } from "../core";
import { guestsOfStack, type StackGuests } from "../core/commands";
import { UnikernelError } from "../model";

/** Options of the commands that show guests. */
export interface PlaceOptions {
    /** libvirt URIs of hosts. @default without a stack: as for doctor */
    connection?: string[];
    /** A stack, by the name that the Pulumi CLI takes: its guests, on all their hosts. */
    stack?: string;
}

export interface Places {
    connections: string[];
    stack?: StackGuests;
}

/** Return the hosts to ask. The state of a stack is read by the Pulumi CLI. */
export async function placesOf({ connection = [], stack }: PlaceOptions): Promise<Places> {
    if (stack === undefined) return { connections: connection.length > 0 ? connection : [defaultConnection()] };
    const source = `the export of stack ${stack}`;
    return { connections: connection, stack: guestsOfStack(await exportStack(stack), source) };
}

/** Return the state of a stack. Its secrets stay encrypted: no pass phrase is asked for. */
async function exportStack(stack: string): Promise<string> {
    const { execa } = await import("execa");
    const { failed, code, stdout, stderr } = await execa("pulumi", ["stack", "export", "--stack", stack], {
        reject: false,
        stdin: "ignore",
        env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    if (code === "ENOENT")
        throw new UnikernelError("program-missing", "--stack needs the Pulumi CLI, and pulumi is not on PATH", {
            hint: "npx pulumi-unikernel doctor names the command that installs it",
        });
    if (failed)
        throw new UnikernelError("program-failed", `the state of stack ${stack} cannot be read`, {
            hint: `pulumi stack export said: ${stderr.trim().split("\n").slice(-4).join(" ")}`,
        });
    return stdout;
}
