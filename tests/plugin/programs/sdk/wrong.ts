// Each of these is a mistake that the generated TypeScript SDK has to find.
import { NetworkInterface, Unikernel } from "pulumi-unikernel-sdk";

new Unikernel("property", { platform: "kvm", kernel: "nginx.bin", memorySize: 64 });
new Unikernel("enum", { platform: "vmware", kernel: "nginx.bin" });
new Unikernel("missing", { platform: "kvm" });
new NetworkInterface("type", { attach: { user: { forward: [{ guest: "http" }] } } });
