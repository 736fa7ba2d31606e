import type { Device } from "./device";
import type { Notes } from "./notes";

const dropped =
    (name: string) =>
    (_device: unknown, notes: Notes): void =>
        notes.drop(name);

/**
 * Devices that these guests run without, by the name of their element (formatdomain, "Devices"): an import drops them.
 */
export const unmanaged = {
    import: {
        devices: {
            graphics: ({ attributes: { type = "" } }, notes) => notes.drop(`${type.toUpperCase()} screen`),
            video: dropped("video card"),
            sound: dropped("sound card"),
            audio: ({ attributes: { type } }, notes) => {
                if (type !== "none") notes.drop("sound");
            },
            input: ({ attributes: { type = "", bus = "" } }, notes) => {
                if (bus !== "ps2") notes.drop(`${bus} ${type}`);
            },
            parallel: dropped("parallel port"),
            channel: dropped("channel"),
            rng: dropped("random number device"),
            watchdog: dropped("watchdog"),
            redirdev: dropped("USB redirection"),
            redirfilter: dropped("USB redirection"),
            hub: dropped("USB hub"),
            iommu: dropped("IOMMU"),
        },
    },
} satisfies Device;
