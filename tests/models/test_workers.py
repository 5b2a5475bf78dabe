"""Several machines, played by processes on loopback that TF_CONFIG names to each other."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from models.adversarial.options import AdversarialOptions
from models.adversarial.training import train_gan
from models.devices import every_device
from models.distributed.cluster import Cluster, find_cluster
from models.input import ExampleBatches, local_examples
from models.losses import CrossEntropy
from models.network import build_network
from models.quickdraw import Logistic
from models.training_metrics import HitAt1, StreamingGap
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.conftest import PROJECT, write_examples

OWN_NET = """
from keras import layers
class Net:
    def __call__(self, images, num_classes):
        x = layers.Dropout(0.5)(layers.BatchNormalization()(layers.Flatten()(images)))
        return layers.Dense(num_classes, activation="softmax")(x)
"""

BATCH, EPOCHS, CLIP_NORM = 20, 2, 0.2

FIT = """
import os, signal, sys
from pathlib import Path
import numpy as np
import models.export
models.export._write_saved_model = lambda network, transform, k, features, folder: folder.mkdir()
from components.step import step
from models.devices import every_device
from models.distributed.cluster import find_cluster
from models.fitting import fit
from models.input import local_examples
from models.training import train
from models.training_loop import TrainingLoop
from models.training_options import TrainingOptions
data, folder, act = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
options = dict(model="Logistic", batch_size=20, epochs=2, clip_norm=0.2, augment=False)
often = TrainingOptions(**options, checkpoint_seconds=0.001)
worker = find_cluster().worker
def keep(name, network, result):
    np.savez(folder / f"{name}-{worker}.npz", *network.get_weights(), result=repr(result))
with step():
    if act == "first":
        with local_examples(data, find_cluster()) as examples, every_device() as devices:
            to = folder / f"undisturbed-{worker}", "models.quickdraw"
            fitted = fit(examples, *to, TrainingOptions(**options), devices)
            keep("undisturbed", fitted.network, fitted.result)
            own = TrainingOptions(model=sys.argv[4], batch_size=20, max_steps=3)
            fitted = fit(examples, folder / f"own-{worker}", "models.quickdraw", own, devices)
            keep("own", fitted.network, "")
            end_batch = TrainingLoop.end_batch
            def kill(loop, read):
                end_batch(loop, read)
                if loop.state.step == 23 and worker == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            TrainingLoop.end_batch = kill
            fit(examples, folder / "model", "models.quickdraw", often, devices)
    else:
        run = TrainingLoop.run
        def keep_weights(loop):
            best = run(loop)
            keep("resumed", loop._model, loop.resumed_from_step)
            return best
        TrainingLoop.run = keep_weights
        print(train(data, "unread", folder / "model", "models.quickdraw", often), flush=True)
