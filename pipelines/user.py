"""Who runs a pipeline, as its record and its labels tell."""

import getpass


def login_name() -> str:
    """Returns the user's login name; "" where there is none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
