import type { LibvirtHost } from "./libvirtHost";

/** Ask the DNS server of a network on a test's host. @returns the addresses, or the error's code */
export async function resolveAt(
    host: LibvirtHost,
    server: string,
    name: string,
    type: "A" | "AAAA" = "A",
): Promise<string> {
    const { stdout } = await host.exec(process.execPath, [
        "--eval",
        `const resolver = new (require("node:dns").promises.Resolver)({ timeout: 1000, tries: 2 });
        resolver.setServers([process.argv[1]]);
        resolver.resolve(process.argv[2], process.argv[3]).then((found) => console.log(found.join()), (error) => console.log(error.code));`,
        server,
        name,
        type,
    ]);
    return stdout.trim();
}
