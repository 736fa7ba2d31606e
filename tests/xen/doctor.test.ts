import { doctor, type Result } from "../../cli/doctor";
import { startXenHost, type XenHost } from "../support/xenHost";

jest.setTimeout(900_000);

let host: XenHost;
beforeAll(async () => {
    host = await startXenHost();
}, 900_000);
afterAll(() => host?.stop());

/** What doctor says of a Xen host, by the check. */
async function look(connection: string): Promise<Record<string, Result>> {
    const said: string[] = [];
    await doctor({ connection, json: true, print: (text) => said.push(text) });
    const { checks } = JSON.parse(said.join("\n")) as { checks: Result[] };
    return Object.fromEntries(checks.map((result) => [result.id, result]));
}

const QEMU = "/usr/libexec/xen-qemu-system-i386";

test("a Xen host where all is well, by ssh: what was found is the host's own", async () => {
    const found = await look(host.sshUri);
    expect(found).toMatchObject({
        connection: { status: "ok", found: expect.stringContaining("xen-host") as string },
        driver: { status: "ok", found: expect.stringMatching(/^libvirt [\d.]+, Xen 4\.[\d.]+$/) as string },
        toolstack: { status: "ok", found: expect.stringMatching(/\/xl$/) as string },
        xenstore: { status: "ok", found: "/dev/xen/xenbus" },
        consoles: { status: "ok" },
        disks: { status: "ok", found: QEMU },
        bridges: { status: "ok", found: "xenbr0" },
        folder: { status: "ok", found: "kept on the host, not here: written by ssh" },
    });
});

test("what is broken there is said, with what mends it", async () => {
    await host.run(
        "sh",
        "-c",
        `
        mount -t tmpfs none /proc/xen; mv /dev/xen/xenbus /dev/xen/away; mount -t tmpfs none /sys/class/net
        pid=$(cat /run/xen/xenconsoled.pid); kill $pid; while [ -d /proc/$pid ]; do sleep 0.05; done
        . /usr/lib/xen-host/settings; $xen/xenconsoled --pid-file=/run/xen/xenconsoled.pid
        chmod 644 ${QEMU}; mv /usr/sbin/xl /usr/sbin/xl.away`,
    );
    const found = await look(host.sshUri);
    expect(found).toMatchObject({
        driver: { status: "ok" },
        xenstore: { status: "fail", found: "/dev/xen/xenbus is not there" },
        toolstack: { status: "warn", fix: "sudo apt-get install xen-utils-common" },
        consoles: {
            status: "warn",
            found: expect.stringContaining("keeps no log") as string,
            fix: expect.stringContaining("XENCONSOLED_ARGS") as string,
        },
        disks: { status: "warn", fix: "sudo apt-get install qemu-system-xen" },
        bridges: { status: "warn", fix: expect.stringContaining("ip link add xenbr0 type bridge") as string },
    });
});

test("by tcp there is libvirt alone; without a daemon nothing is claimed of it", async () => {
    const found = await look(host.uri);
    expect(found).toMatchObject({
        driver: { status: "ok" },
        xenstore: { status: "ok", found: expect.stringContaining("only libvirt") as string },
        folder: { status: "ok", found: "kept on the host, not here: libvirt writes them, as storage volumes" },
    });
    await host.stopDaemon();
    const gone = await look(host.uri);
    expect(gone).toMatchObject({
        connection: { status: "fail" },
        driver: { status: "skip" },
        xenstore: { status: "skip" },
        bridges: { status: "skip" },
    });
});
