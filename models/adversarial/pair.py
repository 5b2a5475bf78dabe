"""What networks and losses of a GAN have in common: a method for each of the two opponents."""

import inspect
from collections.abc import Mapping
from typing import Any


def pair_fault(cls: type[Any], methods: Mapping[str, tuple[str, ...]], ends: str) -> str:
    """Says why a class lacks what it needs; "" if it has it.

    Args:
        cls: the class.
        methods: the arguments of each method that it needs, by the method's name.
        ends: what each of them returns, for the message.
    """
    for name, arguments in methods.items():
        method = getattr(cls, name, None)
        wanted = f"def {name}({', '.join(('self', *arguments))})"
        if not callable(method):
            return f"has no {name}; write `{wanted}` that returns {ends}"
        try:
            inspect.signature(method).bind(None, *arguments)
        except TypeError:
            return f"its {name} takes {inspect.signature(method)}; expected `{wanted}`"
    return ""
