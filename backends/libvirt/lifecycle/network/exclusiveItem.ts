import {
    attachKind,
    type ErrorCode,
    forwardsOf,
    keyOf,
    logicalName,
    stackOf,
    stackPart,
    UnikernelError,
    type UnikernelSpec,
} from "../../../../model";
import type { Context } from "../../../backend";
import type { Existing } from "../existing";
import { type DomainHoldings, openItemsOf } from "./domainHoldings";

/** An exclusive resource: only one guest of a host can have it. */
export interface ExclusiveItem {
    /** As `keyOf` returns it. */
    key: string;
    property: string;
    /** `in-use` where left out. */
    code?: ErrorCode;
    /** Return the sentence that a domain has it: `domain db has tcp port 8080 of 127.0.0.1`. */
    says(domain: string): string;
    /** The hint for a holder of another stack, or of none. */
    hint: string;
}

/** An exclusive resource, and the domain that has it. */
export interface HeldItem {
    item: ExclusiveItem;
    holder: DomainHoldings;
}

/** Return the ports, devices and MAC addresses that a guest declares and does not hold yet. */
export function exclusiveItemsOf(
    spec: UnikernelSpec,
    { facts, liveFacts }: Pick<Existing, "facts" | "liveFacts">,
): ExclusiveItem[] {
    const known = [facts, liveFacts].flatMap((one) => one?.interfaces.map(({ mac }) => mac) ?? []);
    const items = spec.interfaces.flatMap(({ mac, attach }, index): ExclusiveItem[] =>
        attachKind(attach) === "user" || known.includes(mac)
            ? []
            : [
                  {
                      key: keyOf.mac(mac),
                      property: `interfaces[${index}].mac`,
                      says: (domain) => `${domain} has the MAC address ${mac}`,
                      hint: "leave mac out, and each interface gets its own; if it was left out already, an interface of another stack has or had the same name: set mac",
                  },
              ],
    );
    if (spec.state === "stopped") return items;
    const own = new Set(liveFacts ? openItemsOf(liveFacts) : []);
    const add = (key: string, property: string, what: string, hint: string): void => {
        if (!own.has(key)) items.push({ key, property, hint, says: (domain) => `${domain} has ${what}` });
    };
    spec.interfaces.forEach(({ attach }, index) => {
        const at = `interfaces[${index}].attach`;
        if ("tap" in attach)
            add(
                keyOf.tap(attach.tap),
                `${at}.tap`,
                `the tap device ${attach.tap}`,
                "give each guest its own tap device",
            );
        for (const [place, forward] of forwardsOf(attach).entries()) {
            add(
                keyOf.port(forward),
                `${at}.user.forward[${place}].host`,
                `${forward.protocol} port ${forward.host} of ${forward.address}`,
                "without a declared host port, run pulumi up again, which chooses another; otherwise declare another port",
            );
        }
    });
    if (spec.gdb)
        add(keyOf.gdb(spec.gdb), "gdb.port", `tcp port ${spec.gdb.port} of ${spec.gdb.address}`, "choose another port");
    return items;
}

export function isMac({ key }: ExclusiveItem): boolean {
    return key.startsWith("mac ");
}

/**
 * `keeps` or `yields`, as the program declares the holder in this stack; undefined while it has not declared the
 * holder.
 */
export type DeclaredIntent = ReturnType<NonNullable<Context["declares"]>>;

/** Return whether a mark's URN belongs to our stack and project. */
export function isOfStack(other: string | undefined, urn: string): other is string {
    return other !== undefined && stackPart(other) === stackPart(urn);
}

/** Return the error of a resource that another domain has. Names a guest of the same stack by its logical name. */
export function heldError(
    item: ExclusiveItem,
    { name, urn: other }: Pick<DomainHoldings, "name" | "urn">,
    urn: string,
    declared: DeclaredIntent | "unknown",
): UnikernelError {
    const { property, code = "in-use" } = item;
    const of =
        other === undefined
            ? ""
            : isOfStack(other, urn)
              ? `"${logicalName(other)}" of this stack`
              : `"${logicalName(other)}" of ${stackText(other)}`;
    const error = (text: string, hint: string): UnikernelError =>
        new UnikernelError(code, item.says(`domain ${name}`) + (text ? `: ${text}` : ""), { property, hint });
    if (!isOfStack(other, urn)) return error(of && `it belongs to ${of}`, item.hint);
    if (declared === "keeps")
        return error(`it is ${of}, which declares it too`, "one of the two has to declare another");
    if (declared === "yields") {
        return error(
            `it is ${of}, which no longer declares it but has not been updated yet`,
            `update it first: pulumi up --target '${other}', then pulumi up; two guests that exchange such things need pulumi up --parallel 2 or more`,
        );
    }
    return error(
        `it is ${of}, which the program has not declared in this run`,
        `if "${logicalName(other)}" was renamed, declare that: aliases: [{ name: "${logicalName(other)}" }]; to delete it, remove it from the program in a separate run first, since Pulumi deletes last ` +
            "(deleteBeforeReplace is for replacements)",
    );
}

/** Return the text for a URN's stack: `stack dev of project shop`. */
function stackText(urn: string): string {
    const { stack, project } = stackOf(urn) ?? { stack: urn, project: "" };
    return `stack ${stack} of project ${project}`;
}
