import { type NetworkSpec, UnikernelError } from "../../../model";

interface Rule {
    says: RegExp;
    property(spec: NetworkSpec): string;
    summary(found: string[], spec: NetworkSpec): string;
    hint: string;
}

/** What libvirt 9.0 says of a network that it cannot define or start. */
const RULES: Rule[] = [
    {
        // bridge_driver_linux.c, networkCheckRouteCollision
        says: /Network is already in use by interface (\S+)/,
        property: ({ ipv4 }) => (ipv4 ? "ipv4.address" : "ipv6.address"),
        summary: ([device], { ipv4, ipv6 }) =>
            `${ipv4?.address ?? ipv6?.address} is in a network of the host's, on ${device}`,
        hint: "choose addresses that the host has no route to: ip route",
    },
    {
        // network_conf.c, virNetworkObjAssignDef
        says: /network '(.+?)' already exists with uuid (\S+)/,
        property: () => "name",
        summary: ([name, uuid]) => `the host has a network ${name} already (${uuid})`,
        hint: "choose another name",
    },
    {
        // bridge_driver.c, networkBridgeNameValidate; virNetDevBridgeCreate
        says: /bridge name '(.+?)' already in use|Unable to create bridge (\S+): File exists/,
        property: () => "",
        summary: ([name]) => `the host has a device ${name} already`,
        hint: "ip link delete removes it, where no other program uses it",
    },
];

/** Run a call; an error that libvirt has for it names the property that causes it. */
export async function explained<T>(spec: NetworkSpec, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        if (!(error instanceof UnikernelError)) throw error;
        for (const { says, property, summary, hint } of RULES) {
            const [, ...found] = says.exec(error.message) ?? [];
            if (found.length === 0) continue;
            const place = property(spec);
            throw new UnikernelError(
                "in-use",
                summary(
                    found.filter((one) => one !== undefined),
                    spec,
                ),
                { ...(place === "" ? {} : { property: place }), hint, cause: error.cause },
            );
        }
        throw error;
    }
}
