import { plain, tail } from "../../../backends/libvirt/lifecycle/readiness/console";
import { readProbe } from "../../../guests";
import { linux } from "../../../guests/linux";
import { rumprun } from "../../../guests/rumprun";
import { encodeConfig } from "../../../guests/rumprun/config";
import { decodeConfig } from "../../../guests/rumprun/decode";
import { block, nic, spec } from "../guests/fixtures";
import { survives } from "./survives";

const ends = [
    "rumprun: call to ``_sys___sigprocmask14'' ignored\n=== main() of \"nginx\" returned 3 ===\n=== _exit(3) called ===\nhalted\n",
    "=== bootstrap failed\r\r\nPANIC: x\nAssertion 1 failed\nPage fault at linear address 0x0\nminios: halting, reason=1\n",
    "[    1.234567] Kernel panic - not syncing: VFS: Unable to mount root\r\n[    2.0] reboot: Power down\r\n=== application exited with status 1 ===\n",
    "probe: protected mode\r\nprobe: interrupts\r\nprobe: long mode\r\nprobe: ok\r\n",
    "\u001b[2J\u001b]0;title\u0007\u001b[1;32mgreen\u001b[0m\n",
];

survives("a guest's console", {
    samples: ends,
    tokens: [
        '=== main() of "',
        '" returned ',
        " ===",
        "Assertion ",
        " failed",
        "FATAL TRAP: ",
        "\u001b[",
        "\u001b]",
        "\u001b\\",
        "\u0007",
        "0;",
        "\r\n",
        "[ ",
        "rumprun:",
        "probe: ok",
    ],
    parse: (bytes) => {
        const text = bytes.toString("utf8");
        for (const printed of [text, plain(text)]) {
            rumprun.readConsole(printed);
            linux.readConsole(printed);
            readProbe(printed);
        }
        tail(plain(text));
    },
});

const whole = spec({
    args: ["-c", "two words"],
    env: { A: "b" },
    hostname: "web",
    blocks: [block("/data")],
    interfaces: [nic(), nic({ ipv4: undefined, ipv6: { address: "fd00::2/64", gateway: "fd00::1" } })],
});

survives("a rumprun configuration", {
    samples: [
        encodeConfig(whole, "kvm", "program"),
        encodeConfig(whole, "xen", "program"),
        '{,, "cmdline": "nginx -g \'daemon off;\'",}',
    ],
    tokens: ["{", "}", '"', ":", ",", "\\", "'", '"net": {', '"cmdline": "', "' '", "a ", "__proto__"],
    limit: 16_384,
    parse: (bytes) => {
        const text = bytes.toString("utf8");
        for (const platform of ["kvm", "xen", "iso"] as const)
            decodeConfig(text, { platform, blocks: 1, interfaces: 2 });
        decodeConfig(`{ "cmdline": "${text.replaceAll('"', "'")}" }`, { platform: "kvm", blocks: 0, interfaces: 0 });
    },
});
