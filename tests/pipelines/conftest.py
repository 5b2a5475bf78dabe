"""The command line, as tests of several files use it."""

import io
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import pytest

from pipelines.__main__ import main

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def command() -> Command:
    """Returns a function that runs the command line here: its status, and what it printed."""

    def call(*arguments: object) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["pipelines", *map(str, arguments)])
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out.getvalue(), err.getvalue()

    return call


def plain(text: str) -> str:
    """Returns what a terminal shows, without its colours."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
