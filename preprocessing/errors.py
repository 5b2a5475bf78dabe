"""The exceptions that a user sees as one line: for what can be mended, and for what may pass."""


class InputError(Exception):
    """Something the user gave cannot be used.

    The message is one line: it names the file, row or parameter, says what was expected, and
    what to do. Whoever faces the user prints it without a stack trace and exits with status 1.
    """


class Unreachable(InputError):  # noqa: N818 (it reads as what happened)
    """A service did not answer, or said that it cannot now; to ask again later may help."""
