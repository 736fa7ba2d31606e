import { isTree, kindOf, type Report, type Tree, type Values } from "./values";

const HIGHEST = 65535;

/** Gives forwards without a host port one: `from` and up, the same number of ports for each member. */
export class Ports {
    private constructor(
        private readonly from: number,
        private readonly each: number,
        private readonly values: Values,
    ) {}

    /**
     * Return the numbering that `ports` asks for; undefined where it asks for none, or for one that cannot be.
     * @param interfaces the template's
     */
    static of(
        ports: unknown,
        interfaces: unknown[],
        replicas: number,
        values: Values,
        report: Report,
    ): Ports | undefined {
        if (ports === undefined || ports === null) return undefined;
        const refuse = (property: string, reason: string): undefined => void report({ property, reason });
        if (!isTree(ports, values)) return refuse("ports", `found ${kindOf(ports, values)}; expected { from: 8080 }`);
        const { from, ...others } = ports;
        for (const name of Object.keys(others)) refuse(`ports.${name}`, "unknown property; expected from");
        if (typeof from !== "number" || !Number.isInteger(from) || from < 1 || from > HIGHEST)
            return refuse("ports.from", `found ${kindOf(from, values)}; expected a port, 1–${HIGHEST}`);
        const later = interfaces
            .map((one, index) => laterIn(one, `template.interfaces[${index}]`, values))
            .find(Boolean);
        if (later) return refuse(later, LATER);
        const each = interfaces.flatMap((one) => openForwards(one, values)).length;
        if (each === 0)
            return refuse(
                "ports",
                "found no forward without `host` in the template's interfaces; expected one to number",
            );
        const last = from + replicas * each - 1;
        if (last > HIGHEST)
            return refuse(
                "ports.from",
                `found ports up to ${last} for ${replicas} members; expected none above ${HIGHEST}`,
            );
        return new Ports(from, each, values);
    }

    /** Return a member's interfaces with their host ports. @param at the path of its override */
    number(index: number, interfaces: unknown[], at: string, report: Report): unknown[] {
        const later = interfaces
            .map((one, place) => laterIn(one, `${at}.interfaces[${place}]`, this.values))
            .find(Boolean);
        if (later) report({ property: later, reason: LATER });
        let next = this.from + index * this.each;
        const numbered = interfaces.map((one) =>
            withForwards(one, this.values, (forward) =>
                isOpen(forward, this.values) ? { ...forward, host: next++ } : forward,
            ),
        );
        const found = next - this.from - index * this.each;
        if (found > this.each)
            report({
                property: `${at}.interfaces`,
                reason: `found ${found} forwards without \`host\`; expected at most ${this.each}, as in the template, by which \`ports\` counts; give the others a \`host\``,
            });
        return numbered;
    }
}

const LATER =
    "found a value that is secret, or not known before the run; expected plain data, since `ports` numbers its forwards";

const isOpen = (forward: unknown, values: Values): forward is Tree =>
    isTree(forward, values) && (forward.host === undefined || forward.host === null);

/** Return an interface with another list of forwards; one without is returned as it is. */
function withForwards(one: unknown, values: Values, map: (forward: unknown) => unknown): unknown {
    if (!isTree(one, values) || !isTree(one.attach, values) || !isTree(one.attach.user, values)) return one;
    const { forward } = one.attach.user;
    if (!Array.isArray(forward)) return one;
    return { ...one, attach: { ...one.attach, user: { ...one.attach.user, forward: forward.map(map) } } };
}

function openForwards(one: unknown, values: Values): unknown[] {
    const found: unknown[] = [];
    withForwards(one, values, (forward) => {
        if (isOpen(forward, values)) found.push(forward);
        return forward;
    });
    return found;
}

/** Return the path of the first value on the way to an interface's forwards that is not plain data. */
function laterIn(one: unknown, at: string, values: Values): string | undefined {
    if (values.isLater(one)) return at;
    if (!isTree(one, values)) return undefined;
    const { attach } = one;
    if (values.isLater(attach)) return `${at}.attach`;
    if (!isTree(attach, values)) return undefined;
    const { user } = attach;
    if (values.isLater(user)) return `${at}.attach.user`;
    if (!isTree(user, values)) return undefined;
    if (values.isLater(user.forward)) return `${at}.attach.user.forward`;
    const list: unknown[] = Array.isArray(user.forward) ? user.forward : [];
    const index = list.findIndex((forward) => values.isLater(forward));
    return index < 0 ? undefined : `${at}.attach.user.forward[${index}]`;
}
