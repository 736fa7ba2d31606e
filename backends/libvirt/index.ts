/** Guests on libvirt hosts: the lifecycle that kvm and xen share, and the access to hosts. */

export { sshLogin } from "./client";
export { type SshShell, sshShellOf } from "./files";
export type { Host } from "./host";
export { createLibvirtBackend } from "./lifecycle";
export { closeHosts, type OpenOptions, openHost } from "./open";
export type { BootPaths, Choices, LibvirtPlatform } from "./platform";
