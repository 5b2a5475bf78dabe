"""What a stranger's SavedModel can do: answer, and lose."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from models.battle import operations, sandbox_process
from models.battle.contract import BrokenRule, ForfeitError, SandboxEndedError, draw_noise
from models.battle.limits import Limits
from models.battle.sandbox import Sandbox
from tests.models.battle.strangers import PIXELS, Team, after, save

LIMITS = Limits(call_seconds=1.0, cpu_seconds=20, memory_gib=1, file_bytes=1 << 20)
NOISE = draw_noise(np.random.default_rng(0), 15)
EVERYTHING = """
from models.battle import operations

class Everything(frozenset):
    __contains__ = lambda self, name: True
    __or__ = lambda self, other: self

operations.ALLOWED = Everything()
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(PIXELS, LIMITS) as opened:
        yield opened


@pytest.fixture(scope="module")
def open_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Yields a sandbox whose first door is open: it takes every operation."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "sitecustomize.py").write_text(EVERYTHING)
    usual = sandbox_process._environment
    with pytest.MonkeyPatch.context() as patch:

        def environment(scratch: Path) -> dict[str, str]:
            variables = usual(scratch)
            return variables | {"PYTHONPATH": f"{folder}:{variables['PYTHONPATH']}"}

        patch.setattr(sandbox_process, "_environment", environment)
        with Sandbox(PIXELS, LIMITS) as opened:
            yield opened


def broken(box: Sandbox, saved_model: Path, noise: Any = NOISE) -> list[BrokenRule]:
    """Returns why a submission lost, which it must."""
    with pytest.raises(ForfeitError) as caught, box.player(saved_model) as player:
        player.discriminate(player.generate(noise).values)
    assert list(box._process.scratch.glob("tmp*")) == []
    return caught.value.broken


def only(found: list[BrokenRule]) -> tuple[str, str]:
    (one,) = found
    return one.rule, one.told


def test_two_players_answer(box: Sandbox, tmp_path: Path) -> None:
    good = save(tmp_path / "good")
    other = save(tmp_path / "other", generate=lambda team, noise: 1 - team.generate(noise))
    with box.player(good) as a, box.player(other) as b:
        images = a.generate(NOISE)
        np.testing.assert_allclose(
            images.values, np.repeat(0.5 + NOISE.mean(1, keepdims=True) / 2, PIXELS, 1), atol=1e-6
        )
        assert 0 < images.seconds < LIMITS.call_seconds
        np.testing.assert_allclose(b.generate(NOISE).values, 1 - images.values, atol=1e-6)
        judged = b.discriminate(images.values)
        np.testing.assert_allclose(judged.values, images.values.mean(1), atol=1e-6)
    assert box.isolation == []


def test_seeded_random_numbers_and_loops_are_taken(box: Sandbox, tmp_path: Path) -> None:
    def generate(team: Team, noise: Any) -> Any:
        shuffled = tf.random.stateless_uniform(tf.shape(noise), seed=[1, 2])
        return tf.map_fn(lambda row: tf.sigmoid(row[:PIXELS]), noise * shuffled)

    with box.player(save(tmp_path / "good", generate=generate)) as player:
        first = player.generate(NOISE).values
        np.testing.assert_array_equal(first, player.generate(NOISE).values)


