"""The messages between a match and a player's process: a kind, a length, and bytes.

Numbers are raw float32; what is told is JSON. Nothing that arrives can run code or ask for memory:
the reader says how long a message may be, and when it must be there.
"""

import json
import socket
import struct
import time
from collections.abc import Sequence
from enum import IntEnum
from typing import get_args

from models.battle.contract import BrokenRule, Rule

_MOST_RULES, _MOST_LETTERS = 20, 500  # of both teams less than a cell of a spreadsheet holds
_HEADER = struct.Struct("<BI")
MOST_TOLD = 1 << 20
"""Bytes of JSON that are read."""


class Kind(IntEnum):
    """What a message is."""

    GENERATE = 0
    DISCRIMINATE = 1
    READY = 2
    ANSWER = 3
    BROKEN = 4


class WireError(Exception):
    """The other side closed, or sent what it may not."""


def send(connection: socket.socket, kind: Kind, body: bytes = b"") -> None:
    """Sends a message; a timeout of the connection holds for all of it."""
    connection.sendall(_HEADER.pack(kind, len(body)) + body)


def receive(
    connection: socket.socket, longest: dict[Kind, int], deadline: float | None = None
) -> tuple[Kind, bytearray]:
    """Returns the next message.

    Args:
        connection: a stream.
        longest: the kinds that may come, and the most bytes that each may have.
        deadline: by `time.monotonic()`; None waits.

    Raises:
        WireError: the connection is closed, or another or a longer message came.
        TimeoutError: the message was not there in time.
    """
    number, length = _HEADER.unpack(_read(connection, _HEADER.size, deadline))
    if number not in longest or length > longest[Kind(number)]:
        raise WireError("sent what was not asked for")
    return Kind(number), _read(connection, length, deadline)


def pack_broken(broken: Sequence[BrokenRule]) -> bytes:
    """Returns broken rules as JSON, as many as may be sent."""
    rows = [[one.rule, one.told[:_MOST_LETTERS]] for one in broken[:_MOST_RULES]]
    return json.dumps(rows).encode()


def unpack_broken(body: bytearray) -> list[BrokenRule]:
    """Returns broken rules of a process that may lie, in words that are safe to print.

    Raises:
        WireError: they are something else.
    """
    rules = get_args(Rule)
    try:
        rows = json.loads(body)
        if not rows or any(rule not in rules or not isinstance(told, str) for rule, told in rows):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise WireError("sent what was not asked for") from None
    return [BrokenRule(rule, printable(told[:_MOST_LETTERS])) for rule, told in rows[:_MOST_RULES]]


def printable(text: str) -> str:
    """Returns a stranger's words in one line, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _read(connection: socket.socket, length: int, deadline: float | None) -> bytearray:
    read = bytearray(length)
    view, filled = memoryview(read), 0
    while filled < length:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
        try:
            count = connection.recv_into(view[filled:])
        except ConnectionError:
            count = 0
        if not count:
            raise WireError("closed")
        filled += count
    return read
