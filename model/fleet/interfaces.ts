import { isTree, kindOf, present, type Report, type Tree, type Values } from "./values";

/** Return the interfaces of a template or an override as written. */
export function interfacesOf({ interfaces }: Tree, at: string, values: Values, report: Report): unknown[] {
    if (interfaces === undefined || interfaces === null) return [];
    if (!Array.isArray(interfaces)) {
        report({ property: `${at}.interfaces`, reason: `found ${kindOf(interfaces, values)}; expected a list` });
        return [];
    }
    for (const [index, one] of interfaces.entries()) {
        if (isTree(one, values)) continue;
        const expected = "expected the arguments of a NetworkInterface, since the fleet makes one for each member";
        report({ property: `${at}.interfaces[${index}]`, reason: `found ${kindOf(one, values)}; ${expected}` });
    }
    return interfaces;
}

/** Return the interfaces of a member. The first has the member's name, as where a program declares one for each guest. */
export function named(interfaces: unknown[], member: string): { name: string; args: Tree }[] {
    return interfaces
        .filter((one): one is Tree => isTree(one))
        .map((args, index) => ({ name: index === 0 ? member : `${member}-eth${index}`, args: present(args) }));
}
