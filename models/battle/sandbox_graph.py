"""The part of a SavedModel's graph that its two signatures reach, checked before anything runs.

Reached are the nodes before a signature's result, and the bodies of all functions that these call,
in loops, branches and calls, to any depth. All else in the file (functions for training and saving,
initialisers, assets) is left out: what is run is exactly what was checked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from google.protobuf.message import DecodeError
from tensorflow.core.framework import graph_pb2, node_def_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from models.battle import operations
from models.battle.contract import BrokenRule, ForfeitError, Rule, Signature
from models.battle.sandbox_files import GRAPH_FILE

VARIABLE = "VarHandleOp"

_RUNTIME_ATTRIBUTES = ("config", "config_proto", "executor_type")
_NO_CONSTANTS = (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT)
_SHOWN = 5
"""Functions that a message names."""
_SAVE = 'tf.saved_model.save signatures={"generate": ..., "discriminate": ...}'


@dataclass(frozen=True)
class Reached:
    """What one signature reaches.

    Attributes:
        argument: name of the tensor that the argument is put in for.
        result: name of the tensor to return.
        graph: nodes and functions, without hints to the runtime.
        variables: names of the nodes that stand for a variable.
    """

    argument: str
    result: str
    graph: graph_pb2.GraphDef
    variables: list[str]


def read_meta_graph(folder: Path) -> meta_graph_pb2.MetaGraphDef:
    """Returns the one graph of a SavedModel of TensorFlow 2.

    Raises:
        ForfeitError: there is not exactly one, or it is not of TensorFlow 2.
    """
    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString((folder / GRAPH_FILE).read_bytes())
    except DecodeError:
        raise _broken("files", f"{GRAPH_FILE} is damaged") from None
    if len(saved.meta_graphs) != 1:
        found = len(saved.meta_graphs)
        raise _broken("files", f"{GRAPH_FILE} has {found} graphs; expected 1")
    graph = saved.meta_graphs[0]
    if not graph.HasField("object_graph_def"):
        raise _broken("files", f"{GRAPH_FILE} is of TensorFlow 1; expected TensorFlow 2")
    return graph


def reach(
    meta_graph: meta_graph_pb2.MetaGraphDef, signatures: Iterable[Signature]
) -> list[Reached]:
    """Checks all that can be seen without running, and returns what each signature reaches.

    Raises:
        ForfeitError: signatures are missing or are other than promised, or reach operations that
            are not allowed; it has all faults.
    """
    broken: list[BrokenRule] = []
    reached: list[Reached] = []
    forbidden: dict[str, set[str]] = defaultdict(set)
    for signature in signatures:
        faults = list(_signature_faults(meta_graph, signature))
        broken += faults
        if all(fault.rule != "signature" for fault in faults):
            given = meta_graph.signature_def[signature.name]
            argument = given.inputs[signature.argument].name
            result = given.outputs[signature.result].name
            graph = _reached_graph(meta_graph.graph_def, argument, result)
            variables = [node.name for node in graph.node if node.op == VARIABLE]
            for operation, place in _forbidden(graph):
                forbidden[operation].add(place)
            reached.append(Reached(argument, result, graph, variables))
    for operation, places in sorted(forbidden.items()):
        shown = ", ".join(sorted(places)[:_SHOWN]) + (" and others" if len(places) > _SHOWN else "")
        told = f"the operation {operation} in {shown} is forbidden"
        broken.append(BrokenRule("operation", told))
    if broken:
        raise ForfeitError(sorted(broken, key=lambda one: get_args(Rule).index(one.rule)))
    return reached


def _signature_faults(
    meta_graph: meta_graph_pb2.MetaGraphDef, signature: Signature
) -> Iterator[BrokenRule]:
    if signature.name not in meta_graph.signature_def:
        others = [name for name in meta_graph.signature_def if not name.startswith("__")]
        found = ", ".join(sorted(others)[:_SHOWN]) or "none"
        told = f"has no signature {signature.name}; found {found}; give {_SAVE}"
        yield BrokenRule("signature", told)
        return
    given = meta_graph.signature_def[signature.name]
    for kind, tensors, name, width in (
        ("argument", given.inputs, signature.argument, signature.width),
        ("result", given.outputs, signature.result, signature.result_width),
    ):
        extra = kind == "argument" and len(tensors) > 1
        if name not in tensors or extra:
            found = ", ".join(sorted(tensors)[:_SHOWN]) or "none"
            told = f"{signature.name}: found as {kind} {found}; expected {name}"
            yield BrokenRule("signature", told)
            continue
        tensor = tensors[name]
        what = f"{signature.name}: {name}"
        if tensor.dtype != types_pb2.DT_FLOAT:
            found = types_pb2.DataType.Name(tensor.dtype).removeprefix("DT_").lower()
            yield BrokenRule("dtype", f"{what} is {found}; expected float32")
        shape = tensor.tensor_shape
        sizes = [dimension.size for dimension in shape.dim]
        if not shape.unknown_rank and (
            len(sizes) != 2 or sizes[0] != -1 or sizes[1] not in (-1, width)
        ):
            found = ", ".join("None" if size < 0 else f"{size}" for size in sizes[:8])
            told = f"{what} has the shape [{found}]; expected [None, {width}]"
            yield BrokenRule("shape", told)


def _reached_graph(whole: graph_pb2.GraphDef, argument: str, result: str) -> graph_pb2.GraphDef:
    nodes = {node.name: node for node in whole.node}
    functions = {function.signature.name: function for function in whole.library.function}
    graph = graph_pb2.GraphDef(versions=whole.versions)
    waiting, seen = [_node(result)], {_node(argument)}
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in seen:
            graph.node.append(_bare(nodes[name]))
            waiting += [_node(tensor) for tensor in nodes[name].input]
        seen.add(name)
    waiting, seen = [name for node in graph.node for name in _calls(node)], set()
    while waiting:
        name = waiting.pop()
        if name in functions and name not in seen:
            body = functions[name]
            copy = graph.library.function.add(signature=body.signature, ret=body.ret)
            copy.control_ret.update(body.control_ret)
            copy.node_def.extend(_bare(node) for node in body.node_def)
            waiting += [called for node in body.node_def for called in _calls(node)]
        seen.add(name)
    return graph


def _forbidden(graph: graph_pb2.GraphDef) -> Iterator[tuple[str, str]]:
    """Yields what is not allowed, and the function that has it."""
    bodies = [("the graph", graph.node, operations.ALLOWED | {VARIABLE})]
    for function in graph.library.function:
        bodies.append((function.signature.name, function.node_def, operations.ALLOWED))
    functions = {function.signature.name for function in graph.library.function}
    for place, nodes, allowed in bodies:
        for node in nodes:
            if node.op not in allowed:
                yield node.op, place
            if any(value.HasField("placeholder") for value in node.attr.values()):
                yield f"{node.op} of a function's parameter", place  # what is in it is not seen
            if node.op == "Const" and node.attr["value"].tensor.dtype in _NO_CONSTANTS:
                yield "Const of a handle", place
            for called in _calls(node):
                if called not in functions:
                    yield f"{node.op} of a function that is not there", place


def _calls(node: node_def_pb2.NodeDef) -> Iterator[str]:
    """Yields the functions that an operation's attributes name, to any depth."""
    waiting = list(node.attr.values())
    while waiting:
        value = waiting.pop()
        named = [value.func] if value.HasField("func") else []
        for function in [*named, *value.list.func]:
            yield function.name
            waiting += function.attr.values()


def _bare(node: node_def_pb2.NodeDef) -> node_def_pb2.NodeDef:
    """Returns an operation without hints to the runtime: devices, compilers, other settings."""
    attributes = {
        name: value
        for name, value in node.attr.items()
        if not name.startswith("_") and name not in _RUNTIME_ATTRIBUTES
    }
    return node_def_pb2.NodeDef(name=node.name, op=node.op, input=node.input, attr=attributes)


def _node(tensor: str) -> str:
    """Returns the node of `node`, `node:0` or `^node`."""
    return tensor.removeprefix("^").partition(":")[0]


def _broken(rule: Rule, told: str) -> ForfeitError:
    return ForfeitError([BrokenRule(rule, told)])
