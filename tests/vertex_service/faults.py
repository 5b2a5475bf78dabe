"""Errors that the service answers with, in the order in which a test asks for them."""

from collections import defaultdict, deque
from typing import Any

import grpc


class Refusal(Exception):  # noqa: N818 (it is an answer)
    """An answer that is an error."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Faults:
    """Faults waiting to be played, by method."""

    def __init__(self) -> None:
        self._before: dict[str, deque[Refusal]] = defaultdict(deque)
        self._after: dict[str, deque[Refusal]] = defaultdict(deque)

    def add(self, method: str, codes: tuple[Any, ...], message: str, after: bool) -> None:
        """Has the next calls of a method fail, one a code."""
        for code in codes:
            text = message or f"{code.name}, as the test asked"
            (self._after if after else self._before)[method].append(Refusal(code, text))

    def before(self, method: str) -> None:
        """Raises the next fault of a method that is played in place of its action."""
        if self._before[method]:
            raise self._before[method].popleft()

    def after(self, method: str) -> None:
        """Raises the next fault of a method that hides that its action was done."""
        if self._after[method]:
            raise self._after[method].popleft()


def unknown(kind: str, name: str) -> Refusal:
    """Returns the answer for what is not there."""
    return Refusal(grpc.StatusCode.NOT_FOUND, f"The {kind} does not exist: {name}")


def exists(kind: str, name: str) -> Refusal:
    """Returns the answer for what is there already."""
    return Refusal(grpc.StatusCode.ALREADY_EXISTS, f"{kind} already exists: {name}")


def invalid(message: str) -> Refusal:
    """Returns the answer for a request that is not well-formed."""
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, message)


def impossible(message: str) -> Refusal:
    """Returns the answer for what cannot be done in this state."""
    return Refusal(grpc.StatusCode.FAILED_PRECONDITION, message)
