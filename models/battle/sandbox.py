"""Runs strangers' SavedModels where they can do no harm.

Five things stand between a submission and the organiser, each enough for most of what can happen:

1. Only the files that make a SavedModel are copied, to a folder of its own (`sandbox_files`).
2. Only the operations that its signatures reach are run, and only if all are on a list of those
   that compute (`sandbox_graph`, `operations`).
3. Its process has no environment, nothing open, and nothing but arithmetic left to ask the system
   for (`isolation`), before it reads the first byte of the submission.
4. Memory, processor and wall time are limited (`limits`).
5. What comes back is numbers of a length known before, and looked at as the rules say (`player`).
"""

import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from models.battle.limits import Limits
from models.battle.player import Ended, SandboxedPlayer
from models.battle.sandbox_files import copy_submission
from models.battle.sandbox_process import WarmProcess
from preprocessing.errors import InputError


class Sandbox:
    """A warm process, of which each player is forked; not for use by several threads."""

    def __init__(self, pixels: int, limits: Limits | None = None) -> None:
        """Starts the warm process, which takes as long as TensorFlow's import.

        Args:
            pixels: height * width of the images.
            limits: of each player.

        Raises:
            InputError: this Linux shuts off neither system calls nor files.
        """
        self._pixels = pixels
        self._limits = limits or Limits()
        self._process = WarmProcess()
        found = self._process.isolation
        if sys.platform == "linux" and not (found.calls or found.files):
            self._process.stop()
            raise InputError(
                "this system can shut off strangers' models neither by seccomp nor by Landlock;"
                " run on Linux 5.13 or later, in a container with its usual security profile"
            )

    @property
    def isolation(self) -> list[str]:
        """Lines on what this system cannot shut off; none on Linux as it usually is."""
        return self._process.isolation.told()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends all players and the warm process, and removes their files."""
        self._process.stop()

    @contextmanager
    def player(self, saved_model: Path) -> Iterator[SandboxedPlayer]:
        """Yields a submission in a process of its own, checked, loaded and ready.

        Args:
            saved_model: the folder; it is only copied from.

        Raises:
            ForfeitError: it breaks rules, or does not load.
        """
        if not self._process.runs:
            self._process.stop()
            self._process = WarmProcess()
        process = self._process
        with tempfile.TemporaryDirectory(dir=process.scratch) as temporary:
            folder = Path(temporary) / "saved_model"
            copy_submission(saved_model, folder, self._limits.file_bytes)
            ours, theirs = socket.socketpair()
            with ours:
                limits = asdict(self._limits)
                order = {"folder": str(folder), "pixels": self._pixels, "limits": limits}
                with theirs:
                    pid = process.order(order, theirs)["player"]
                ended: list[Ended] = []

                def end(closed: bool) -> Ended:
                    if not ended:
                        ended.append(Ended(**process.order({"end": pid, "closed": closed})))
                    return ended[0]

                try:
                    yield SandboxedPlayer(ours, self._pixels, self._limits, end)
                finally:
                    if process.runs:
                        end(False)
