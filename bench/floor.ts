import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FloorDomain, Virsh } from "./virsh";

/** The host whose guests virsh makes again. */
export interface FloorHost {
    guests: number;
    virsh: Virsh;
    /** The folder of guests' files on the host. */
    folder: string;
    /** Copy a folder on the host. */
    copy(from: string, to: string): Promise<unknown>;
}

/** Save the domains' definitions and boot files for virsh, because destroy removes them. */
export async function keep(host: FloorHost, scratch: string): Promise<FloorDomain[]> {
    const names = (await host.virsh.one("list", "--all", "--name"))
        .split("\n")
        .filter((name) => name.startsWith("guest-"));
    if (names.length !== host.guests) throw new Error(`${names.length} domains after up, not ${host.guests}`);
    const domains = names.map((name) => ({
        name,
        file: join(scratch, `${name}.xml`),
        changed: join(scratch, `${name}.changed.xml`),
    }));
    await keepDefinitions(host, domains, "file");
    return domains;
}

export async function keepDefinitions(
    { virsh, folder, copy }: FloorHost,
    domains: FloorDomain[],
    which: "file" | "changed",
): Promise<void> {
    for (const domain of domains) {
        const xml = await virsh.one("dumpxml", "--inactive", domain.name);
        const uuid = /<uuid>([^<]+)<\/uuid>/.exec(xml)?.[1] ?? "";
        const own = `${folder}/floor-${which}-${uuid}`;
        await copy(`${folder}/${uuid}`, own);
        await writeFile(domain[which], xml.replaceAll(`${folder}/${uuid}`, own));
    }
}
