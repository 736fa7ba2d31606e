import { burnImage, inspectDevice, systemRoots } from "../../../backends/iso/burn";
import type { BurnSpec } from "../../../model";

/** Burns, and stands still for good after so many steps of progress: a process that a test can kill there. */
async function main(): Promise<void> {
    const { image, size, burn, dev, steps } = JSON.parse(process.argv[2]!) as {
        image: string;
        size: number;
        burn: BurnSpec;
        dev: string;
        steps: number;
    };
    const device = await inspectDevice(burn, size, { ...systemRoots, dev });
    let left = steps;
    await burnImage(image, size, device, {
        onProgress: (_bytes, _total, phase) => {
            if (--left > 0) return;
            process.stdout.write(`${phase}\n`);
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        },
    });
    process.stdout.write("done\n");
}

void main();
