"""Starts, orders and ends the warm process of which players are forked."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from models.battle.contract import SandboxEndedError
from models.battle.isolation import Isolation

_ROOT = Path(__file__).parent.parent.parent
_START_SECONDS = 120.0
_REPLY_SECONDS = 30.0
_LOG = "log"
_SHOWN = 2000
"""Characters of the log that an error shows."""


class WarmProcess:
    """A fresh interpreter that runs `sandbox_zygote`; nothing is handed down to it but a socket.

    Attributes:
        scratch: folder for the players' files; it goes with the process.
        isolation: what its children can shut off.
    """

    def __init__(self) -> None:
        """Starts it, and waits until TensorFlow is imported."""
        self.scratch = Path(tempfile.mkdtemp(prefix="gan-battle-"))
        self._control, theirs = socket.socketpair()
        with theirs, (self.scratch / _LOG).open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "models.battle.sandbox_zygote"]
                + [str(theirs.fileno()), str(self.scratch)],
                cwd=self.scratch,
                env=_environment(self.scratch),
                stdin=subprocess.DEVNULL,
                stdout=log,  # TensorFlow talks when it is imported
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the match, which then ends this
            )
        try:
            self.isolation = Isolation(**self._reply(_START_SECONDS)["isolation"])
        except BaseException:
            self.stop()
            raise

    @property
    def runs(self) -> bool:
        """Whether it can be given orders."""
        return self._control.fileno() >= 0 and self._process.poll() is None

    def order(self, what: dict[str, Any], given: socket.socket | None = None) -> dict[str, Any]:
        """Returns the reply to an order of `sandbox_zygote`.

        Args:
            what: the order.
            given: a socket that goes with it.

        Raises:
            SandboxEndedError: it ended.
        """
        sockets = [given.fileno()] if given else []
        try:
            with suppress(ConnectionError):  # the missing reply tells
                socket.send_fds(self._control, [json.dumps(what).encode()], sockets)
            return self._reply(_REPLY_SECONDS)
        except BaseException:  # of an order that was interrupted the next would get the reply
            self.stop()
            raise

    def stop(self) -> None:
        """Ends it and all players, and removes their files."""
        self._control.close()  # which it takes as the word to end
        try:
            self._process.wait(_REPLY_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _reply(self, seconds: float) -> dict[str, Any]:
        self._control.settimeout(seconds)
        line = b""
        while not line.endswith(b"\n"):
            received = b""
            with suppress(ConnectionError):
                received = self._control.recv(4096)
            if not received:
                log = self.scratch / _LOG
                said = log.read_text(errors="replace")[-_SHOWN:] if log.exists() else ""
                last = said.strip().rpartition("\n")[2] or "it says nothing"
                raise SandboxEndedError(
                    f"the sandbox's own process ended ({last}); see that there is free memory, and"
                    " run the same again"
                )
            line += received
        return json.loads(line)  # type: ignore[no-any-return]


def _environment(scratch: Path) -> dict[str, str]:
    one_thread = {  # so that rounding, and with it a replayed match, is the same on any machine
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
    return one_thread | {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(_ROOT),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_DETERMINISTIC_OPS": "1",
        # Its kernels round by processor, and its allocator waits 10 s for memory that never comes.
        "TF_ENABLE_ONEDNN_OPTS": "0",
        # New memory holds nothing of earlier questions, should a kernel leave a gap in its answer.
        "GLIBC_TUNABLES": "glibc.malloc.perturb=255:glibc.malloc.tcache_count=0",
    }