"""


@pytest.fixture
def start_workers() -> Iterator[Callable[..., list[subprocess.Popen[str]]]]:
    """Starts the processes of a chief and a worker; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> list[subprocess.Popen[str]]:
        free = [socket.create_server(("localhost", 0)) for _ in range(2)]
        chief, worker = (f"localhost:{server.getsockname()[1]}" for server in free)
        for server in free:
            server.close()
        cluster = {"chief": [chief], "worker": [worker]}
        for kind in cluster:
            config = {"cluster": cluster, "task": {"type": kind, "index": 0}}
            process = subprocess.Popen(
                [sys.executable, "-c", FIT, *map(str, arguments)],
                env=os.environ | {"PYTHONPATH": str(PROJECT), "TF_CONFIG": json.dumps(config)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            started.append(process)
        return started[-2:]

    yield start
    for process in started:
        process.kill()


def kept(path: Path) -> tuple[list[bytes], str]:
    """Returns the bytes of the weights that a worker ended with, and its result."""
    with np.load(path) as file:
        names = [name for name in file.files if name != "result"]
        return [file[name].tobytes() for name in names], str(file["result"])


def history_of_one(folder: Path) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains with Keras alone on what the two workers' batches are together."""
    parts = [Examples(folder, part, 2) for part in range(2)]
    info = parts[0].info
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model = build_network(Logistic(), info.image_shape, 3, info.pixel_mean, info.pixel_variance)
    period = info.splits["train"].examples / BATCH
    rate = keras.optimizers.schedules.ExponentialDecay(0.003, period, 0.8)
    model.compile(
        keras.optimizers.Adam(rate, global_clipnorm=CLIP_NORM),
        CrossEntropy(),
        weighted_metrics=[HitAt1(), StreamingGap()],
    )

    def batches(split: str, *order: int) -> list[tuple[Any, ...]]:
        each = [
            ExampleBatches(part, split, BATCH // 2, (*order, worker) if order else None)
            for worker, part in enumerate(parts)
        ]
        together = []
        for index in range(max(map(len, each))):
            there = [part[index] for part in each if index < len(part)]
            together.append(tuple(np.concatenate(arrays) for arrays in zip(*there, strict=True)))
        return together

    validation = [np.concatenate(a) for a in zip(*batches("validation"), strict=True)]
    history = []
    for epoch in range(EPOCHS):
        losses, sizes = [], []
        for images, labels in batches("train", 0, epoch):
            losses.append(model.train_on_batch(images, labels, return_dict=True)["loss"])
            sizes.append(len(labels))
        values = model.evaluate(*validation, verbose=0, return_dict=True)
        row = {"loss": float(np.average(losses, weights=sizes))}
        history.append(row | {f"val_{name}": value for name, value in values.items()})
    return model, history


def expect_history(folder: Path, expected: list[dict[str, float]]) -> None:
    history = json.loads((folder / "history.json").read_text())
    for row, one in zip(history, expected, strict=True):
        assert {name: row[name] for name in one} == pytest.approx(one, rel=1e-4)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets TF_CONFIG."""

    def set_config(kind: str, index: int, **tasks: int) -> None:
        cluster = {name: [f"machine-{name}-{i}:1" for i in range(n)] for name, n in tasks.items()}
        config = {"cluster": cluster, "task": {"type": kind, "index": index}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))

    return set_config


def test_two_workers_train_what_one_process_does_and_outlive_a_kill(
    start_workers: Callable[..., list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    write_examples(data, {"train": [115, 98], "validation": [31, 29], "test": [1]})

    (tmp_path / "mine.py").write_text(OWN_NET)
    chief, worker = start_workers(data, tmp_path, "first", tmp_path / "mine.py:Net")
    said, chief_said = worker.communicate(timeout=240)[0], chief.communicate()[0]

    assert chief.returncode == -9, chief_said
    assert worker.returncode == 1, said
    assert "error: training stopped because worker 0 is gone; start all 2 workers again" in said
    assert "Traceback" not in said
    assert "%]" not in said  # the chief alone tells the progress
    assert (tmp_path / "undisturbed-0").is_dir()
    assert not (tmp_path / "undisturbed-1").exists()  # the chief alone writes
    undisturbed = kept(tmp_path / "undisturbed-0.npz")
    assert undisturbed == kept(tmp_path / "undisturbed-1.npz")
    assert kept(tmp_path / "own-0.npz") == kept(tmp_path / "own-1.npz")
    assert "steps=24, epochs=2, best_epoch=2" in undisturbed[1]
    model, expected = history_of_one(data)
    expect_history(tmp_path / "undisturbed-0", expected)
    for ours, weights in zip(undisturbed[0], model.get_weights(), strict=True):
        np.testing.assert_allclose(
            np.frombuffer(ours, weights.dtype).reshape(weights.shape), weights, atol=1e-5
        )

    again = start_workers(data, tmp_path, "again")
    outputs = [process.communicate(timeout=240)[0] for process in again]
    assert [process.returncode for process in again] == [0, 0], outputs
    assert "TrainingResult(steps=24, epochs=2, best_epoch=2" in outputs[0]
    assert outputs[1].splitlines()[-1] == outputs[0].splitlines()[-1]
    for index in range(2):
        assert kept(tmp_path / f"resumed-{index}.npz") == (undisturbed[0], "20")
    expect_history(tmp_path / "model", expected)
    assert (tmp_path / "model" / "network.keras").exists()
    assert not (tmp_path / "model" / "checkpoints").exists()


def test_the_first_task_is_the_chief(
    together: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    together("worker", 1, chief=1, worker=2)
    assert find_cluster() == Cluster(workers=3, worker=2)
    together("worker", 0, worker=2)
    assert find_cluster().chief
    together("chief", 0, chief=1)
    assert not find_cluster().several
    monkeypatch.delenv("TF_CONFIG")
    assert not find_cluster().several


def test_a_tf_config_that_cannot_be_used_is_told(
    together: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TF_CONFIG", "chief")
    with pytest.raises(InputError, match=r'TF_CONFIG=chief: expected {"cluster": '):
        find_cluster()
    together("ps", 0, chief=1, worker=1, ps=1)
    with pytest.raises(InputError, match=r"task 0 of type 'ps' .*; expected a task of one chief"):
        find_cluster()

    together("chief", 0, chief=1, worker=1)
    with pytest.raises(InputError, match="2 workers, but a GAN is trained on one machine only"):
        train_gan(tmp_path, tmp_path / "model", "models.gan", AdversarialOptions())
    assert not (tmp_path / "model").exists()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="KERAS_BACKEND=jax"), every_device():
        pass


def test_each_worker_has_files_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards = {"train": [50, 40, 30, 20], "validation": [20, 9], "test": [1]}
    examples = write_examples(tmp_path / "data", shards)
    monkeypatch.setattr("models.input.MOUNTED_BUCKETS", str(tmp_path))
    with local_examples(examples.folder, Cluster(2, 1)) as copied:
        files = sorted(str(p.relative_to(copied.folder)) for p in copied.folder.rglob("*.tfrecord"))
        assert files == [
            "train/examples-00001-of-00004.tfrecord",
            "train/examples-00003-of-00004.tfrecord",
            "validation/examples-00001-of-00002.tfrecord",
        ]
        batches = ExampleBatches(copied, "train", 16, multiple=16, batches=6)
        weights = [batches[index][2].sum() for index in range(len(batches))]
        assert weights == [16, 16, 16, 12, 0, 0]
        assert {len(batches[index][0]) for index in range(6)} == {16}


@pytest.mark.parametrize("sizes", [[90], [43, 42, 41, 40], [11] * 23])
@pytest.mark.parametrize("workers", [2, 3, 7])
def test_workers_share_every_record_evenly_however_few_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], workers: int
) -> None:
    examples = write_examples(tmp_path / "data", {"train": sizes, "validation": [9], "test": [1]})
    monkeypatch.setattr("models.input.MOUNTED_BUCKETS", str(tmp_path))
    parts = []
    for worker in range(workers):
        with local_examples(examples.folder, Cluster(workers, worker)) as copied:
            parts.append([record.tobytes() for file in copied.open("train") for record in file])
            assert 0 < sum(map(len, copied.open("validation"))) <= 5
    every = [record.tobytes() for file in examples.open("train") for record in file]
    assert sorted(record for part in parts for record in part) == sorted(every)
    assert max(map(len, parts)) <= 1.1 * len(every) / workers + 1
