// The Xen host that the tests, the demo and the bench boot in QEMU.
import { which } from "../engine.mjs";
import { installMissing } from "./debian.mjs";
import { SetupError } from "./steps.mjs";

/** Installs its packages first: building it needs programs that nothing else here needs. */
export async function ensureXenHost() {
    const { PACKAGES } = await import("../../tests/xen-host/build.mjs");
    const { prepareXenHost, whyNoXenHost } = await import("../../tests/xen-host/boot.mjs");
    // Where there is no apt, the host itself says so.
    const packages = which("apt-get") ? await installMissing(PACKAGES) : "no packages installed";
    const reason = whyNoXenHost();
    if (reason) throw new SetupError(reason);
    const { folder, built } = await prepareXenHost();
    return `${packages}; ${built ? "built" : "is"} in ${folder}`;
}