def test_what_keras_exports_is_taken(box: Sandbox, tmp_path: Path) -> None:
    generator = keras.Sequential(
        [
            keras.Input([100]),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Reshape([1, 1, 8]),
            layers.Conv2DTranspose(4, 4, 2, "same", activation="gelu"),
            layers.UpSampling2D(interpolation="bilinear"),
            layers.LayerNormalization(),
            layers.GroupNormalization(2),
            layers.SeparableConv2D(1, 3, 2, "same", activation="sigmoid"),
            layers.Flatten(),
        ]
    )
    images = keras.Input([PIXELS])
    rows = layers.Reshape([PIXELS, 1])(layers.GaussianNoise(0.1)(images))
    rows = layers.MultiHeadAttention(1, 2)(rows, rows)
    x = layers.Concatenate()([layers.GRU(2)(rows), layers.GlobalMaxPooling1D()(rows)])
    x = layers.SpectralNormalization(layers.Dense(1, activation="sigmoid"))(layers.PReLU()(x))
    discriminator = keras.Model(images, x)
    archive = keras.export.ExportArchive()
    archive.track(generator)
    archive.track(discriminator)
    archive.add_endpoint(
        "generate",
        lambda noise: {"generated_images": generator(noise, training=False)},
        [tf.TensorSpec([None, 100], tf.float32, "noise")],
    )
    archive.add_endpoint(
        "discriminate",
        lambda input_batch_raw: {"p_for_data": discriminator(input_batch_raw, training=False)},
        [tf.TensorSpec([None, PIXELS], tf.float32, "input_batch_raw")],
    )
    archive.write_out(str(tmp_path / "keras"), verbose=False)
    with box.player(tmp_path / "keras") as player:
        made = player.generate(NOISE).values
        np.testing.assert_allclose(made, generator(NOISE, training=False), atol=1e-5)
        judged = player.discriminate(made).values[:, None]
        np.testing.assert_allclose(judged, discriminator(made, training=False), atol=1e-5)


def in_call(text: Callable[[], Any]) -> Callable[[Team, Any], Any]:
    inner = tf.function(text)
    return lambda team, noise: after(inner(), team.generate(noise))


def in_loop(text: Callable[[], Any]) -> Callable[[Team, Any], Any]:
    def generate(team: Team, noise: Any) -> Any:
        return tf.while_loop(
            lambda step, images: step < 2,
            lambda step, images: (step + 1, after(text(), images)),
            (tf.constant(0), team.generate(noise)),
        )[1]

    return generate


def in_branch(text: Callable[[], Any]) -> Callable[[Team, Any], Any]:
    def generate(team: Team, noise: Any) -> Any:
        images = team.generate(noise)
        return tf.cond(noise[0, 0] > 0, lambda: after(text(), images), lambda: images)

    return generate


def in_map(text: Callable[[], Any]) -> Callable[[Team, Any], Any]:
    return lambda team, noise: tf.map_fn(lambda image: after(text(), image), team.generate(noise))


def read_environment() -> Any:
    return tf.io.read_file("/proc/self/environ")


def run_python() -> Any:
    return tf.numpy_function(lambda: b"", [], tf.string)


@pytest.mark.parametrize(
    ("generate", "operation"),
    [
        (in_call(read_environment), "ReadFile"),
        (in_loop(read_environment), "ReadFile"),
        (in_branch(read_environment), "ReadFile"),
        (in_map(read_environment), "ReadFile"),
        (in_call(run_python), "PyFunc"),
        (lambda team, noise: team.generate(noise + tf.random.uniform([100])), "RandomUniform"),
        (lambda team, noise: after(team.half.assign_add(1), team.generate(noise)), "AssignAdd"),
        (
            lambda team, noise: after(team.table.lookup(tf.constant("a")), team.generate(noise)),
            "LookupTableFind",
        ),
    ],
)
def test_a_forbidden_operation_is_named_wherever_it_is(
    box: Sandbox, tmp_path: Path, generate: Callable[[Team, Any], Any], operation: str
) -> None:
    def keep(team: Team) -> None:
        team.half = tf.Variable(0.5)
        words = tmp_path / "words"
        words.write_text("a b")
        team.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(str(words), tf.string, 0, tf.string, 1, delimiter=" "), ""
        )

    found = broken(box, save(tmp_path / "bad", generate=generate, keep=keep))
    assert {one.rule for one in found} == {"operation"}
    assert any(one.told.startswith(f"the operation {operation}") for one in found)


