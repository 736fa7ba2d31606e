"""The fleet of fleet-yaml over the generated Python SDK, by Pulumi's Automation API."""
import json
import os
import pathlib
import sys

import pulumi
import pulumi_unikernel as unikernel
from pulumi import automation


def program():
    data = unikernel.BlockImage("data", source={"index.html": "page"})
    password = pulumi.Output.concat(pulumi.Output.secret("hunter2"), "-${index}")
    web = unikernel.UnikernelFleet(
        "web", replicas=2,
        template=unikernel.FleetTemplateArgs(
            platform="kvm", connection=os.environ["CONNECTION"], kernel=os.environ["KERNEL"], accelerator="tcg",
            memory=16, shutdown_timeout=1, readiness=unikernel.ReadinessArgs(console="test kernel ready"),
            env={"GREETING": "hello from ${name}, $${literal}", "PASSWORD": password},
            blocks=[{"image": data, "mount": "/data"}],
            interfaces=[{"attach": {"user": {"forward": [{"guest": 80}]}}}],
        ),
        members={"1": unikernel.FleetOverrideArgs(memory=20, env={"EXTRA": "${index}"})},
        ports={"from": 18080},
    )
    pulumi.export("members", web.members)


def main():
    stack = automation.create_or_select_stack(stack_name="dev", project_name="fleet", program=program)
    created = stack.up()
    same = stack.up().summary.resource_changes
    state = json.loads(pathlib.Path("state/.pulumi/stacks/fleet/dev.json").read_text())
    json.dump({
        "changes": created.summary.resource_changes, "same": same, "members": created.outputs["members"].value,
        "resources": state["checkpoint"]["latest"]["resources"], "destroyed": stack.destroy().summary.resource_changes,
    }, sys.stdout)


main()
