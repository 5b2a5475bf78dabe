"""Finds pipelines and their parameters; a pipeline is a file here with a `build` function.

One that `classification_pipeline` wires has variants too, such as `quickdraw-retraining`.
"""

import functools
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace

from kfp.dsl.base_component import BaseComponent

import pipelines
from pipelines.classification import VARIANTS, classification_pipeline
from pipelines.target import Target
from pipelines.variants import TUNE, base_of
from preprocessing.errors import InputError
from preprocessing.nearest import did_you_mean

Build = Callable[[Target], BaseComponent]


def pipeline_names() -> list[str]:
    """Returns the names of all pipelines, each followed by its variants.

    All but `-tune`, which `make tune` runs.
    """
    names = [module.name for module in pkgutil.iter_modules(pipelines.__path__)]
    return [
        known
        for name in sorted(names)
        if _build_function(name)
        for known in (name, *(f"{name}-{variant}" for variant in _variants(name)))
        if known != f"{name}-{TUNE}"
    ]


def find_pipeline(name: str) -> Build:
    """Returns what builds the pipeline of that name.

    Raises:
        InputError: there is none; the message lists those there are.
    """
    base, variant = base_of(name), name.partition("-")[2]
    build = _build_function(base) if base.isidentifier() else None
    if build is None or (variant and variant not in _variants(base)) or name.endswith("-"):
        raise InputError(
            f"PIPELINE: {name!r} is unknown{did_you_mean(name, pipeline_names())};"
            f" there are: {', '.join(pipeline_names())}"
        )
    return lambda target: build(replace(target, variant=variant))


@functools.cache
def describe(name: str) -> BaseComponent:
    """Returns the pipeline of that name for what it says of its parameters; it is to run nowhere.

    It is built once a process: who submits asks for it several times, and it takes a while.

    Raises:
        InputError: as `find_pipeline`.
    """
    return find_pipeline(name)(Target(image=lambda component: "unused:1"))


def challenge_of(name: str) -> str:
    """Returns the name of the challenge whose data a pipeline takes: mostly its own."""
    base = base_of(name)
    challenge: str = getattr(importlib.import_module(f"pipelines.{base}"), "CHALLENGE", base)
    return challenge


def _build_function(name: str) -> Build | None:
    # Found by text first: importing every module of this package to list pipelines is slow.
    specification = importlib.util.find_spec(f"pipelines.{name}")
    if specification is None or not specification.origin:
        return None
    with open(specification.origin) as file:  # noqa: PTH123
        if "\ndef build(target: Target)" not in file.read():
            return None
    build = importlib.import_module(f"pipelines.{name}").build
    return build if inspect.isfunction(build) else None


def _variants(name: str) -> tuple[str, ...]:
    """Returns the variants of a pipeline: those of the wiring that its file imports."""
    module = importlib.import_module(f"pipelines.{name}")
    return VARIANTS if classification_pipeline in vars(module).values() else ()
