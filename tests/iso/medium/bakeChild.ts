import { readFileSync } from "node:fs";
import { bake, mediumOf } from "../../../backends/iso/medium";
import { temporaryName } from "../../../localFiles";
import { type MediumPlanOptions, mediumPlan } from "../../support/mediumPlans";

/**
 * Bakes what the file of its first argument says, under a temporary name beside its second, as the lifecycle does. With a
 * third: as that user, with his umask. Says the digest.
 */
async function main([options = "", path = "", user]: string[]): Promise<void> {
    if (user !== undefined) {
        process.setgroups!([]);
        process.setgid!(Number(user));
        process.setuid!(Number(user));
        process.umask(0o077);
    }
    const { sha256 } = await bake(
        mediumOf(mediumPlan(JSON.parse(readFileSync(options, "utf8")) as MediumPlanOptions)),
        temporaryName(path),
    );
    process.stdout.write(sha256);
}

void main(process.argv.slice(2));
