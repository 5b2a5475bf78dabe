"""Several accelerators, played by logical devices of the CPU."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import keras
import pytest

from models.devices import forget_networks
from preprocessing.examples import Examples

TRAIN = """
import json
import sys
from dataclasses import asdict
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import models.devices
devices = ["CPU:0", "CPU:1"]
models.devices.tensorflow_accelerators = lambda: devices
import models.export, models.training_loop
models.export._write_saved_model = lambda network, transform, k, features, folder: folder.mkdir()
from models.training import train
from models.training_options import TrainingOptions
end_batch = models.training_loop.TrainingLoop.end_batch
def crash(loop, read):
    end_batch(loop, read)
    if loop.state.step == 17:
        raise KeyError("crash")
options = TrainingOptions(model="Logistic", batch_size=20, epochs=2, checkpoint_seconds=0.001,
                          augment=False, clip_norm=0.2, export_model_steps=20)
def result(folder):
    return asdict(train(*sys.argv[1:3], folder, "models.quickdraw", options))
models.training_loop.TrainingLoop.end_batch = crash
try:
    result(sys.argv[3])
except KeyError:
    models.training_loop.TrainingLoop.end_batch = end_batch
    two = result(sys.argv[3])
    devices = []
    print(json.dumps([two, result(sys.argv[4])]))
"""

Start = Callable[..., subprocess.Popen[str]]


def test_two_devices_train_what_one_does(start: Start, examples: Examples, tmp_path: Path) -> None:
    process = start(TRAIN, examples.folder, "unread", tmp_path / "two", tmp_path / "one")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    results = json.loads(output[output.rindex("\n[{") :])
    assert [result["steps"] for result in results] == [24, 24]
    assert results[0]["resumed_from_step"] == 17
    assert results[0]["validation_loss"] == pytest.approx(results[1]["validation_loss"], rel=1e-4)
    assert (tmp_path / "two" / "export" / "step_20" / "network.keras").exists()


def test_the_devices_that_jax_trains_on_outlast_earlier_networks() -> None:
    keras.Input((2,))
    devices = object()
    keras.distribution.set_distribution(devices)
    try:
        forget_networks()
        assert keras.distribution.distribution() is devices
        assert keras.Input((2,)).name == "keras_tensor"  # the first of its kind
    finally:
        keras.distribution.set_distribution(None)
