import { UnikernelError } from "../../../../model";
import type { Login } from "../../client";

const hostKey = /host key verification failed|remote host identification has changed|no .* host key is known/i;
const refusedLogin = /permission denied \(|too many authentication failures|no such identity/i;

/** Return the error of a failed ssh connection. The state of the remote files is then unknown. */
export function unreachable(login: Login, stderr: string, what: string): UnikernelError {
    const last = lastLine(stderr) || "the connection was cut";
    const hint = /identification has changed/i.test(stderr)
        ? `the host's key has changed: find out why, then ssh-keygen -R ${login.host}`
        : hostKey.test(stderr)
          ? `see that the host's key is the right one, and accept it once by hand: ${login.byHand} true`
          : refusedLogin.test(stderr)
            ? `ssh must log in without a question: ssh-copy-id, or ssh-add; then try: ${login.byHand} true`
            : `try: ${login.byHand} true`;
    return new UnikernelError("unreachable", `${what}: ${login.host} cannot be reached by ssh: ${last}`, { hint });
}

export function programMissing(login: Login, what: string): UnikernelError {
    return new UnikernelError("program-missing", `${what}: the program ${login.program} was not found`, {
        hint: login.program === "ssh" ? "apt-get install openssh-client" : "see command=… in the connection",
    });
}

/**
 * Return the error of a login without a usable shell: a forced command, an account without one, a host without
 * coreutils.
 */
export function noShell(login: Login, said: string, what: string): UnikernelError {
    return new UnikernelError(
        "unsupported",
        `${what}: ${login.host} cannot keep files by ssh for this user: ${lastLine(said) || "it ran no sh"}`,
        {
            hint: `this must print a version: ${login.byHand} 'sh -c "dd --version"'`,
        },
    );
}

/** Return the error of a script that failed on the remote side. @param folder the folder of all guests there */
export function failedThere(login: Login, stderr: string, code: number, what: string, folder: string): UnikernelError {
    const said = stderr
        .split("\n")
        .filter((line) => line.trim() && !/^\d+\+\d+ records (in|out)$|^\d+ bytes.* copied/.test(line))
        .join("; ");
    const summary = `${what} on ${login.host}: ${said || `exit code ${code}`}`;
    if (/no space left on device|disk quota exceeded/i.test(said)) {
        return new UnikernelError("no-space", summary, {
            hint: `see ${login.byHand} df -h ${folder}, free some space and run the command again; PULUMI_UNIKERNEL_DIR names another folder`,
        });
    }
    if (/permission denied|operation not permitted|read-only file system/i.test(said)) {
        return new UnikernelError("permission", summary, {
            hint: `give that user the folder: ${login.byHand} -t 'sudo install -d -m 0711 -o "$USER" ${folder}'`,
        });
    }
    if (code === 127 || /: not found|command not found/i.test(said)) {
        return new UnikernelError("program-missing", summary, { hint: `install coreutils on ${login.host}` });
    }
    return new UnikernelError(/no such file or directory/i.test(said) ? "invalid" : "program-failed", summary);
}

function lastLine(text: string): string {
    return text.trim().split("\n").at(-1)?.trim() ?? "";
}
