"""What a process may send that was taken over: it loses, and nothing of it gets through."""

import json
import socket
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.battle import sandbox
from models.battle.contract import BrokenRule, ForfeitError
from models.battle.isolation import Isolation
from models.battle.limits import Limits
from models.battle.player import Ended, SandboxedPlayer
from models.battle.sandbox import Sandbox
from models.battle.sandbox_wire import Kind, pack_broken, unpack_broken
from preprocessing.errors import InputError

QUESTION = np.zeros((2, 100), np.float32)


def message(kind: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack("<BI", kind, len(body) if length is None else length) + body


def play(sent: bytes) -> str:
    """Returns why a player lost whose process sent this, whatever it was asked."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        try:
            player = SandboxedPlayer(ours, 4, Limits(), lambda closed: Ended(True, -9, 0))
            player.generate(QUESTION)
        except ForfeitError as error:
            return str(error)
    return "played"


READY = message(Kind.READY, b"")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        READY,
        READY + READY,
        READY + message(Kind.ANSWER, bytes(4 * 7)),
        READY + message(Kind.ANSWER, b"", length=1 << 31),
        READY + message(Kind.ANSWER, bytes(4 * 7), length=4 * 8),
        READY + message(99, b""),
        READY + message(Kind.BROKEN, b"", length=1 << 31),
        READY + message(Kind.BROKEN, b"[" * 100_000),
        READY + message(Kind.BROKEN, b"[]"),
        READY + message(Kind.BROKEN, b'[["best", "gives all points"]]'),
        READY + message(Kind.BROKEN, b'[["nan"]]'),
    ],
)
def test_what_was_not_asked_for_loses(sent: bytes) -> None:
    assert play(sent) == "sent something else than an answer"


@given(st.binary(max_size=64))
def test_no_bytes_get_through(sent: bytes) -> None:
    assert play(READY + message(Kind.BROKEN, sent)) == "sent something else than an answer"


def test_what_is_told_steers_no_terminal() -> None:
    rows = [["crash", "\x1b[2J\r\n\u202e" + "x" * 10_000]]
    told = play(message(Kind.BROKEN, json.dumps(rows).encode()))
    assert told.startswith("?[2J???xxx")
    assert len(told) == 500


def test_who_is_late_for_fetching_memory_is_told_so() -> None:
    ours, theirs = socket.socketpair()
    limits = Limits(call_seconds=0.01)
    with ours, theirs:
        theirs.sendall(READY)
        player = SandboxedPlayer(ours, 4, limits, lambda closed: Ended(True, -9, 3 << 30))
        with pytest.raises(ForfeitError) as caught:
            player.generate(QUESTION)
    (broken,) = caught.value.broken
    assert broken.rule == "memory"
    assert broken.told.endswith("no answer within 0.01 s, and took 3.0 GiB of memory")


def test_a_system_that_shuts_off_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unsafe:
        isolation = Isolation(calls=False, files=False)
        stopped = False

        def stop(self) -> None:
            Unsafe.stopped = True

    monkeypatch.setattr(sandbox, "WarmProcess", Unsafe)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(InputError, match="neither by seccomp nor by Landlock"):
        Sandbox(4)
    assert Unsafe.stopped


def test_what_two_teams_broke_fits_in_a_cell_of_a_spreadsheet() -> None:
    broken = [BrokenRule("operation", "x" * 1000)] * 100
    told = unpack_broken(bytearray(pack_broken(broken)))
    assert 0 < 2 * sum(len(one.told) + 2 for one in told) < 32_767 - 1000
