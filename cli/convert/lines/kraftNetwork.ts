import type { Fields } from "../declared";
import type { Draft } from "../draft";
import { wrong } from "../wrong";

/** The networks of a `kraft run` line: published ports are one card on QEMU's own network, and each network is one more. */
export class KraftNetworks {
    private readonly forward: Fields[] = [];
    private readonly networks: string[] = [];
    private address: string | undefined;
    private mac: string | undefined;

    constructor(private readonly draft: Draft) {}

    /** `-p [ADDRESS:]HOST:GUEST[/tcp|/udp]` */
    publish(text: string): void {
        const [, address, host, guest, protocol] =
            /^(?:([\d.]+):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
        if (guest === undefined) {
            if (/^[\d.:-]+(\/\w+)?$/.test(text)) {
                this.draft.lose(`-p ${text}`, "write one forward for each port: { host, guest }");
                return;
            }
            const expected = `expected [ADDRESS:]HOST:GUEST[/tcp|/udp], found ${JSON.stringify(text)}`;
            throw wrong(this.draft.tool, `-p ${text}`, expected, "write it as -p 8080:80");
        }
        this.forward.push({
            host: Number(host),
            guest: Number(guest),
            // The tool publishes on all addresses where none is named.
            address: address ?? "0.0.0.0",
            ...(protocol === "udp" ? { protocol } : {}),
        });
    }

    /** `--network NAME[:ADDRESS[/PREFIX][:GATEWAY[:DNS0[:DNS1[:HOSTNAME[:DOMAIN]]]]]]` */
    join(text: string): void {
        this.networks.push(text);
    }

    setAddress(text: string): void {
        this.address = text;
    }

    setMac(text: string): void {
        this.mac = text;
    }

    finish(platform: "kvm" | "xen"): void {
        if (this.address !== undefined && this.networks.length !== 1)
            throw wrong(
                this.draft.tool,
                `--ip ${this.address}`,
                "the tool takes it with exactly one --network",
                "add --network NAME",
            );
        if (this.forward.length > 0) this.forwards(platform);
        this.networks.forEach((text, index) => {
            this.plug(text, index);
        });
        if (this.mac !== undefined && this.networks.length !== 1)
            this.draft.lose(`--mac ${this.mac}`, "it is taken with exactly one --network; write mac at an interface");
    }

    private forwards(platform: "kvm" | "xen"): void {
        if (platform === "xen") {
            this.draft.lose("-p", "Xen has no network of its own with forwarded ports; give the guest a bridge");
            return;
        }
        this.draft.addInterface("ports").set("attach", { user: { forward: this.forward } }, "-p");
    }

    private plug(text: string, index: number): void {
        const option = `--network ${text}`;
        const [bridge = "", address = "", gateway, dns0, dns1, hostname, domain] = text.split(":");
        const card = this.draft.addInterface(bridge || `net${index}`);
        // A network of the tool is a bridge of its name.
        card.set("attach", { bridge }, option);
        const own = this.networks.length === 1 ? this.address : undefined;
        const given = address || own || "";
        if (given.includes("/")) card.setAddress(4, given, gateway || undefined, option);
        else if (given !== "")
            this.draft.lose(
                option,
                `${given}: its prefix length is the network's: write ipv4: { address: "${given}/PREFIX" }`,
            );
        if (dns0 || dns1) this.draft.lose(option, "name servers: an interface has none");
        if (hostname) this.draft.setIfPossible("hostname", hostname, option);
        if (domain) this.draft.lose(option, `${domain}: a domain cannot be set`);
        if (this.mac !== undefined && this.networks.length === 1) card.set("mac", this.mac, `--mac ${this.mac}`);
    }
}
