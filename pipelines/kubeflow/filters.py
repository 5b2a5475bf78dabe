"""Filters of Kubeflow's lists."""

import json


def named(name: str) -> str:
    """Returns the filter for things of exactly that name."""
    predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [predicate]})
