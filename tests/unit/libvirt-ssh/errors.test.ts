import { sshLogin } from "../../../backends/libvirt/client";
import { failedThere, unreachable } from "../../../backends/libvirt/files/ssh/errors";
import type { ErrorCode } from "../../../model";

const login = sshLogin("qemu+ssh://root@far:2222/system")!;

test.each<[string, number, ErrorCode, RegExp | undefined]>([
    [
        "12+0 records out\ndd: error writing '/g/.x.1.part': No space left on device",
        1,
        "no-space",
        /^see ssh -p 2222 root@far df -h \/g,/,
    ],
    [
        "mkdir: cannot create directory '/g': Permission denied",
        1,
        "permission",
        /ssh -p 2222 root@far -t 'sudo install -d -m 0711 -o "\$USER" \/g'/,
    ],
    ["mkdir: cannot create directory '/g': Read-only file system", 1, "permission", /sudo install/],
    ["sh: 12: dd: not found", 127, "program-missing", /coreutils/],
    ["cp: cannot stat '/g/x': No such file or directory", 1, "invalid", undefined],
    ["", 2, "program-failed", undefined],
])("%j", (stderr, code, expected, hint) => {
    const error = failedThere(login, stderr, code, "write of /g/x", "/g");
    expect(error).toMatchObject({ code: expected, ...(hint && { hint: expect.stringMatching(hint) as string }) });
    expect(error.message).not.toContain("records out");
});

test.each([
    ["ssh: connect to host far port 2222: Connection refused", "try: ssh -p 2222 root@far true"],
    [
        "Host key verification failed.",
        "see that the host's key is the right one, and accept it once by hand: ssh -p 2222 root@far true",
    ],
    [
        "root@far: Permission denied (publickey).",
        "ssh must log in without a question: ssh-copy-id, or ssh-add; then try: ssh -p 2222 root@far true",
    ],
    ["", "try: ssh -p 2222 root@far true"],
])("%j: unreachable, never gone", (stderr, hint) => {
    expect(unreachable(login, stderr, "list of /g")).toMatchObject({ code: "unreachable", hint });
});
