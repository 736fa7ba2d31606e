import { readKernel, recognise } from "../../../guests";
import { selftestKernel, sourceOf } from "../../../selftest/kernels";
import { scratch } from "../guests/fixtures";

const files = scratch();
afterAll(() => files.remove());

// The one for Xen is compared in tests/xen: it takes Xen's headers.
test("the kernel for KVM is built from the present sources; node tools/selftest-kernels.mjs builds another", async () => {
    expect(sourceOf("kvm")).toBe(await (await import("../../../tools/selftest-kernels.mjs")).sourceOf("kvm"));
});

test.each(["kvm", "xen"] as const)("the kernel for %s is small and known by its marks", async (platform) => {
    const kernel = selftestKernel(platform);
    expect(kernel.length).toBeLessThan(64 * 1024);
    const found = recognise(await readKernel(files.write(platform, kernel)));
    expect(found).toMatchObject({ abi: { id: "rumprun" }, platforms: expect.arrayContaining([platform]) as string[] });
});
