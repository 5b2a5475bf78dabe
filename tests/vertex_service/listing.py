"""Filters, order and pages of the service's lists."""

import re
from collections.abc import Iterable
from typing import Any

from tests.vertex_service.faults import invalid

_TERM = re.compile(r'([a-z_]+(?:\.[-\w]+)?)\s*(=|!=|:)\s*("[^"]*"|\S+)')


def matches(message: Any, text: str) -> bool:
    """Says whether a message fits a filter of `field="value"` terms joined by AND.

    `labels.key="value"` and the presence of a field, `field:*`, can be asked for too.
    """
    for term in filter(None, re.split(r"\s+AND\s+", text.strip())):
        parts = _TERM.fullmatch(term.strip())
        if not parts:
            raise invalid(f"Invalid filter: {text}")
        found = _field(message, parts[1])
        value = parts[3].strip('"')
        if parts[2] == ":" and value == "*":
            fits = bool(found)
        else:
            fits = str(getattr(found, "name", found)) == value
        if fits == (parts[2] == "!="):
            return False
    return True


def page(items: Iterable[Any], request: Any, most: int = 100) -> tuple[list[Any], str]:
    """Returns the messages of one page, newest first by default, and the next page's token."""
    chosen = [item for item in items if matches(item, request.filter)]
    asked = request.order_by if "order_by" in type(request).meta.fields else ""
    order, _, direction = (asked or "create_time desc").partition(" ")
    chosen.sort(key=lambda item: getattr(item, order), reverse=direction == "desc")
    start = int(request.page_token or 0)
    end = start + min(request.page_size or most, most)
    return chosen[start:end], str(end) if end < len(chosen) else ""


def _field(message: Any, path: str) -> Any:
    name, _, key = path.partition(".")
    if name == "model":  # a model's filter calls its id so
        return message.name.rpartition("/")[2]
    if name not in type(message).meta.fields:
        raise invalid(f"Invalid filter: no field {name}")
    value = getattr(message, name)
    return value.get(key, "") if key else value
