"""Makes a step's Python the first process of its container: the one that is told to stop."""

from typing import Any

_STARTED = "_KFP_RUNTIME=true python3 "
"""How KFP's shell starts a component, whose process it then waits for."""


def without_shell(container: Any) -> None:
    """Lets KFP's shell become the step's Python instead of waiting for it.

    A shell that is a container's first process heeds no SIGTERM and hands none on, so that the step
    could neither write a checkpoint nor cancel a job that it has started.

    Args:
        container: KFP's specification of a Python component; its command is changed.
    """
    shell, options, script, code = container.command
    assert _STARTED in script, script
    started = script.replace(_STARTED, _STARTED.replace("python3", "exec python3"))
    container.command = [shell, options, started, code]
