"""The machines that Vertex AI has: which takes which accelerator, and the one that a step gets.

The table with its source and date is in `machines.json`.
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.settings import Settings
from preprocessing.errors import InputError

_TABLE = Path(__file__).with_name("machines.json")
_UNITS = {"G": 1.0, "Gi": 1.073741824, "M": 1e-3, "Mi": 1.048576e-3}


@dataclass(frozen=True)
class Machine:
    """A machine, or several of the same that work together.

    Attributes:
        name: such as `n1-standard-8`.
        cores: virtual ones.
        memory: in GB.
        accelerator: such as `NVIDIA_TESLA_T4`; "" for none.
        count: of the accelerators, each machine.
        replicas: how many machines.
        spot: whether they may be taken away at any time, for less than the list price.
    """

    name: str
    cores: int
    memory: float
    accelerator: str = ""
    count: int = 0
    replicas: int = 1
    spot: bool = False

    def __str__(self) -> str:
        one = f"{self.name} + {self.count} {self.accelerator}" if self.count else self.name
        several = f"{self.replicas} x {one}" if self.replicas > 1 else one
        return f"{several}, spot" if self.spot else several


def find_machine(
    cores: float = 0, memory: float = 0, accelerator: str = "", count: int = 0
) -> Machine:
    """Returns the smallest machine that has what a step asks for; the default for no wish.

    Vertex AI chooses itself, by the same limits; what it takes is not promised anywhere.

    Args:
        cores: at least.
        memory: at least, in GB.
        accelerator: its type; "" for none.
        count: how many of it, exactly.

    Raises:
        InputError: there is no such machine; the message names the nearest that there are.
    """
    if not (cores or memory or accelerator):
        return next(m for m in _machines() if m.name == _table()["default"])
    candidates = _with(accelerator, count) if accelerator else _plain()
    fitting = [m for m in candidates if m.cores >= cores and m.memory >= memory]
    if not fitting:
        raise _too_large(cores, memory, accelerator, count, candidates)
    # E2 comes before N1, which is dearer.
    return min(fitting, key=lambda m: (m.name.partition("-")[0], m.cores, m.memory))


def training_machine(settings: Settings) -> Machine:
    """Returns what the training step gets, with all of its machines.

    Raises:
        InputError: Vertex AI has no such machine.
    """
    machine = find_machine(
        settings.train_cpu, gigabytes(settings.train_memory), *settings.training_accelerator()
    )
    return replace(machine, replicas=settings.training_workers(), spot=settings.spot)


def named_machine(name: str, accelerator: str = "", count: int = 0) -> Machine:
    """Returns the machine of a name, with the accelerators that are put into it.

    Raises:
        InputError: Vertex AI has no machine of that name.
    """
    for machine in _machines():
        if machine.name == name:
            return (
                machine if machine.count else replace(machine, accelerator=accelerator, count=count)
            )
    raise InputError(f"machine {name}: Vertex AI has none of that name; see {_TABLE.name}")


def accelerators() -> dict[str, tuple[int, ...]]:
    """Returns how many of each type a machine may have."""
    counts: dict[str, set[int]] = {kind: set(map(int, of)) for kind, of in _table()["n1"].items()}
    for machine in _machines():
        if machine.accelerator:
            counts.setdefault(machine.accelerator, set()).add(machine.count)
    return {kind: tuple(sorted(of)) for kind, of in counts.items()}


def gigabytes(text: str) -> float:
    """Returns the GB of a text such as `30G` or `512Mi`."""
    number = text.rstrip("GMi")
    return float(number) * _UNITS[text[len(number) :]]


def _with(accelerator: str, count: int) -> list[Machine]:
    """Returns the machines that have, or take, so many of an accelerator."""
    known = accelerators()
    if accelerator not in known:
        model = accelerator.upper().rpartition("_")[2]
        nearest = [kind for kind in known if model in kind.split("_")]
        told = f", did you mean {' or '.join(nearest)}?" if nearest else ""
        raise InputError(
            f"ACCELERATOR={accelerator}: Vertex AI gives out none on demand{told}; there are:"
            f" {', '.join(sorted(known))}"
        )
    if count not in known[accelerator]:
        near = sorted(known[accelerator], key=lambda there: (abs(there - count), there))[:2]
        raise InputError(
            f"ACCELERATOR_COUNT={count}: no machine of Vertex AI has {count} {accelerator}; set"
            f" ACCELERATOR_COUNT={' or '.join(map(str, sorted(near)))}"
        )
    if accelerator in _table()["n1"]:
        cores, memory = _table()["n1"][accelerator][str(count)]
        return [
            Machine(m.name, m.cores, m.memory, accelerator, count)
            for m in _plain()
            if m.name.startswith("n1-") and m.cores <= cores and m.memory <= memory
        ]
    return [m for m in _machines() if (m.accelerator, m.count) == (accelerator, count)]


def _too_large(
    cores: float, memory: float, accelerator: str, count: int, candidates: list[Machine]
) -> InputError:
    nearest = max(candidates, key=lambda m: min(m.cores / max(cores, 1), m.memory / max(memory, 1)))
    most_cores, most_memory = max(m.cores for m in candidates), max(m.memory for m in candidates)
    having = f" with {count} {accelerator}" if accelerator else ""
    cure = f"set TRAIN_CPU to {nearest.cores} and TRAIN_MEMORY to {int(nearest.memory)}G or less"
    enough = [
        other
        for other in (accelerators()[accelerator] if accelerator else ())
        if any(m.cores >= cores and m.memory >= memory for m in _with(accelerator, other))
    ]
    if enough:
        cure += f", or ACCELERATOR_COUNT to {' or '.join(map(str, enough))}"
    return InputError(
        f"TRAIN_CPU={cores:g} TRAIN_MEMORY={memory:g}G: machines of Vertex AI{having} have at most"
        f" {most_cores} cores and {most_memory:g} GB; {cure}"
    )


def _plain() -> list[Machine]:
    return [machine for machine in _machines() if not machine.accelerator]


@cache
def _machines() -> tuple[Machine, ...]:
    return tuple(Machine(name, *has) for name, has in _table()["machines"].items())


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_TABLE.read_text())
    return table
