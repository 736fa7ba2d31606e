"""The fleet of ../index.ts from Python, over the SDK that `pulumi package gen-sdk` makes (docs/plugin.md)."""
import pulumi
import pulumi_unikernel as unikernel

config = pulumi.Config()
replicas = config.get_int("replicas") or 12
# `[{ "name": "a", "connection": "qemu+ssh://…" }, …]`
hosts = config.require_object("hosts")
bridge = config.get("bridge") or "lan0"
guest = config.get("guest") or "../../../.cache/nginx-guest"
# Where page/ and balancer/ are.
files = config.get("files") or ".."

networks = [
    unikernel.Network(f"web-{host['name']}", connection=host["connection"], name="web", mode="bridge", bridge=bridge)
    for host in hosts
]
network = networks[0].name

nginx = {
    "platform": "kvm",
    "kernel": f"{guest}/kvm/vmlinuz",
    "initrd": f"{guest}/kvm/initrd",
    "memory": 128,
    "readiness": {"http": {"port": 80, "path": "/"}, "timeout": 300},
}

page = unikernel.BlockImage("page", source=f"{files}/page")
fleet = unikernel.UnikernelFleet(
    "web",
    replicas=replicas,
    hosts=hosts,
    strategy={"canary": {"count": 1, "bake": 5}, "max_unavailable": 2},
    min_in_service=replicas - 2,
    template={
        **nginx,
        "hostname": "${name}",
        "args": ["sh", "-c", "hostname > /srv/name && exec nginx -c /data/nginx.conf"],
        "blocks": [{"image": page, "mount": "/data"}],
        "interfaces": [{"attach": {"network": network}, "ipv4": {"address": "10.71.1.${index}/16"}}],
    },
)

proxy = unikernel.BlockImage("balancer", source=f"{files}/balancer")
card = unikernel.NetworkInterface("balancer", attach={"network": network}, ipv4={"address": "10.71.0.9/16"})
first = fleet.members[0].endpoints[0]
unikernel.Unikernel(
    "balancer",
    **nginx,
    connection=hosts[0]["connection"],
    env={"FIRST": pulumi.Output.concat(first.address, ":", first.port.apply(lambda port: str(int(port)))), "ROOM": "20"},
    args=["sh", "/data/start.sh"],
    blocks=[unikernel.BlockArgs(image=proxy, mount="/data")],
    interfaces=[card],
)

pulumi.export("url", "http://10.71.0.9/")
pulumi.export("members", fleet.members)
