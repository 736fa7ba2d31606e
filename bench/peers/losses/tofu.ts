import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { configuration, type Extras, Tofu } from "../tofu";
import { ABSENT_NETWORK, remove, type SubjectOf, UNKNOWN_ARGUMENT } from "./subject";

/** A stylesheet that adds an argument for QEMU: the provider has none. */
const STYLESHEET = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="node()|@*"><xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy></xsl:template>
<xsl:template match="/domain"><xsl:copy><xsl:apply-templates select="node()|@*"/>
<qemu:commandline xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><qemu:arg value="${UNKNOWN_ARGUMENT}"/></qemu:commandline>
</xsl:copy></xsl:template></xsl:stylesheet>`;

/** OpenTofu: uuid and MAC are made by libvirt, the disk is a volume that is copied from an image. */
export const tofu: SubjectOf = {
    name: "OpenTofu",
    async live({ host, kernel, programs, images, network, name, folder }, event, body) {
        const [pool, place] = [`pool-${event}`, join(folder, "pool")];
        await mkdir(place);
        await host.virsh("pool-create-as", pool, "dir", "--target", place);
        const tool = new Tofu(programs, folder);
        const extras: Extras = { disk: { pool, source: images.first }, network };
        const changed: Extras = {
            ...extras,
            ...(event === "image" ? { disk: { pool, source: images.second } } : {}),
            ...(event === "network" ? { network: ABSENT_NETWORK } : {}),
            ...(event === "qemu" ? { xslt: STYLESHEET } : {}),
        };
        const apply = async (what: Extras, round: string) => {
            await tool.configure(configuration(host.uri, kernel, what));
            return (await tool.try("apply", 1, round)).code === 0;
        };
        await body({
            good: () => apply(extras, "0"),
            happen: () => apply(changed, event === "argument" ? "1" : "0"),
        });
        await tool.try("destroy", 1, "0");
        await remove(host, name);
        await host.virsh("pool-destroy", pool);
    },
};
