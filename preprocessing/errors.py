"""The one exception for input that a user can mend."""


class InputError(Exception):
    """Something the user gave cannot be used.

    The message is one line: it names the file, row or parameter, says what was expected, and
    what to do. Whoever faces the user prints it without a stack trace and exits with status 1.
    """
