"""A Python program, inline in its own driver: Pulumi's Automation API over the generated SDK."""
import json
import os
import pathlib
import sys

import pulumi
import pulumi_unikernel as unikernel
from pulumi import automation


def program(greeting):
    provider = unikernel.Provider("host", connection=os.environ["CONNECTION"], accelerator=unikernel.Accelerator.TCG, memory_limit=64)
    opts = pulumi.ResourceOptions(provider=provider)
    data = unikernel.BlockImage("data", source={"index.html": greeting, "asset.txt": pulumi.StringAsset("asset")}, opts=opts)
    card = unikernel.NetworkInterface("card", attach={"user": {"forward": [{"guest": 80}]}}, opts=opts)
    web = unikernel.Unikernel(
        "web", platform="kvm", kernel=os.environ["KERNEL"], memory=16, shutdown_timeout=1,
        env={"GREETING": greeting, "PASSWORD": pulumi.Output.secret("hunter2")},
        blocks=[unikernel.BlockArgs(image=data, mount="/data")], interfaces=[card],
        readiness=unikernel.ReadinessArgs(console="test kernel ready", timeout=60), opts=opts,
    )
    seen = unikernel.get_unikernel_output(uuid=web.uuid, connection=os.environ["CONNECTION"], opts=pulumi.InvokeOptions(provider=provider))
    pulumi.export("uuid", web.uuid)
    pulumi.export("states", [web.state, seen.state])
    pulumi.export("addresses", web.ip_addresses)


def main():
    events = []
    stack = automation.create_or_select_stack(stack_name="python", project_name="python", program=lambda: program("hello"))
    first = {key: output.value for key, output in stack.up().outputs.items()}
    stack.workspace.program = lambda: program("good day")
    preview = stack.preview(on_event=events.append).change_summary
    said = [event.diagnostic_event for event in events if event.diagnostic_event]
    again = stack.up()
    # An export through the Automation API shows secrets; what is on disk is what counts.
    state = pathlib.Path("state/.pulumi/stacks/python/python.json").read_text()
    json.dump({
        "first": first, "preview": preview,
        "lines": [event.message.strip() for event in said if (event.urn or "").endswith("::web")],
        "again": again.outputs["uuid"].value, "updated": again.summary.resource_changes,
        "leaks": "hunter2" in state or "ciphertext" not in state, "destroyed": stack.destroy().summary.resource_changes,
    }, sys.stdout)


main()
