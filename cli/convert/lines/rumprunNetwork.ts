import type { Draft, Interface } from "../draft";
import { listed } from "../options";
import { wrong } from "../wrong";
import { plugInto } from "./qemuNetwork";

/** Platforms of the tool that have a counterpart. */
export type RumprunPlatform = "kvm" | "qemu" | "xen" | "iso";

/** What the guest calls the only card of a platform; on a medium it is the machine's. */
const DRIVERS: Partial<Record<RumprunPlatform, string>> = { kvm: "vioif", qemu: "vioif", xen: "xenif" };
/** xl plugs a card without `bridge=` into this one (xl-network-configuration(5)). */
const XEN_BRIDGE = "xenbr0";

/** The interfaces of a rumprun line: `-I` makes one, `-W` gives it an address, and `-n` of earlier releases does both. */
export class Networks {
    private readonly cards = new Map<string, { card: Interface; option: string; configured: boolean }>();
    private readonly addresses: { tag: string; fields: string[]; option: string }[] = [];
    private style: "-I" | "-n" | undefined;

    constructor(
        private readonly draft: Draft,
        private readonly platform: RumprunPlatform,
    ) {}

    /** `-I TAG,DRIVER[,BACK END]` */
    create(text: string): void {
        this.take("-I");
        const [tag = "", driver = "", ...backend] = text.split(",");
        const option = `-I ${text}`;
        // The tool makes names of shell variables of it.
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(tag) || driver === "") {
            const expected = "TAG,DRIVER[,OPTIONS] with a tag of letters, digits and _, no digit first";
            throw wrong(this.draft.tool, option, `expected ${expected}`, "write it as -I iftag,vioif,'-net user'");
        }
        if (this.cards.has(tag))
            throw wrong(this.draft.tool, option, `the tag ${tag} is taken`, "give each -I its own tag");
        const card = this.draft.addInterface(tag);
        this.cards.set(tag, { card, option, configured: false });
        if (driver !== DRIVERS[this.platform]) card.set("driver", driver, option);
        this.attach(card, backend.join(","), option);
    }

    /** `-W TAG,inet|inet6,METHOD[,ADDRESS/PREFIX[,GATEWAY]]` */
    configure(text: string): void {
        const [tag = "", ...fields] = text.split(",");
        this.addresses.push({ tag, fields, option: `-W ${text}` });
    }

    /** `-n inet|inet6,METHOD…`: a card on the platform's usual back end, and its address */
    createAndConfigure(text: string): void {
        this.take("-n");
        const tag = `net${this.cards.size}`;
        const card = this.draft.addInterface(tag);
        this.cards.set(tag, { card, option: `-n ${text}`, configured: false });
        this.attach(card, this.platform === "xen" ? "" : "-net user", `-n ${text}`);
        this.addresses.push({ tag, fields: text.split(","), option: `-n ${text}` });
    }

    /** Give the cards their addresses, which may be written before them. */
    finish(): void {
        for (const { tag, fields, option } of this.addresses) {
            const found = this.cards.get(tag);
            if (found === undefined) {
                const tags = [...this.cards.keys()].join(", ") || "none";
                const expected = `expected TAG,inet,… with the tag of an -I (${tags}), found ${JSON.stringify(tag)}`;
                throw wrong(this.draft.tool, option, expected, `add -I ${tag || "TAG"},DRIVER, or correct the tag`);
            }
            found.configured = true;
            this.address(found.card, fields, option);
        }
        for (const { option, configured } of this.cards.values())
            if (!configured)
                this.draft.lose(
                    option,
                    "without -W the tool leaves the card without an address; here the guest asks for one by DHCP",
                );
    }

    private take(style: "-I" | "-n"): void {
        this.style ??= style;
        if (this.style !== style)
            throw wrong(
                this.draft.tool,
                style,
                `it cannot stand beside ${this.style}`,
                "write all interfaces with -I and -W",
            );
    }

    private attach(card: Interface, backend: string, option: string): void {
        if (this.platform === "iso") {
            if (backend !== "")
                this.draft.lose(option, `${backend}: on a medium an interface is a card of the machine`);
        } else if (this.platform === "xen") this.attachXen(card, backend, option);
        else this.attachQemu(card, backend, option);
    }

    private attachQemu(card: Interface, backend: string, option: string): void {
        const words = backend.split(/\s+/).filter(Boolean);
        if (words.length === 0) {
            this.draft.remark(option, "it names no back end: QEMU's own network, without forwarded ports");
            return;
        }
        for (let at = 0; at < words.length; at += 2) {
            const [flag, value] = [words[at]!, words[at + 1]];
            if (!/^--?(net|netdev|nic)$/.test(flag) || value === undefined)
                this.draft.lose(option, `${words.slice(at, at + 2).join(" ")}: an interface has no such option`);
            else if (/^nic\b/.test(value)) this.card(card, value, option);
            else plugInto(this.draft, card, value, option);
        }
    }

    private card(card: Interface, text: string, option: string): void {
        for (const [name, value] of listed(text, true).options)
            if (name === "macaddr") card.set("mac", value, option);
            else if (name !== "model" || value !== "virtio")
                this.draft.lose(option, `${name}=${value}: the card is virtio, and has no such option`);
    }

    private attachXen(card: Interface, backend: string, option: string): void {
        const { options } = listed(`,${backend}`);
        const bridge = options.find(([name]) => name === "bridge")?.[1];
        card.set("attach", { bridge: bridge ?? XEN_BRIDGE }, option);
        for (const [name, value] of options)
            if (name === "mac") card.set("mac", value, option);
            else if (name !== "bridge") this.draft.lose(option, `${name}=${value}: an interface has no such option`);
    }

    private address(card: Interface, [type = "", method = "", ...more]: string[], option: string): void {
        const family = type === "inet" ? 4 : type === "inet6" ? 6 : undefined;
        const methods = family === 6 ? ["static"] : ["dhcp", "static"];
        if (family === 6 && method === "auto" && more.length === 0) {
            this.draft.lose(
                option,
                "rumprun crashes at automatic configuration; write a static address (ipv6), beside which the guest asks for none by DHCP",
            );
            return;
        }
        const [address = "", gateway, ...others] = more;
        const valid = method === "static" ? address !== "" && others.length === 0 : more.length === 0;
        if (family === undefined || !methods.includes(method) || !valid) {
            const expected =
                "inet,dhcp or inet,static,ADDRESS/PREFIX[,GATEWAY] or inet6,static,ADDRESS/PREFIX[,GATEWAY]";
            throw wrong(
                this.draft.tool,
                option,
                `expected ${expected}`,
                "write it as -W iftag,inet,static,10.0.0.2/24",
            );
        }
        if (card.has(family === 4 ? "ipv4" : "ipv6"))
            throw wrong(this.draft.tool, option, `the card has an ${type} address already`, "leave one of the two out");
        if (method === "dhcp") card.set("ipv4", "dhcp", option);
        else card.setAddress(family, address, gateway || undefined, option);
    }
}
