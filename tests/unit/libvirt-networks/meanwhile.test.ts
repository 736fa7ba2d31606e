import { hostNetworks } from "../../../backends";
import type { NetworkSpec } from "../../../model";
import { FaultHost } from "../../faults/memory/faultHost";
import { watch } from "../../support/faults";
import { alice } from "../../support/plans";

const spec: NetworkSpec = {
    urn: "urn:pulumi:dev::p::unikernel:index:Network::lan",
    uuid: "0b4ff6a8-8b7c-5bb6-9d13-0a1d2c3b4a59",
    name: "lan",
    connection: "qemu:///system?meanwhile",
    mode: "isolated",
    ipv4: { address: "10.20.0.1/24", dhcp: { start: "10.20.0.100", end: "10.20.0.200" } },
    forwarders: [],
    hosts: [],
    autostart: true,
    adopt: false,
};

test("an entry that another run makes while a network is created stays in its definition", async () => {
    const host = new FaultHost(spec.connection, "0b7c1a52-0000-4000-8000-000000000001");
    const entry = "<host mac='52:54:00:00:00:01' ip='10.20.0.10'/>";
    const busy = watch(host, async (name, call) => {
        const result = await call();
        if (name === "networks.start") await host.networks.updateReservation("lan", "add-last", entry, 0);
        return result;
    });
    await hostNetworks(async () => busy).create(spec, { creator: alice, log: () => undefined });
    const network = await host.networks.details({ name: "lan" });
    expect(network?.xml).toContain("52:54:00:00:00:01");
    expect(network?.inactiveXml).toContain("52:54:00:00:00:01");
    expect(network?.inactiveXml).toContain('phase="ready"');
});
