import type { Fields } from "../declared";
import type { Draft, Interface } from "../draft";
import { listed, whole } from "../options";
import { wrong } from "../wrong";

/** A card and its back end, as `-net`, `-netdev`, `-nic` and `-device` of QEMU say them (qemu(1), "Network options"). */
const HARMLESS: Record<string, string[]> = { script: ["no"], downscript: ["no"], vhost: ["on", "off"] };

/** Plug a card into what a back end names, such as `tap,ifname=tap0`. @param option as it is written, for errors and notes */
export function plugInto(draft: Draft, card: Interface, backend: string, option: string): void {
    const { head, options } = listed(backend, true);
    const rest = options.filter(([name]) => name !== "id");
    const value = (name: string): string | undefined => rest.find(([one]) => one === name)?.[1];
    const loseOthers = (...known: string[]): void => {
        for (const [name, text] of rest)
            if (!known.includes(name) && !HARMLESS[name]?.includes(text))
                draft.lose(option, `${name}=${text}: an interface has no such option`);
    };
    switch (head) {
        case "user":
            card.set("attach", { user: forwards(draft, rest, option) }, option);
            loseOthers("hostfwd");
            return;
        case "tap": {
            const [tap, bridge] = [value("ifname"), value("br")];
            if (tap !== undefined) card.set("attach", { tap }, option);
            else if (bridge !== undefined) card.set("attach", { bridge }, option);
            else draft.lose(option, "it names no tap device (ifname=): write attach: { tap } or attach: { bridge }");
            if (/^(?!no$)./.test(value("script") ?? ""))
                draft.lose(
                    option,
                    "script: no script is run; put the tap device into its bridge before the guest starts",
                );
            loseOthers("ifname", "br", "script", ...(value("script") === undefined ? [] : ["downscript"]));
            return;
        }
        case "bridge":
            // The default of qemu-bridge-helper.
            card.set("attach", { bridge: value("br") ?? "br0" }, option);
            loseOthers("br");
            return;
        default:
            draft.lose(
                option,
                `the back end ${JSON.stringify(head || backend)} has no counterpart; an interface is attached to user, network, bridge or tap`,
            );
    }
}

/** hostfwd=[tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport */
function forwards(draft: Draft, options: [string, string][], option: string): Fields {
    const forward = options
        .filter(([name]) => name === "hostfwd")
        .map(([, text]): Fields => {
            const [, protocol, address, host = "", guestAddress, guest = ""] =
                /^(tcp|udp)?:([^:]*):(\d+)-([^:]*):(\d+)$/.exec(text) ?? [];
            if (guest === "") {
                const expected = "tcp:[ADDRESS]:PORT-[ADDRESS]:PORT";
                throw wrong(draft.tool, option, `hostfwd: expected ${expected}, found ${JSON.stringify(text)}`);
            }
            if (guestAddress !== "")
                draft.lose(option, `hostfwd: the guest's address ${guestAddress}: a forward leads to the guest itself`);
            return {
                ...(Number(host) === 0 ? {} : { host: whole(draft.tool, option, host, "a port") }),
                guest: whole(draft.tool, option, guest, "a port"),
                // QEMU listens on all addresses, and a forward of this package on 127.0.0.1, where none is named.
                address: address || "0.0.0.0",
                ...(protocol === "udp" ? { protocol } : {}),
            };
        });
    return forward.length > 0 ? { forward } : {};
}
