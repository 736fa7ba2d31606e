import type { Leftover } from "../../../core/commands";
import { shellWord } from "../../../model";
import type { Finding } from "../finding";

/**
 * Warn about what killed creates left. It does not disturb the next `pulumi up`, but only sweep removes what is no
 * longer declared.
 */
export function judgeLeftovers({ uri, leftovers }: { uri: string; leftovers: Pick<Leftover, "kind">[] }): Finding {
    const count = (kind: Leftover["kind"]): number => leftovers.filter((one) => one.kind === kind).length;
    const found = `${count("domain")} domains that were never whole, ${count("folder")} folders without a domain, ${count("reservation")} reservations without a guest`;
    if (leftovers.length === 0) return { status: "ok", found };
    return {
        status: "warn",
        found,
        fix: `npx pulumi-unikernel sweep --connection ${shellWord(uri)}`,
        note: "lists them, with the stack of each as far as it is known",
    };
}
