import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { probeSharing } from "../../../cli/doctor/probe/sharing";

jest.mock("node:fs/promises", () => ({ __esModule: true, ...jest.requireActual<object>("node:fs/promises") }));

let folder: string;
beforeEach(async () => (folder = await fs.mkdtemp(join(tmpdir(), "puk-test-sharing-"))));
afterEach(async () => {
    jest.restoreAllMocks();
    await fs.rm(folder, { recursive: true });
});

const refuse = (call: "link" | "copyFile"): void => {
    jest.spyOn(fs, call).mockRejectedValue(Object.assign(new Error("refused"), { code: "EOPNOTSUPP" }));
};

test("a folder with links, and without; nothing is left in it", async () => {
    expect(await probeSharing(folder)).toBe("link");
    refuse("link");
    jest.spyOn(fs, "copyFile").mockResolvedValue();
    expect(await probeSharing(folder)).toBe("reflink");
    refuse("copyFile");
    expect(await probeSharing(folder)).toBe("copy");
    expect(await fs.readdir(folder)).toEqual([]);
});

test("a folder that is missing, or that this user may not write to, tells nothing", async () => {
    expect(await probeSharing(join(folder, "missing"))).toBeUndefined();
    jest.spyOn(fs, "writeFile").mockRejectedValue(Object.assign(new Error("full"), { code: "ENOSPC" }));
    expect(await probeSharing(folder)).toBeUndefined();
    expect(await fs.readdir(folder)).toEqual([]);
});
