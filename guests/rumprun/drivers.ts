/**
 * Return the names of the drivers that are linked in. A symbol names where a driver attaches: `rumpns_wm_ca`, but
 * `rumpns_ehci_pci_ca` for ehci (CFATTACH_DECL in NetBSD's sys/dev/pci). Undefined where the table of symbols was
 * stripped or thinned out, so that nothing is known.
 */
export function linkedDrivers(symbols: string[] | undefined): Set<string> | undefined {
    if (symbols === undefined || symbols.length === 0) return undefined;
    return new Set(symbols.map((symbol) => symbol.replace(/^rumpns_(\w+?)(?:_pci)?_ca$/, "$1")));
}
