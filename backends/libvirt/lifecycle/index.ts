/** How a guest on a libvirt host comes, changes and goes. */
export { createLibvirtBackend } from "./backend";
