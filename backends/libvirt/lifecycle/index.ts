/** Create, update, observe and delete guests on libvirt hosts. */
export { createLibvirtBackend } from "./backend";
