"""What networks and losses of a GAN have in common: a method for each of the two opponents."""

import inspect
from typing import Any, NamedTuple


class Method(NamedTuple):
    """A method that a class needs.

    Attributes:
        name: its name.
        arguments: its arguments' names, without `self`.
        returns: what it returns, for the message.
    """

    name: str
    arguments: tuple[str, ...]
    returns: str


def pair_fault(cls: type[Any], *methods: Method) -> str:
    """Says why a class lacks a method that it needs; "" if it has them all."""
    for name, arguments, returns in methods:
        method = getattr(cls, name, None)
        wanted = f"def {name}({', '.join(('self', *arguments))})"
        if not callable(method):
            return f"has no {name}; write `{wanted}` that returns {returns}"
        try:
            inspect.signature(method).bind(None, *arguments)
        except TypeError:
            return f"its {name} takes {inspect.signature(method)}; expected `{wanted}`"
    return ""
