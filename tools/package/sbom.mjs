const MODULES = "node_modules/";

/** @typedef {{ "bom-ref": string, name: string, version: string }} Component */
/**
 * @typedef {object} Bill
 * @property {{ component: Component }} metadata
 * @property {Component[]} components
 * @property {{ ref: string, dependsOn: string[] }[]} dependencies
 */

/**
 * Return the bill of what users install, out of `npm sbom`'s bill of the whole tree (CycloneDX 1.5).
 * npm's own `--omit dev` leaves out each package that a development dependency needs as well, gRPC among them.
 * @param {Bill} bill of the whole tree; a component's `bom-ref` begins with name@version
 * @param {string} name of the package
 * @param {{ packages: Record<string, { version: string, dev?: boolean, devOptional?: boolean }> }} lock package-lock.json, whose `dev` marks what users do not get
 */
export function shippedBill(bill, name, lock) {
    const shipped = new Set(
        Object.entries(lock.packages)
            .filter(([place, { dev, devOptional }]) => place !== "" && !dev && !devOptional)
            .map(([place, { version }]) => `${place.slice(place.lastIndexOf(MODULES) + MODULES.length)}@${version}`),
    );
    const components = bill.components.filter((component) => shipped.has(`${component.name}@${component.version}`));
    const refs = new Set([bill.metadata.component["bom-ref"], ...components.map((component) => component["bom-ref"])]);
    const dependencies = bill.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
    // npm calls a package at the root of a tree by the name of its folder.
    return {
        ...bill,
        metadata: { ...bill.metadata, component: { ...bill.metadata.component, name } },
        components,
        dependencies,
    };
}
