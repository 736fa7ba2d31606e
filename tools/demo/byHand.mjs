// A domain that is made with virsh, without this package.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A shell on the console. */
const CMDLINE = "console=ttyS0 no_timer_check rdinit=/bin/sh";

/**
 * @param {string} uri
 * @param {string[]} args
 */
const virsh = (uri, ...args) => execFileSync("virsh", ["-q", "-c", uri, ...args], { encoding: "utf8" }).trim();

/**
 * Defines and starts it.
 * @param {string} uri
 * @param {string} guest the folder of the nginx guest
 * @param {string} name
 * @returns its present form, and a function that removes it where the demo ended early
 */
export function makeByHand(uri, guest, name) {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-by-hand-"));
    // QEMU's own user reads them.
    chmodSync(folder, 0o755);
    for (const file of ["vmlinuz", "initrd"]) copyFileSync(join(guest, "kvm", file), join(folder, file));
    const file = join(folder, "domain.xml");
    writeFileSync(
        file,
        `<domain type="qemu">
  <name>${name}</name><memory unit="MiB">128</memory><vcpu>1</vcpu>
  <os><type arch="x86_64" machine="pc">hvm</type><kernel>${folder}/vmlinuz</kernel><initrd>${folder}/initrd</initrd><cmdline>${CMDLINE}</cmdline></os>
  <features><acpi/></features>
  <devices><serial type="pty"/></devices>
</domain>
`,
    );
    virsh(uri, "define", file);
    virsh(uri, "start", name);
    return {
        /** Its definition and its process: neither changes unnoticed. */
        look: () => JSON.stringify([virsh(uri, "dumpxml", "--inactive", name), readFileSync(pidFile(name), "utf8")]),
        kernel: join(folder, "vmlinuz"),
        declaration: `  ${name}:
    type: unikernel:Unikernel
    properties:
      { platform: kvm, accelerator: tcg, guest: raw, kernel: ${folder}/vmlinuz, initrd: ${folder}/initrd, args: ["${CMDLINE}"], memory: 128 }
`,
        remove: () => {
            for (const command of ["destroy", "undefine"])
                try {
                    virsh(uri, command, name);
                } catch {
                    /* it is gone */
                }
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** @param {string} name */
const pidFile = (name) => `/run/libvirt/qemu/${name}.pid`;
