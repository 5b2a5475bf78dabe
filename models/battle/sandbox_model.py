"""Makes the checked part of a SavedModel run: nodes and functions, with the values of variables.

This takes the place of `tf.saved_model.load`, which also revives objects, runs initialisers and
builds functions that no signature calls.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.protobuf import (
    meta_graph_pb2,
    saved_object_graph_pb2,
    trackable_object_graph_pb2,
)

from models.battle.contract import (
    BrokenRule,
    Floats,
    ForfeitError,
    Signature,
    discriminate_signature,
    generate_signature,
)
from models.battle.sandbox_files import CHECKPOINT
from models.battle.sandbox_graph import Reached, reach, read_meta_graph

_OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "VARIABLE_VALUE"

Function = Callable[[Floats], npt.NDArray[np.generic]]


def load_functions(folder: Path, pixels: int) -> list[Function]:
    """Checks a SavedModel, and returns its functions `generate` and `discriminate`.

    Args:
        folder: copied by `copy_submission`.
        pixels: height * width.

    Raises:
        ForfeitError: it breaks rules that can be seen without running it; all of them.
    """
    signatures = [generate_signature(pixels), discriminate_signature(pixels)]
    meta_graph = read_meta_graph(folder)
    reached = reach(meta_graph, signatures)
    wanted = {name for one in reached for name in one.variables}
    variables = _read_variables(meta_graph, folder / CHECKPOINT, wanted)
    return [
        _function(one, signature, variables)
        for one, signature in zip(reached, signatures, strict=True)
    ]


def _function(reached: Reached, signature: Signature, variables: dict[str, Any]) -> Function:
    def call(values: Any) -> Any:
        handles = {f"{name}:0": tf.identity(variables[name].handle) for name in reached.variables}
        (result,) = tf.graph_util.import_graph_def(
            reached.graph,
            input_map={reached.argument: values, **handles},
            return_elements=[reached.result],
            name="",
        )
        return result

    argument = tf.TensorSpec([None, signature.width], tf.float32)
    traced = tf.compat.v1.wrap_function(call, [argument])
    return lambda values: traced(tf.constant(values)).numpy()


def _read_variables(
    meta_graph: meta_graph_pb2.MetaGraphDef, checkpoint: Path, wanted: set[str]
) -> dict[str, Any]:
    """Returns the variables by the name of their node in the graph."""
    if not wanted:
        return {}
    if not checkpoint.with_suffix(".index").exists():
        raise _broken("has no variables/variables.index; expected the variables of the graph")
    objects = _objects_by_node(meta_graph)
    reader = tf.train.load_checkpoint(str(checkpoint))
    keys = dict(_keys(meta_graph.object_graph_def, reader))
    variables = {}
    for name in sorted(wanted):
        key = keys.get(objects.get(name, -1))
        if key is None or not reader.has_tensor(key):
            raise _broken(f"the variable {name} has no value in {CHECKPOINT}.index")
        variables[name] = tf.Variable(reader.get_tensor(key), trainable=False)
    return variables


def _objects_by_node(meta_graph: meta_graph_pb2.MetaGraphDef) -> dict[str, int]:
    """Returns which saved object each variable's node is: a call's last inputs are its captures."""
    concrete = meta_graph.object_graph_def.concrete_functions
    found: dict[str, int] = {}
    for node in meta_graph.graph_def.node:
        function = node.attr["f"].func.name if "f" in node.attr else ""
        if function in concrete and concrete[function].bound_inputs:
            captures = concrete[function].bound_inputs
            inputs = [one for one in node.input if not one.startswith("^")]
            found.update(zip(inputs[-len(captures) :], captures, strict=False))
    return found


def _keys(saved: saved_object_graph_pb2.SavedObjectGraph, reader: Any) -> Iterator[tuple[int, str]]:
    """Yields saved objects and the checkpoint's key for each: both are trees of the same names."""
    stored = trackable_object_graph_pb2.TrackableObjectGraph.FromString(reader.get_tensor(_OBJECTS))
    waiting, seen = [(0, 0)], set()
    while waiting:
        here, there = waiting.pop()
        if here in seen or not (here < len(saved.nodes) and there < len(stored.nodes)):
            continue
        seen.add(here)
        for attribute in stored.nodes[there].attributes:
            if attribute.name == _VALUE:
                yield here, attribute.checkpoint_key
        names = {child.local_name: child.node_id for child in stored.nodes[there].children}
        for child in saved.nodes[here].children:
            if child.local_name in names:
                waiting.append((child.node_id, names[child.local_name]))


def _broken(told: str) -> ForfeitError:
    return ForfeitError([BrokenRule("files", told)])