def test_all_that_can_be_seen_is_told_at_once(box: Sandbox, tmp_path: Path) -> None:
    target = tmp_path / "written"

    def generate(team: Team, noise: Any) -> Any:
        images = tf.cast(team.generate(noise)[:, :3], tf.float64)
        return after(tf.io.write_file(str(target), "mine"), images)

    def discriminate(team: Team, images: Any) -> Any:
        return after(tf.timestamp(), team.discriminate(images)[:, 0])

    found = broken(box, save(tmp_path / "bad", generate=generate, discriminate=discriminate))
    assert [(one.rule, one.told.split(" in __")[0]) for one in found] == [
        ("operation", "the operation Timestamp"),
        ("operation", "the operation WriteFile"),
        ("dtype", "generate: generated_images is double; expected float32"),
        ("shape", "generate: generated_images has the shape [None, 3]; expected [None, 4]"),
        ("shape", "discriminate: p_for_data has the shape [None]; expected [None, 1]"),
    ]
    assert not target.exists()


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ("make", "noise", "x"),
            "has no signature generate; found discriminate, make; give tf.saved_model.save"
            ' signatures={"generate": ..., "discriminate": ...}',
        ),
        (("generate", "z", "generated_images"), "generate: found as argument z; expected noise"),
        (("generate", "noise", "x"), "generate: found as result x; expected generated_images"),
    ],
)
def test_a_signature_of_another_name(
    box: Sandbox, tmp_path: Path, names: tuple[str, ...], told: str
) -> None:
    assert only(broken(box, save(tmp_path / "bad", names=names))) == ("signature", told)


def test_what_no_signature_reaches_is_not_run(box: Sandbox, tmp_path: Path) -> None:
    written = [tmp_path / name for name in ("initialised", "called")]

    class Initialised(tf.saved_model.experimental.TrackableResource):  # type: ignore[misc]
        def _create_resource(self) -> Any:
            return tf.raw_ops.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.float32)

        def _initialize(self) -> None:
            tf.io.write_file(str(written[0]), "mine")

    @tf.function(input_signature=[])  # type: ignore[misc]
    def write() -> None:
        tf.io.write_file(str(written[1]), "mine")

    def keep(team: Team) -> None:
        team.resource = Initialised()
        team.resource.resource_handle  # noqa: B018 - which makes it
        team.write = write

    saved_model = save(tmp_path / "odd", keep=keep)
    tf.saved_model.load(str(saved_model))
    assert written[0].exists()  # as whoever loads it without a sandbox finds out
    written[0].unlink()
    with box.player(saved_model) as player:
        player.generate(NOISE)
    assert [path.exists() for path in written] == [False, False]


@pytest.mark.parametrize(
    ("generate", "rule", "told"),
    [
        (lambda team, noise: team.generate(noise) * np.nan, "nan", "has 60 values that are nan"),
        (
            lambda team, noise: team.generate(noise) + 2,
            "range",
            "expected 0 to 1; end the generator with a sigmoid",
        ),
        (
            lambda team, noise: tf.abs(noise[:, : tf.shape(noise)[0]]),
            "shape",
            "has the shape [15, 15]",
        ),
    ],
)
def test_an_answer_that_breaks_a_rule(
    box: Sandbox,
    tmp_path: Path,
    generate: Callable[[Team, Any], Any],
    rule: str,
    told: str,
) -> None:
    found = only(broken(box, save(tmp_path / "bad", generate=generate)))
    assert found[0] == rule
    assert told in found[1]


def when_asked(do: Callable[[Any], Any]) -> Callable[[Team, Any], Any]:
    """Returns a generator that behaves while it is tried on one row."""

    def generate(team: Team, noise: Any) -> Any:
        images = team.generate(noise)
        return tf.cond(tf.shape(noise)[0] > 1, lambda: images + do(noise), lambda: images)

    return generate


def spin(noise: Any) -> Any:
    return tf.while_loop(lambda step: step >= 0.0, lambda step: step * 0.5, (noise[0, 0] ** 2,))[0]


def grow(noise: Any) -> Any:
    (grown,) = tf.while_loop(
        lambda grown: tf.shape(grown)[0] > 0,
        lambda grown: tf.concat([grown, grown + 1], 0),
        (noise[0],),
        shape_invariants=(tf.TensorShape([None]),),
    )
    return grown[0]


def hoard(noise: Any) -> Any:
    return tf.reduce_sum(tf.zeros(tf.fill([3], tf.shape(noise)[0] * 1000)))


def test_an_endless_loop_loses(box: Sandbox, tmp_path: Path) -> None:
    bad = save(tmp_path / "bad", generate=when_asked(spin))
    assert only(broken(box, bad)) == ("time", "generate: gave no answer within 1 s")


