import { errnoOf } from "../../../localFiles";
import { UnikernelError } from "../../../model";
import { titleOf } from "./refusal";

interface Shown {
    device: string;
    node: string;
}

/** Errors of a device that was unplugged. */
export const GONE = ["ENODEV", "ENXIO", "ENOMEDIUM", "ENOENT"];
const AGAIN = "the device does not boot until a burn completes: run again to write the rest";

/** Return the UnikernelError of a failed call on an open device. @param offset bytes from the device's start */
export function deviceError(error: unknown, doing: string, device: Shown, offset?: number): unknown {
    const errno = errnoOf(error);
    if (errno === undefined) return error;
    const what = `${doing} ${titleOf(device)} failed${offset === undefined ? "" : ` at byte ${offset}`}: ${errno}`;
    if (GONE.includes(errno)) {
        return burnError(
            "not-found",
            what,
            `the device was pulled out or lost its power; put it back; ${AGAIN}`,
            error,
        );
    }
    if (errno === "ENOSPC")
        return burnError(
            "no-space",
            what,
            `the device ends before its reported size, or the storage below it is full; ${AGAIN}`,
            error,
        );
    if (errno === "EROFS" || errno === "EPERM" || errno === "EACCES") {
        return burnError("permission", what, `the device is write-protected: look for a switch on it; ${AGAIN}`, error);
    }
    return burnError(
        "program-failed",
        what,
        `the device may be worn out or badly plugged in; dmesg shows the kernel's error. Try another port, then another device; ${AGAIN}`,
        error,
    );
}

/** Return the error of a device that ends before its reported size. */
export function endsEarly(device: Shown, offset: number): UnikernelError {
    return burnError(
        "no-space",
        `${titleOf(device)} ends at byte ${offset}, before its size says`,
        `the device reports a false size, as counterfeits do: use another device; ${AGAIN}`,
    );
}

/** Return the error of a device from which other bytes were read back than were written. */
export function mismatch(device: Shown, offset: number): UnikernelError {
    return burnError(
        "program-failed",
        `${titleOf(device)} returned different bytes than were written, from byte ${offset} on`,
        "the device is worn out, or reports a false size: use another one",
    );
}

/** Return the UnikernelError of a device that cannot be opened. */
export function openError(error: unknown, device: Shown): unknown {
    const errno = errnoOf(error);
    if (errno === undefined) return error;
    const what = `${titleOf(device)} cannot be opened: ${errno}`;
    switch (errno) {
        case "EBUSY":
            return burnError(
                "in-use",
                `${titleOf(device)} is in use: another program has it for itself`,
                `see lsblk ${device.node} and fuser -v ${device.node}, end or unmount what uses it, then run again`,
                error,
            );
        case "EACCES":
        case "EPERM":
            return burnError(
                "permission",
                what,
                `give yourself this device until it is unplugged: sudo setfacl -m u:"$USER":rw ${device.node}`,
                error,
            );
        case "EROFS":
            return burnError("permission", what, "the device is write-protected: look for a switch on it", error);
        default:
            return GONE.includes(errno)
                ? burnError("not-found", what, "put the device back, then run again", error)
                : burnError("program-failed", what, "dmesg shows the kernel's error", error);
    }
}

function burnError(code: UnikernelError["code"], summary: string, hint: string, cause?: unknown): UnikernelError {
    return new UnikernelError(code, summary, { property: "burn.device", hint, cause });
}
