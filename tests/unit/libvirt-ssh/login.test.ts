import { sshLogin } from "../../../backends/libvirt/client";

test.each<[string, ReturnType<typeof sshLogin>]>([
    ["qemu+ssh://far/system", { program: "ssh", options: [], host: "far", byHand: "ssh far" }],
    [
        "xen+ssh://root@dom0:2222/system",
        { program: "ssh", options: ["-p", "2222", "-l", "root"], host: "dom0", byHand: "ssh -p 2222 root@dom0" },
    ],
    [
        "qemu+ssh://far/system?keyfile=/my%20keys/k&command=/opt/ssh&socket=/s&netcat=nc&no_tty=1",
        { program: "/opt/ssh", options: ["-i", "/my keys/k"], host: "far", byHand: "/opt/ssh -i '/my keys/k' far" },
    ],
    [
        "qemu+ssh://far/system?no_verify=1",
        { program: "ssh", options: ["-o", "StrictHostKeyChecking=no"], host: "far", byHand: "ssh far" },
    ],
    ["qemu+ssh://far/system?no_verify=0", { program: "ssh", options: [], host: "far", byHand: "ssh far" }],
    [
        "qemu+ssh://do%40main@[fe80::1]:22/system",
        {
            program: "ssh",
            options: ["-p", "22", "-l", "do@main"],
            host: "fe80::1",
            byHand: "ssh -p 22 do@main@fe80::1",
        },
    ],
    [
        "qemu+libssh://far/system?known_hosts=/k&command=/opt/ssh&no_verify=1",
        { program: "ssh", options: ["-o", 'UserKnownHostsFile="/k"'], host: "far", byHand: "ssh far" },
    ],
    [
        "qemu+libssh2://far/system?known_hosts_verify=auto&keyfile=a+b",
        {
            program: "ssh",
            options: ["-i", "a+b", "-o", "StrictHostKeyChecking=accept-new"],
            host: "far",
            byHand: "ssh -i a+b far",
        },
    ],
    [
        "qemu+libssh://far/system?known_hosts_verify=ignore",
        {
            program: "ssh",
            options: ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"],
            host: "far",
            byHand: "ssh far",
        },
    ],
    ["qemu+tcp://far/system", undefined],
    ["xen+tls://far/system", undefined],
    ["xen://far/system", undefined],
    ["qemu+ssh:///system", undefined],
    ["qemu:///system", undefined],
])("%s", (uri, login) => {
    expect(sshLogin(uri)).toEqual(login);
});
