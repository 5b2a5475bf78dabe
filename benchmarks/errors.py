"""Why a benchmark does not run."""


class NotHereError(Exception):
    """This machine lacks what a benchmark needs, such as a GPU; the message says what."""
