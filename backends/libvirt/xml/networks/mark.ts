import type { NetworkMark } from "../../networkModel";
import { type Element, element } from "../element";
import { readCreator } from "../mark";
import { MARK_NAMESPACE, MARK_PREFIX } from "../names";
import { all, at, type Tree, text } from "../tree";

export const NETWORK_MARK = "network";
const VERSION = "1";

/** Return the mark as an element of a network's `<metadata>`. libvirt 9.0 keeps it there, and has no call to change it. */
export function networkMarkElement({ urn, creator, phase, incarnation, hosts, standsFor }: NetworkMark): Element {
    const inside: typeof element = (name, ...rest) => element(`${MARK_PREFIX}:${name}`, ...rest);
    return inside(
        NETWORK_MARK,
        {
            [`xmlns:${MARK_PREFIX}`]: MARK_NAMESPACE,
            version: VERSION,
            phase,
            ...(incarnation === undefined ? {} : { incarnation }),
            ...(standsFor === undefined ? {} : { standsFor }),
        },
        inside("urn", {}, urn),
        inside("creator", { ...creator }),
        ...hosts.map(({ name, address, mac }) =>
            inside("host", { name, address, ...(mac === undefined ? {} : { mac }) }),
        ),
    );
}

/** Return a network's mark; undefined without one, and for one that is cut short, which proves nothing. */
export function readNetworkMark(network: Tree): NetworkMark | undefined {
    const found = at(network, "metadata")?.children.find(
        ({ name, namespace }) => name === NETWORK_MARK && namespace === MARK_NAMESPACE,
    );
    const urn = found && text(found, "urn");
    const creator = at(found, "creator")?.attributes;
    const { version, phase, incarnation, standsFor } = found?.attributes ?? {};
    if (!found || urn === undefined || !creator || !version || (phase !== "creating" && phase !== "ready"))
        return undefined;
    return {
        urn,
        creator: readCreator(creator),
        phase,
        ...(incarnation === undefined ? {} : { incarnation }),
        ...(standsFor === undefined ? {} : { standsFor }),
        hosts: all(found, "host").map(({ attributes: { name = "", address = "", mac } }) => ({
            name,
            address,
            ...(mac === undefined ? {} : { mac }),
        })),
    };
}