@pytest.mark.parametrize("do", [grow, hoard])
def test_memory_is_limited(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: Callable[[Any], Any]
) -> None:
    monkeypatch.setattr(box, "_limits", Limits(call_seconds=20, memory_gib=1))
    bad = save(tmp_path / "bad", generate=when_asked(do))
    assert only(broken(box, bad)) == ("memory", "generate: used more than 1 GiB of memory")


def test_processor_time_is_limited(box: Sandbox, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(box, "_limits", Limits(cpu_seconds=1))
    bad = save(tmp_path / "bad", generate=when_asked(spin))
    assert only(broken(box, bad)) == ("time", "used more than 1 s of processor time")


def test_files_that_are_no_saved_model(box: Sandbox, tmp_path: Path) -> None:
    assert "is not a folder" in only(broken(box, tmp_path / "none"))[1]
    assert "File name too long" in only(broken(box, tmp_path / ("x" * 300)))[1]
    (tmp_path / "empty").mkdir()
    assert "has no saved_model.pb" in only(broken(box, tmp_path / "empty"))[1]
    linked = save(tmp_path / "linked")
    data = linked / "variables" / "variables.data-00000-of-00001"
    data.unlink()
    data.symlink_to("/etc/passwd")
    assert "is a link or a special file" in only(broken(box, linked))[1]
    data.unlink()
    os.mkfifo(data)
    assert "is a link or a special file" in only(broken(box, linked))[1]
    data.unlink()
    with data.open("wb") as file:
        file.truncate(LIMITS.file_bytes)
    assert only(broken(box, linked)) == ("files", "is larger than 1 MiB")
    data.write_bytes(b"")
    found = broken(box, linked)
    assert only(found)[0] == "crash"
    assert broken(box, linked) == found  # the same words, which are in bracket.json
    (linked / "saved_model.pb").write_bytes(b"\xff" * 99)
    data.unlink()
    assert only(broken(box, linked)) == ("files", "saved_model.pb is damaged")


def change_nodes(saved_model: Path, change: Callable[[str, Any], None]) -> Path:
    """Changes each node of a SavedModel's functions, as no tool would write it."""
    file = saved_model / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for function in saved.meta_graphs[0].graph_def.library.function:
        for node in function.node_def:
            change(function.signature.name, node)
    file.write_bytes(saved.SerializeToString())
    return saved_model


def test_a_function_that_calls_itself_without_end(box: Sandbox, tmp_path: Path) -> None:
    def change(function: str, node: Any) -> None:
        if node.op == "PartitionedCall":
            node.attr["f"].func.name = function
            del node.input[:]

    bad = save(tmp_path / "bad", generate=in_call(lambda: tf.constant("")))
    assert only(broken(box, change_nodes(bad, change)))[0] in ("crash", "time", "memory")


def test_a_graph_that_hides_what_it_does(box: Sandbox, tmp_path: Path) -> None:
    def change(function: str, node: Any) -> None:
        if node.op == "MatMul":
            node.attr["T"].placeholder = "T"
        elif node.op == "Const":
            node.attr["value"].tensor.dtype = types_pb2.DT_RESOURCE
        elif node.op.endswith("PartitionedCall"):
            node.attr["f"].func.attr["T"].func.name = "elsewhere"

    bad = change_nodes(save(tmp_path / "bad"), change)
    told = [one.told.partition(" in ")[0] for one in broken(box, bad)]
    assert told == [
        "the operation Const of a handle",
        "the operation MatMul of a function's parameter",
        "the operation StatefulPartitionedCall of a function that is not there",
    ]


def test_what_lay_in_memory_is_not_seen(open_box: Sandbox, tmp_path: Path) -> None:
    def generate(team: Team, noise: Any) -> Any:
        with tf.control_dependencies([tf.sort(noise) @ tf.transpose(noise)]):
            left = tf.raw_ops.MatrixSolveLs(  # leaves a gap: all of its answer
                matrix=tf.zeros([0, 60]), rhs=tf.zeros([0, 9]), l2_regularizer=0.0
            )
        bits = tf.reshape(tf.bitcast(left, tf.uint8), [-1])[: tf.size(noise[:, :PIXELS])]
        seen = tf.cast(tf.reshape(bits, [-1, PIXELS]), tf.float32) / 255
        return tf.maximum(seen, tf.one_hot(tf.range(tf.shape(noise)[0]), PIXELS))

    with open_box.player(save(tmp_path / "peeks", generate=generate)) as player:
        for seed in range(3):
            seen = player.generate(draw_noise(np.random.default_rng(seed), 15)).values
            np.testing.assert_array_equal(seen, np.eye(15, PIXELS))


@pytest.mark.parametrize("where", ["outside", "own", "passwd", "environ", "other"])
def test_behind_the_first_door_is_a_second(open_box: Sandbox, tmp_path: Path, where: str) -> None:
    other = save(tmp_path / "other")
    with open_box.player(other):
        (others,) = open_box._process.scratch.glob("tmp*/saved_model/saved_model.pb")
        do = {
            "outside": lambda: tf.io.write_file(str(tmp_path / "written"), "mine"),
            "own": lambda: tf.io.write_file("saved_model.pb", "mine"),
            "passwd": lambda: tf.print(tf.io.read_file("/etc/passwd")),
            "environ": lambda: tf.print(tf.io.read_file("/proc/self/environ")),
            "other": lambda: tf.print(tf.io.read_file(str(others))),
        }[where]

        bad = save(tmp_path / "bad", lambda team, noise: after(do(), team.generate(noise)))
        with pytest.raises(ForfeitError) as caught, open_box.player(bad):
            pass
    (one,) = caught.value.broken
    assert one.rule == "crash"
    assert "PermissionDenied" in one.told
    assert not (tmp_path / "written").exists()


def test_a_crash_loses_and_the_next_one_plays(open_box: Sandbox, tmp_path: Path) -> None:
    abort = when_asked(lambda noise: after(tf.raw_ops.Abort(error_msg=""), noise[0, 0]))
    bad = save(tmp_path / "bad", generate=abort)
    assert only(broken(open_box, bad)) == ("crash", "crashed (SIGABRT)")
    with open_box.player(save(tmp_path / "good")) as player:
        player.generate(NOISE)


def test_when_the_warm_process_ends_nobody_loses_and_another_starts(
    open_box: Sandbox, tmp_path: Path
) -> None:
    good = save(tmp_path / "good")
    with open_box.player(good) as player:
        open_box._process._process.kill()
        open_box._process._process.wait()
        with pytest.raises(SandboxEndedError, match="own process ended"):
            player.generate(NOISE)
    with open_box.player(good) as player:
        player.generate(NOISE)


def processes_of(scratch: str) -> list[str]:
    """Returns the processes that run with a scratch folder, which their command line names."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            found += [command.parent.name] if scratch in command.read_text() else []
    return found


def test_a_killed_match_leaves_nothing(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from models.battle.sandbox import Sandbox
with Sandbox({PIXELS}) as box, box.player(Path(sys.argv[1])):
    print(box._process.scratch, flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", code, str(save(tmp_path / "good"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as match:
        assert match.stdout is not None
        scratch = match.stdout.readline().strip()
        assert Path(scratch).is_dir()
        running = processes_of(scratch)
        scores = [Path(f"/proc/{one}/oom_score_adj").read_text().strip() for one in running]
        assert len(running) == 2
        assert scores.count("1000") == 1  # the player's: it goes first, should memory run out
        match.kill()
    deadline = time.monotonic() + 20
    while (Path(scratch).exists() or processes_of(scratch)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(scratch).exists()
    assert processes_of(scratch) == []


def test_the_list_holds_only_operations_that_compute() -> None:
    from tensorflow.python.framework import op_def_registry

    found = {name: op_def_registry.get(name) for name in operations.ALLOWED}
    assert [name for name, definition in found.items() if definition is None] == []
    # These are called stateful as they read variables, fail on bad values, or may call such.
    assert {name for name, definition in found.items() if definition.is_stateful} == {
        *("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape"),
        *("Assert", "CheckNumerics", "CheckNumericsV2", "GuaranteeConst", "StatelessRandomGetAlg"),
        *("Case", "If", "While", "StatefulPartitionedCall"),
    }
