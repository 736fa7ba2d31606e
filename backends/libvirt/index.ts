/** Guests on libvirt hosts: the lifecycle that kvm and xen share, and the way to a host. */
export { createLibvirtBackend } from "./lifecycle";
export { closeHosts, openHost, type OpenOptions } from "./open";
export { sshShellOf, type SshShell } from "./files";
export type { Host } from "./host";
export type { BootPaths, Choices, LibvirtPlatform } from "./platform";
