/** The namespace of our metadata element. Never changes: the version is an attribute of the element. */
export const MARK_NAMESPACE = "urn:pulumi-unikernel:domain:1";
/** The prefix under which libvirt writes it (the `key` of virDomainSetMetadata). */
export const MARK_PREFIX = "unikernel";
/** The element's own name. */
export const MARK_ELEMENT = "mark";
/** The newest mark that this release writes and reads. */
export const MARK_VERSION = 1;

/** libvirt's pass-through to QEMU's command line (libvirt: drvqemu, "Pass-through of arbitrary qemu commands"). */
export const QEMU_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0";
