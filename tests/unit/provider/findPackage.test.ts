import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { folderThatFinds } from "../../../provider/findPackage";

let root: string;
beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "pulumi-unikernel-workspace-")));
});
afterEach(() => rmSync(root, { recursive: true }));

function folder(path: string, dependencies: string[] = []): string {
    mkdirSync(join(root, path), { recursive: true });
    const named = Object.fromEntries(dependencies.map((name) => [name, "*"]));
    writeFileSync(join(root, path, "package.json"), JSON.stringify({ dependencies: named }));
    return join(root, path);
}

function link(from: string, to: string): void {
    mkdirSync(dirname(join(root, from)), { recursive: true });
    symlinkSync(join(root, to), join(root, from));
}

const STORE = "node_modules/.pnpm/pulumi-unikernel@0.1.0_x/node_modules/pulumi-unikernel";

test("a library of the workspace, also behind another one, is named by the links that lead to it", () => {
    const home = folder(STORE);
    const shop = folder("apps/shop", ["left-pad", "infra"]);
    folder("packages/infra", ["web", "infra"]);
    folder("packages/web", ["pulumi-unikernel"]);
    link("apps/shop/node_modules/infra", "packages/infra");
    link("packages/infra/node_modules/web", "packages/web");
    link("packages/infra/node_modules/infra", "packages/infra");
    link("packages/web/node_modules/pulumi-unikernel", STORE);
    expect(folderThatFinds(shop, home)).toBe("node_modules/infra/node_modules/web");
});

test("a library from the registry is passed by: pnpm links each package of its store by name alone", () => {
    const home = folder(STORE);
    const shop = folder("apps/shop", ["web"]);
    folder("node_modules/.pnpm/web@1.0.0/node_modules/web", ["pulumi-unikernel"]);
    link("apps/shop/node_modules/web", "node_modules/.pnpm/web@1.0.0/node_modules/web");
    link("node_modules/.pnpm/node_modules/pulumi-unikernel", STORE);
    expect(folderThatFinds(shop, home)).toBe("../../node_modules/.pnpm");
    // Another version of the package is linked there.
    const second = folder(STORE.replace("0.1.0", "0.2.0"));
    expect(folderThatFinds(shop, second)).toBe("../../node_modules/.pnpm/pulumi-unikernel@0.2.0_x");
});

test("a dependency above the program's folder is found, as npm installs a workspace's", () => {
    const home = folder("packages/web/node_modules/pulumi-unikernel");
    const shop = folder("apps/shop", ["web"]);
    link("node_modules/web", "packages/web");
    expect(folderThatFinds(shop, home)).toBe("../../node_modules/web");
});

test("a package that no name leads to is not found", () => {
    const home = folder("src/checkout");
    expect(folderThatFinds(folder("apps/shop"), home)).toBeUndefined();
});

test("the program's own dependency is found, a library's is not", () => {
    const file = "dist/provider/dynamic";
    folder("shop/node_modules/pulumi-unikernel/dist/provider");
    writeFileSync(join(root, "shop/node_modules/pulumi-unikernel", `${file}.js`), "");
    // In a process of its own: jest finds packages of this repository by their names.
    const script = `const { findsPackage } = require(${JSON.stringify(resolve("dist/provider/findPackage"))});
        const found = (folder) => findsPackage(require("path").resolve(folder), ${JSON.stringify(file)});
        console.log(found("shop/src"), found("."));`;
    expect(execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" })).toBe("true false\n");
});
