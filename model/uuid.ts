/** A uuid as libvirt and Pulumi write it, in either case (RFC 9562, section 4). */
export const UUID_PATTERN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Return whether a text is a uuid. */
export function isUuid(text: string): boolean {
    return UUID_PATTERN.test(text);
}
