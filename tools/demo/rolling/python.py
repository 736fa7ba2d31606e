"""Run a Pulumi program in Python on a stack, by the Automation API: `python.py up|preview FOLDER STACK PROGRAM`. Fails where it changes anything."""
import runpy
import sys

from pulumi import automation

command, folder, name, program = sys.argv[1:]
stack = automation.select_stack(
    stack_name=name,
    project_name="rolling-fleet",
    program=lambda: runpy.run_path(program, run_name="__main__") and None,
    opts=automation.LocalWorkspaceOptions(work_dir=folder),
)
run = {"up": stack.up, "preview": stack.preview}[command]
run(on_output=print, expect_no_changes=True)
