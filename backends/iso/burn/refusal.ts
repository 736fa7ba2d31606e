import { type BurnSpec, type ErrorCode, UnikernelError } from "../../../model";
import type { DeviceFacts } from "./facts";
import { isLasting } from "./names";
import type { Roots } from "./roots";
import type { Use } from "./uses";

type Property = "device" | "serial" | "allowFixed";

/**
 * Return the reason not to write to a device; undefined when it can be written. Checks first that it is the intended
 * device, then that it is not in use, then that the image fits.
 * @param imageSize bytes
 */
export function refusalOf(
    burn: BurnSpec,
    facts: DeviceFacts,
    imageSize: number,
    roots: Roots,
): UnikernelError | undefined {
    return wrongDevice(burn, facts, roots) ?? inUse(facts) ?? cannotTake(burn, facts, imageSize);
}

/** Return the reason why a device is not the intended one; undefined when it is. Suffices for reading. */
export function wrongDevice(burn: BurnSpec, facts: DeviceFacts, roots: Roots): UnikernelError | undefined {
    const shown = titleOf(facts);
    if (facts.partitionOf !== undefined) {
        return refuse(
            "invalid",
            "device",
            `${shown} is a partition of ${facts.partitionOf}, and a medium takes a whole device`,
            `name the whole device: the same name without -partN, see ls -l /dev/disk/by-id`,
        );
    }
    if (facts.optical) {
        return refuse(
            "unsupported",
            "device",
            `${shown} is a drive for optical discs`,
            "leave burn away and write the image with a program for discs: xorriso -as cdrecord -v dev=DRIVE IMAGE",
        );
    }
    if (facts.size === 0)
        return refuse(
            "not-found",
            "device",
            `there is no medium in ${shown}`,
            "put the card or stick in, then run again",
        );
    if (burn.serial !== undefined) return wrongSerial(burn.serial, burn, facts, roots);
    if (isLasting(burn.device, roots)) return undefined;
    return refuse(
        "invalid",
        "device",
        `${burn.device} is a name that may lead to another device tomorrow`,
        nameHint(facts),
    );
}

function wrongSerial(serial: string, burn: BurnSpec, facts: DeviceFacts, roots: Roots): UnikernelError | undefined {
    const shown = titleOf(facts);
    if (facts.serials.length === 0) {
        return refuse(
            "invalid",
            "serial",
            `${shown} reports no serial number, so burn.serial cannot identify it`,
            lastingHint(facts),
        );
    }
    if (!facts.serials.includes(serial.trim())) {
        return refuse(
            "invalid",
            "serial",
            `${shown} has the serial number ${facts.serials[0]}, not ${serial}`,
            "another device has that name now: see lsblk -o NAME,SERIAL,SIZE,MODEL and name the right one",
        );
    }
    if (facts.twins.length === 0 || isLasting(burn.device, roots)) return undefined;
    return refuse(
        "invalid",
        "serial",
        `${shown} shares its serial number with ${facts.twins.join(", ")}`,
        lastingHint(facts),
    );
}

function inUse(facts: DeviceFacts): UnikernelError | undefined {
    const { uses } = facts;
    if (uses.length === 0) return undefined;
    const system = uses.some((use) => use.system);
    const list =
        uses.slice(0, 8).map(describeUse).join(", ") + (uses.length > 8 ? `, and ${uses.length - 8} more` : "");
    return refuse(
        "in-use",
        "device",
        `${titleOf(facts)} ${system ? "holds the running system" : "is in use"}: ${list}`,
        system
            ? "this machine runs from it: name another device"
            : `${[...new Set(uses.map(freeCommand))].slice(0, 8).join("; ")}; then run again`,
    );
}

function describeUse({ part, how, where }: Use): string {
    if (how === "swap") return `${part} is swap`;
    return how === "mounted" ? `${part} is mounted at ${where}` : `${part} is held by ${where}`;
}

function freeCommand({ how, where }: Use): string {
    return how === "mounted" ? `umount ${where}` : `stop ${where} (mdadm --stop, vgchange -an, cryptsetup close)`;
}

function cannotTake({ allowFixed }: BurnSpec, facts: DeviceFacts, imageSize: number): UnikernelError | undefined {
    const shown = titleOf(facts);
    if (facts.readOnly) {
        return refuse(
            "permission",
            "device",
            `${shown} is read-only`,
            `look for a switch on the stick or card; blockdev --setrw ${facts.node} undoes a software lock`,
        );
    }
    if (!facts.removable && !allowFixed) {
        return refuse(
            "invalid",
            "allowFixed",
            `${shown} is a fixed disk: not on USB, and without a medium that can be taken out`,
            "if all that is on it may go, set burn.allowFixed: true",
        );
    }
    const needed = Math.ceil(imageSize / facts.sector) * facts.sector;
    if (facts.size >= needed) return undefined;
    return refuse(
        "no-space",
        "device",
        `${shown} has ${facts.size} bytes, and the image needs ${needed}`,
        "take a larger one, or put less on the medium",
    );
}

/** Return a device's name for messages: `/dev/disk/by-id/usb-… (/dev/sdb)`. */
export function titleOf({ device, node }: Pick<DeviceFacts, "device" | "node">): string {
    return device === node ? device : `${device} (${node})`;
}

function nameHint(facts: DeviceFacts): string {
    const [serial] = facts.serials;
    return `${lastingHint(facts)}${serial === undefined ? "" : `, or set burn.serial: ${JSON.stringify(serial)} if this is the device you mean`}`;
}

function lastingHint({ lasting }: DeviceFacts): string {
    return lasting.length === 0 ? "name it by a link below /dev/disk/by-id" : `name it by ${lasting[0]}`;
}

function refuse(code: ErrorCode, property: Property, summary: string, hint: string): UnikernelError {
    return new UnikernelError(code, summary, { property: `burn.${property}`, hint });
}
