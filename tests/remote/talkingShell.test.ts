import { request } from "../../backends/libvirt/client";
import { doctor } from "../../cli/doctor";
import type { Sshd } from "../support/sshd";
import { startSshd } from "../support/sshd";

let sshd: Sshd;
beforeAll(async () => {
    // As sshd starts a bash whose ~/.bashrc prints.
    sshd = await startSshd({ config: ['ForceCommand echo Welcome to the host; eval "$SSH_ORIGINAL_COMMAND"'] });
});
afterAll(() => sshd.close());

test("a remote shell that prints at its start is named where libvirt is reached through it", async () => {
    const error = await request(sshd.uri(), "domainList", [], "list").catch((reason: unknown) => reason);
    expect(error).toMatchObject({
        code: "unreachable",
        message: expect.stringContaining('the shell of 127.0.0.1 printed "Welc…" at its start'),
        hint: expect.stringMatching(/ssh -p \d+ -i \S+ root@127\.0\.0\.1 true; .*case \$- in/),
    });
});

test("doctor names it, with a command that has the connection's port and key", async () => {
    const lines: string[] = [];
    expect(await doctor({ connection: sshd.uri(), print: (line) => lines.push(line) })).toBe(false);
    const text = lines.join("\n");
    expect(text).toContain('printed "Welc…" at its start');
    expect(text).toMatch(/\$ \S*ssh -p \d+ -i \S+ root@127\.0\.0\.1 true\n.*That must print nothing/);
});
