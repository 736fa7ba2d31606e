import { knownHost, same } from "../../model";
import type { PropertyChange } from "../handlers";
import { DRIFTING, type NetworkInputs, RESTARTS } from "./inputs";

type Stored = Partial<NetworkInputs>;

/** Return what differs between state and declaration, and what each difference means for the network. */
export function differences(olds: Stored, news: Stored): PropertyChange[] {
    const changed = (property: keyof NetworkInputs, consequence: string): PropertyChange[] => {
        const [from, to] = [olds[property], news[property]];
        return same(from, to) ? [] : [{ property, from, to, consequence }];
    };
    return [
        ...changed("name", "replace"),
        ...(knownHost(olds.host) !== undefined && knownHost(news.host) !== undefined ? changed("host", "replace") : []),
        ...changed("connection", "live"),
        ...DRIFTING.filter((name) => name !== "bridge" || declaresBridge(olds, news)).flatMap((name) =>
            changed(name, consequenceOf(name, olds, news)),
        ),
        ...changed("urn", "live"),
        ...(olds.drift ?? []).map((property) => ({ property, from: property, to: undefined, consequence: "live" })),
    ];
}

/** In other modes, state has the bridge that libvirt made. */
const declaresBridge = (olds: Stored, news: Stored): boolean => olds.mode === "bridge" && news.mode === "bridge";

function consequenceOf(name: (typeof DRIFTING)[number], olds: Stored, news: Stored): string {
    if (name === "ipv4" || name === "ipv6") return olds[name]?.address === news[name]?.address ? "live" : "restart";
    return (RESTARTS as readonly string[]).includes(name) ? "restart" : "live";
}
