"""Run `pulumi up` of a program in Python, by the Automation API: `python.py FOLDER STACK PROGRAM`. Fails where it changes anything."""
import runpy
import sys

from pulumi import automation


def main():
    folder, name, program = sys.argv[1:]
    stack = automation.select_stack(
        stack_name=name,
        project_name="rolling-fleet",
        program=lambda: runpy.run_path(program, run_name="__main__") and None,
        opts=automation.LocalWorkspaceOptions(work_dir=folder),
    )
    stack.up(on_output=print, expect_no_changes=True)


main()
