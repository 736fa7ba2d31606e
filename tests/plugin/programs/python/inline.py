"""A Python program, inline in its own driver: Pulumi's Automation API, and the plugin without a generated SDK."""
import json
import os
import pathlib
import sys

import pulumi
from pulumi import automation


class Resource(pulumi.CustomResource):
    """Any resource of the plugin."""

    def __init__(self, kind, name, props, outputs=()):
        super().__init__(f"unikernel:index:{kind}", name, {**{output: None for output in outputs}, **props})


def program(greeting):
    data = Resource("BlockImage", "data", {"source": {"index.html": pulumi.StringAsset(greeting)}})
    card = Resource("NetworkInterface", "card", {"attach": {"user": {"forward": [{"guest": 80}]}}})
    web = Resource("Unikernel", "web", {
        "platform": "kvm", "connection": os.environ["CONNECTION"], "kernel": os.environ["KERNEL"], "accelerator": "tcg", "memory": 16,
        "shutdownTimeout": 1, "readiness": {"console": "test kernel ready", "timeout": 60},
        "env": {"GREETING": greeting, "PASSWORD": pulumi.Output.secret("hunter2")},
        "blocks": [{"image": data, "mount": "/data"}], "interfaces": [card],
    }, outputs=["uuid", "state"])
    pulumi.export("uuid", web.uuid)
    pulumi.export("state", web.state)


def main():
    events = []
    stack = automation.create_or_select_stack(stack_name="python", project_name="python", program=lambda: program("hello"))
    up = stack.up()
    uuid = up.outputs["uuid"].value
    first = {key: output.value for key, output in up.outputs.items()}
    same = stack.up().summary.resource_changes
    stack.workspace.program = lambda: program("good day")
    preview = stack.preview(on_event=events.append)
    lines = [event.diagnostic_event.message for event in events if event.diagnostic_event and (event.diagnostic_event.urn or "").endswith("::web")]
    again = stack.up()
    # An export through the Automation API shows secrets; what is on disk is what counts.
    state = pathlib.Path("state/.pulumi/stacks/python/python.json").read_text()
    destroyed = stack.destroy().summary.resource_changes
    json.dump({
        "first": first, "same": same, "uuid": uuid, "preview": preview.change_summary, "lines": [line.strip() for line in lines],
        "again": again.outputs["uuid"].value, "updated": again.summary.resource_changes, "leaks": "hunter2" in state or "ciphertext" not in state, "destroyed": destroyed,
    }, sys.stdout)


main()
