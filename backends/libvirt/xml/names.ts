/** The namespace of our metadata element. Never changes: the version is an attribute of the element. */
export const MARK_NAMESPACE = "urn:pulumi-unikernel:domain:1";
/** The prefix under which libvirt writes it (the `key` of virDomainSetMetadata). */
export const MARK_PREFIX = "unikernel";
/** The element's own name. */
export const MARK_ELEMENT = "mark";
/** The newest mark that this release writes and reads. Version 2: the folder, and role, key and digest of each file. */
export const MARK_VERSION = 2;

/** libvirt's pass-through to QEMU's command line (libvirt: drvqemu, "Pass-through of arbitrary qemu commands"). */
export const QEMU_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0";
