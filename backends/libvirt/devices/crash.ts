import type { OnCrash } from "../../../model";
import type { Consequence } from "../../consequence";
import { at, element, text } from "../xml";
import type { Device } from "./device";

/** libvirt's actions for a crash (formatdomain, "Events configuration") as those that can be declared. */
const ACTIONS: Record<string, OnCrash> = {
    destroy: "destroy",
    restart: "restart",
    preserve: "preserve",
    "rename-restart": "restart",
    "coredump-destroy": "destroy",
    "coredump-restart": "restart",
};

/** Return the action for a reset: a guest without a panic device, or one that triple-faults, crashes by a reset. */
export function onReset(onCrash: OnCrash): "restart" | "destroy" {
    return onCrash === "restart" ? "restart" : "destroy";
}

/**
 * Return what another `onCrash` is where the crash action changes live: QEMU takes its action for a reset at its start.
 */
export function changeOfCrashAction(from: unknown, to: unknown): Consequence {
    return onReset(from as OnCrash) === onReset(to as OnCrash) ? "live" : "restart";
}

/** The action for a crash or a reset, and the device by which a guest reports a crash. */
export const crash = {
    arguments: ["onCrash", "guest"],
    render: ({ onCrash, onReboot, panicDevice }, { emulatesPc }) => ({
        domain: [element("on_reboot", {}, onReboot), element("on_crash", {}, onCrash)],
        devices: panicDevice && emulatesPc ? [element("panic", { model: "isa" })] : [],
    }),
    read: ({ domain, devices }) => ({
        onCrash: text(domain, "on_crash") ?? "destroy",
        onReboot: text(domain, "on_reboot") ?? "restart",
        panicDevice: at(devices, "panic") !== undefined,
    }),
    compared: ({ onCrash, onReboot, panicDevice }) => ({ onCrash, guest: [panicDevice, onReboot] }),
    drift: ({ onCrash }) => [{ property: "onCrash", applied: onCrash, seen: [(facts) => facts.onCrash] }],
    live: {
        onCrash: {
            possible: ({ hypervisor }) => hypervisor.changesCrashAction,
            afterSave: true,
            make: (host, uuid, { model }) =>
                host.domains.setOnCrash(uuid, model.onCrash, { live: true, config: false }),
        },
    },
    import: {
        elements: ["on_crash", "on_reboot"],
        devices: { panic: (_device, notes) => notes.drop("panic device") },
        declare: ({ domain }, notes) => {
            const said = text(domain, "on_crash") ?? "destroy";
            const reboot = text(domain, "on_reboot") ?? "restart";
            const onCrash = Object.hasOwn(ACTIONS, said) ? ACTIONS[said] : undefined;
            if (!onCrash) notes.refuse(`on_crash ${said}`);
            else if (onCrash !== said) notes.change("on_crash", said, onCrash);
            const ours = onReset(onCrash ?? "destroy");
            if (reboot !== ours) notes.change("on_reboot", reboot, ours);
            return { onCrash: onCrash ?? "destroy" };
        },
    },
} satisfies Device;
