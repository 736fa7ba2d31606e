import { open } from "node:fs/promises";

import type { Device, DeviceFile, OpenDevice } from "../../../backends/iso/burn";

export interface Call {
    what: "read" | "write" | "sync" | "close";
    offset: number;
    length: number;
}

/** A fault: called before each call, it may throw, or say how many bytes become of it. */
export type Fault = (call: Call, count: number) => number | undefined | void;

/** A file in the place of a device, with faults under the writer. Real devices, direct access and real syncs: tests/integration/iso-burn.test.ts. */
export function fileDevice(
    path: string,
    size: number,
    sector: number,
    fault: Fault = () => undefined,
): { device: Device; open: OpenDevice; calls: Call[] } {
    const calls: Call[] = [];
    const openFile: OpenDevice = async (_, purpose) => {
        const handle = await open(path, purpose === "write" ? "r+" : "r");
        const during = async (call: Call, work: (length: number) => Promise<number>): Promise<number> => {
            if (call.offset % sector || call.length % sector)
                throw new Error(`not whole sectors: ${JSON.stringify(call)}`);
            calls.push(call);
            return work(fault(call, calls.length - 1) ?? call.length);
        };
        const file: DeviceFile = {
            read: (buffer, offset) =>
                during(
                    { what: "read", offset, length: buffer.length },
                    async (length) => length && (await handle.read(buffer, 0, length, offset)).bytesRead,
                ),
            write: (buffer, offset) =>
                during(
                    { what: "write", offset, length: buffer.length },
                    async (length) => length && (await handle.write(buffer, 0, length, offset)).bytesWritten,
                ),
            sync: async () => void (await during({ what: "sync", offset: 0, length: 0 }, async () => 0)),
            close: async () => {
                calls.push({ what: "close", offset: 0, length: 0 });
                await handle.close();
            },
        };
        return file;
    };
    return {
        device: {
            device: "/dev/disk/by-id/stick",
            node: path,
            number: "0:0",
            size,
            sector,
            stillThere: async () => undefined,
        },
        open: openFile,
        calls,
    };
}

/** What a failed system call throws. */
export function errno(code: string): Error {
    return Object.assign(new Error(code), { code, syscall: "write" });
}
