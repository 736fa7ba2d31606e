import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const sources = join(__dirname, "..", "..", "..", "backends", "libvirt", "client");
const built = join(__dirname, "..", "..", "..", "dist", "backends", "libvirt", "client");

test("the compiled client, which tests start as a process, is not older than its source", () => {
    for (const name of readdirSync(sources)) {
        const compiled = statSync(join(built, name.replace(/\.ts$/, ".js")));
        expect({ name, age: Math.max(0, statSync(join(sources, name)).mtimeMs - compiled.mtimeMs) }).toEqual({
            name,
            age: 0,
        });
    }
});
