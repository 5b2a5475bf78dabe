"""What a run on Vertex AI may cost, by the list prices in `prices.json`, which has their date."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.vertex.machines import Machine

_TABLE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Basis:
    """Where the prices are from.

    Attributes:
        date: of the price list.
        region: that it is for.
        elsewhere: how others differ.
    """

    date: str
    region: str
    elsewhere: str


def dollars_an_hour(machine: Machine) -> float:
    """Returns the list price of a machine with its accelerators, or of all of several."""
    family = machine.name.partition("-")[0]
    table = _table()
    price: float = (
        machine.cores * table["core"][family] + machine.memory * table["gigabyte"][family]
    )
    if machine.accelerator:
        price += machine.count * table["accelerator"][machine.accelerator]
    return price * machine.replicas


def dollars_a_run() -> float:
    """Returns the fee for a run of a pipeline, whatever it does."""
    fee: float = _table()["run"]
    return fee


def basis() -> Basis:
    """Returns where the prices are from."""
    table = _table()
    return Basis(table["date"], table["region"], table["elsewhere"])


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_TABLE.read_text())
    return table
