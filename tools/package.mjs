#!/usr/bin/env node
// `npm run package`: the files of a release, in artifacts/ or the folder that --into names:
//   the packed tarball, checked by publint; its SBOM (CycloneDX, what users install); SHA256SUMS; NOTES.md out of CHANGELOG.md
//   --tag v1.2.3   fails where the tag is not the package's version or CHANGELOG.md says nothing of it
//   --no-build     dist/ is of these sources already
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { notesOf } from "./package/notes.mjs";
import { shippedBill } from "./package/sbom.mjs";
import { run, SetupError } from "./setup/steps.mjs";
import { fail } from "./setup.mjs";

const root = path.join(import.meta.dirname, "..");
const OURS = path.join(root, "artifacts");
const { values: options } = parseArgs({
    options: {
        into: { type: "string", default: OURS },
        tag: { type: "string" },
        "no-build": { type: "boolean", default: false },
    },
});

/** @param {string} into */
async function packageRelease(into) {
    const inTree = { cwd: root };
    const { name, version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    if (options.tag !== undefined && options.tag !== `v${version}`) {
        throw new SetupError(`found the tag ${options.tag}; expected v${version}, the version in package.json`);
    }
    const notes = notesOf(
        readFileSync(path.join(root, "CHANGELOG.md"), "utf8"),
        options.tag === undefined ? "Unreleased" : version,
    );
    if (into === OURS) rmSync(into, { recursive: true, force: true });
    mkdirSync(into, { recursive: true });
    if (readdirSync(into).length > 0)
        throw new SetupError(`found files in ${into}; expected an empty folder, so that nothing old is released`);
    if (!options["no-build"]) {
        await run("npm", ["run", "clean"], inTree);
        await run("npm", ["run", "build"], inTree);
    }
    const [{ filename }] = JSON.parse(
        await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", into], inTree),
    );
    await run(process.execPath, ["node_modules/publint/src/cli.js", path.join(into, filename), "--strict"], {
        ...inTree,
        title: "publint",
    });
    const sbom = `${name}-${version}.cdx.json`;
    const bill = JSON.parse(
        await run("npm", ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], {
            ...inTree,
            title: "npm sbom",
        }),
    );
    const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
    writeFileSync(path.join(into, sbom), `${JSON.stringify(shippedBill(bill, name, lock), undefined, 2)}\n`);
    writeFileSync(path.join(into, "NOTES.md"), notes);
    const sums = [filename, sbom].map(
        (file) =>
            `${createHash("sha256")
                .update(readFileSync(path.join(into, file)))
                .digest("hex")}  ${file}\n`,
    );
    writeFileSync(path.join(into, "SHA256SUMS"), sums.join(""));
    console.log(`${into}: ${filename}, ${sbom}, NOTES.md, SHA256SUMS`);
}

await packageRelease(path.resolve(options.into)).catch(fail);
