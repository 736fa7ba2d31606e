import { UnikernelError } from "../../../model";
import type { Converted } from "../declared";
import { baseName } from "../draft";
import { convertKraft } from "./kraft";
import { convertQemu } from "./qemu";
import { convertRumprun } from "./rumprun";
import { convertTender, convertVirtioRun, type Tender } from "./solo5";
import { convertVirtInstall } from "./virtInstall";

const TENDERS: readonly string[] = ["solo5-hvt", "solo5-hvt-debug", "solo5-spt"] satisfies Tender[];
const EXPECTED = "rumprun, kraft run, solo5-virtio-run, solo5-hvt, solo5-spt, qemu-system-x86_64 or virt-install";

/** Convert a line, which a shell has split into words. @throws UnikernelError where it is wrong, or no guest can be made of it */
export function readLine([program = "", ...argv]: string[]): Converted {
    const tool = baseName(program);
    if (tool === "rumprun") return convertRumprun(argv);
    if (tool === "kraft") return convertKraft(argv);
    if (tool === "solo5-virtio-run") return convertVirtioRun(argv);
    if (TENDERS.includes(tool)) return convertTender(tool as Tender, argv);
    if (/^qemu-system-(x86_64|i386)$|^(qemu-)?kvm$/.test(tool)) return convertQemu(tool, argv);
    if (tool === "virt-install") return convertVirtInstall(argv);
    throw new UnikernelError("invalid", `${program || "(end of the line)"}: expected the line of one of ${EXPECTED}`, {
        hint:
            tool === "sudo" || tool === "env"
                ? `leave out ${tool}, and what belongs to it`
                : "write the line behind `convert --`, as you would run it",
    });
}
