import type { MediumSpec, UnikernelSpec } from "../../model";
import type { PropertyConsequence } from "../backend";
import { live, replace, restart, unsupportedOn } from "../consequence";

const unsupported = unsupportedOn("a host", "restart");
const medium = unsupported("only a medium (platform iso) has one");

/** Rows of properties that only media have. */
export const mediumOnly = {
    output: medium,
    label: medium,
    burn: medium,
    console: unsupported("only a medium (platform iso) chooses: a guest's console is kept by its host"),
} satisfies Record<keyof MediumSpec, PropertyConsequence>;

/** The part of a reason that concerns reservations, which the boot digest does not hold. */
export const ofReservations =
    "So is a new or changed DHCP reservation, unless the guest has that address already; a removed one interrupts nothing.";

/** The consequences that are the same on every kind of host. A restart keeps uuid, MACs and persist disks. */
export const onHosts = {
    schemaVersion: live("The state's own form; the guest never sees it."),
    urn: live("Only the mark on the domain changes."),
    uuid: replace("The uuid is the domain's identity."),
    name: replace("libvirt refuses a second name for a uuid."),
    description: live("The domain's `<description>` is written, also while the guest runs."),
    platform: replace("The guest moves to another hypervisor."),
    connection: live(
        "Another way to the same host is no change; another host is a replace, decided by the host's uuid.",
    ),
    hosts: live("Where a new guest is made; one that exists stays where it is."),
    host: replace("The guest moves to another host; persist disks do not move with it."),
    kernel: restart("The guest boots from the new kernel. Only the content counts, not the path."),
    initrd: restart("The guest boots with the new initrd. Only the content counts, not the path."),
    guest: restart("The guest gets its configuration in another way."),
    args: restart("A guest reads its arguments when it boots."),
    env: restart("A guest reads its environment when it boots."),
    hostname: restart("A guest reads its host name when it boots."),
    mirage: restart("The guest gets its configuration in another way."),
    blocks: restart("Disks are plugged when the guest boots."),
    state: live("The guest is started, stopped, paused or resumed; what it booted from stays."),
    autostart: live("A flag of the host's for its own next boot."),
    readiness: live("How an update waits; the guest never sees it."),
    shutdownTimeout: live("How a stop waits; the guest never sees it."),
    adopt: live("Whether a guest that another user or tool made is taken over; the guest of this resource needs none."),
    deleteData: live("What a delete does; nothing before."),
    keepLast: live("How many former files of a persist disk stay on the host; nothing before the next update."),
    secrets: restart("The configuration moves to a file that only this guest can read, or back."),
} satisfies Partial<Record<keyof UnikernelSpec, PropertyConsequence>>;
