"""The TensorFlow Lite models run on the plain runtime, and the figures told of them are true."""

import errno
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import models.lite
from models.lite import FLOAT_FILE, INT8_FILE, agreement, export_lite
from models.network import build_network
from models.ranking import Floats
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.records import Bytes
from tests.models.conftest import CLASS_NAMES, IMAGE_SHAPE, pixels_and_labels, write_examples

FILES = ["labels.txt", FLOAT_FILE, INT8_FILE]


def small_cnn(images: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    """Layers as the project's networks have them: batch normalisation, pooling, dropout."""
    x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(images)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.5)(x))
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = keras.layers.Dropout(0.3)(keras.layers.Flatten()(x))
    x = keras.layers.Dense(32, activation="relu")(x)
    return keras.layers.Dense(num_classes, activation="softmax", dtype="float32")(x)


def one_layer(images: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    flat = keras.layers.Flatten()(images)
    return keras.layers.Dense(num_classes, activation="softmax")(flat)


def foreign_layer(images: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    return one_layer(keras.ops.erfinv(keras.ops.tanh(images) * 0.9), num_classes)


def write_model(
    folder: Path, examples: Examples, network: Callable[..., keras.KerasTensor], epochs: int = 4
) -> Path:
    """Writes what training writes, as far as TensorFlow Lite needs it."""
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    model = build_network(network, IMAGE_SHAPE, len(CLASS_NAMES), [70.0], [4000.0])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    images, labels = pixels_and_labels(examples, "train")
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "predict_images",
        lambda image: {"probabilities": model(image, training=False)},
        [tf.TensorSpec([None, *IMAGE_SHAPE], tf.uint8, "image")],
    )
    archive.write_out(str(folder / "saved_model"), verbose=False)
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in CLASS_NAMES))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, examples: Examples) -> Path:
    return write_model(tmp_path_factory.mktemp("model"), examples, small_cnn)


@pytest.fixture(scope="module")
def exported(
    model: Path, examples: Examples, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, float]]:
    folder = tmp_path_factory.mktemp("output") / "new" / "lite"
    return folder, export_lite(model, examples.folder, folder)


def open_plain(content: bytes) -> Any:
    """Opens a model with nothing but TensorFlow Lite's own kernels."""
    import tensorflow as tf

    plain = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with warnings.catch_warnings(action="ignore"):
        interpreter = tf.lite.Interpreter(
            model_content=content, experimental_op_resolver_type=plain
        )
    interpreter.allocate_tensors()
    return interpreter


def predict(content: bytes, images: Bytes) -> Floats:
    """Runs a model by its tensors, as a phone's code may do."""
    interpreter = open_plain(content)
    (entry,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for image in images:
        interpreter.set_tensor(entry["index"], image[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result["index"])[0].copy())
    return np.array(rows)


def operations(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yields the name of each operation and the types of its inputs."""
    from tensorflow.lite.tools import flatbuffer_utils

    read = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    graph = read.subgraphs[0]
    for operator in graph.operators:
        types = [graph.tensors[index].type for index in operator.inputs if index >= 0]
        yield (
            flatbuffer_utils.opcode_to_name(read, operator.opcodeIndex) or "CUSTOM",
            [flatbuffer_utils.type_to_name(kind) for kind in types],
        )


def test_both_models_take_an_image_and_give_probabilities(
    exported: tuple[Path, dict[str, float]],
) -> None:
    folder, _ = exported
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert list(folder.parent.iterdir()) == [folder]
    assert (folder / "labels.txt").read_text().split() == CLASS_NAMES
    for name in (FLOAT_FILE, INT8_FILE):
        interpreter = open_plain((folder / name).read_bytes())
        signature = {"inputs": ["image"], "outputs": ["probabilities"]}
        assert interpreter.get_signature_list() == {"serving_default": signature}
        (entry,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
        assert (entry["dtype"], entry["shape"].tolist()) == (np.uint8, [1, *IMAGE_SHAPE])
        assert (result["dtype"], result["shape"].tolist()) == (np.float32, [1, len(CLASS_NAMES)])


def test_int8_computes_in_8_bits_up_to_the_last_layer(
    exported: tuple[Path, dict[str, float]],
) -> None:
    folder, metrics = exported
    in_float = list(operations((folder / FLOAT_FILE).read_bytes()))
    in_int8 = list(operations((folder / INT8_FILE).read_bytes()))
    assert not {"CUSTOM"} & {name for name, _ in in_float + in_int8}
    weighted = [types for name, types in in_int8 if name in ("CONV_2D", "FULLY_CONNECTED")]
    assert [types[:2] for types in weighted] == [["INT8", "INT8"]] * 3 + [["FLOAT32", "FLOAT32"]]
    assert [types for name, types in in_int8 if name == "SOFTMAX"] == [["FLOAT32"]]
    assert not any("INT8" in types for _, types in in_float)
    sizes = [(folder / name).stat().st_size for name in (FLOAT_FILE, INT8_FILE)]
    assert sizes == [metrics["float_bytes"], metrics["int8_bytes"]]
    assert sizes[1] < sizes[0] / 2


def test_the_weights_have_a_scale_a_channel(exported: tuple[Path, dict[str, float]]) -> None:
    interpreter = open_plain((exported[0] / INT8_FILE).read_bytes())
    scales = [
        len(tensor["quantization_parameters"]["scales"])
        for tensor in interpreter.get_tensor_details()
        if tensor["dtype"] == np.int8 and tensor["shape"].tolist() in ([8, 3, 3, 1], [16, 3, 3, 8])
    ]
    assert sorted(scales) == [8, 16]


def test_the_figures_are_those_of_the_files(
    exported: tuple[Path, dict[str, float]], model: Path, examples: Examples
) -> None:
    import tensorflow as tf

    folder, metrics = exported
    images, labels = pixels_and_labels(examples, "validation")  # fewer than are checked at most
    saved = tf.saved_model.load(str(model / "saved_model"))
    expected = saved.signatures["predict_images"](image=images)["probabilities"].numpy().argmax(1)
    assert metrics["examples"] == len(labels) == 60
    assert metrics["saved_model_hit_at_1"] == pytest.approx((expected == labels).mean())
    assert metrics["saved_model_hit_at_1"] > 0.8
    for kind, name in (("float", FLOAT_FILE), ("int8", INT8_FILE)):
        found = predict((folder / name).read_bytes(), images).argmax(axis=1)
        assert metrics[f"{kind}_agreement"] == pytest.approx((found == expected).mean(), abs=0.02)
        assert metrics[f"{kind}_hit_at_1"] == pytest.approx((found == labels).mean(), abs=0.02)
        assert metrics[f"{kind}_milliseconds"] > 0
    assert metrics["float_agreement"] == 1


def test_either_of_two_equal_classes_agrees() -> None:
    expected = np.array([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [0.1, 0.3, 0.6]])
    found = np.array([[0.5, 0.3, 0.2], [0.3, 0.5, 0.2], [0.1, 0.1, 0.8], [0.2, 0.3, 0.5]])
    assert agreement(expected, found) == 0.75


def test_the_same_model_gives_the_same_files(
    exported: tuple[Path, dict[str, float]], model: Path, examples: Examples, tmp_path: Path
) -> None:
    (tmp_path / "lite").mkdir()
    (tmp_path / "lite" / "old").touch()
    export_lite(model, examples.folder, tmp_path / "lite")
    assert sorted(path.name for path in (tmp_path / "lite").iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / "lite" / name).read_bytes() == (exported[0] / name).read_bytes()


def test_a_network_of_one_layer_is_in_8_bits_too(examples: Examples, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", examples, one_layer)
    metrics = export_lite(model, examples.folder, tmp_path / "lite")
    types = dict(operations((tmp_path / "lite" / INT8_FILE).read_bytes()))
    assert types["FULLY_CONNECTED"][:2] == ["INT8", "INT8"]
    assert types["SOFTMAX"] == ["FLOAT32"]
    assert metrics["float_agreement"] == 1


def other_weights(folder: Path, examples: Examples) -> bytes:
    """Returns a model that was not trained."""
    export_lite(
        write_model(folder, examples, small_cnn, epochs=0), examples.folder, folder / "lite"
    )
    return (folder / "lite" / FLOAT_FILE).read_bytes()


def test_a_wrong_conversion_is_caught_and_int8_is_told_of(
    exported: tuple[Path, dict[str, float]],
    model: Path,
    examples: Examples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    right = (exported[0] / FLOAT_FILE).read_bytes()
    wrong = other_weights(tmp_path / "other", examples)
    monkeypatch.setattr(models.lite, "convert", lambda *_: (wrong, right))
    with pytest.raises(InputError, match=r"float TensorFlow Lite model .* conversion is at fault"):
        export_lite(model, examples.folder, tmp_path / "lite")
    assert not (tmp_path / "lite").exists()

    capsys.readouterr()
    monkeypatch.setattr(models.lite, "convert", lambda *_: (right, wrong))
    metrics = export_lite(model, examples.folder, tmp_path / "lite")
    assert metrics["int8_agreement"] < 0.9
    (note,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    assert f"{metrics['int8_agreement']:.1%} of 60 validation images" in note


def test_an_interrupted_write_leaves_nothing(
    exported: tuple[Path, dict[str, float]],
    model: Path,
    examples: Examples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = [(exported[0] / name).read_bytes() for name in (FLOAT_FILE, INT8_FILE)]
    monkeypatch.setattr(models.lite, "convert", lambda *_: content)
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == INT8_FILE:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, data)

    (tmp_path / "lite").mkdir()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        export_lite(model, examples.folder, tmp_path / "lite")
    assert list(tmp_path.iterdir()) == []


def test_what_tensorflow_lite_lacks_is_named(examples: Examples, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", examples, foreign_layer, epochs=0)
    with pytest.raises(InputError, match=r"TensorFlow Lite has no tf\.Erfinv; use") as caught:
        export_lite(model, examples.folder, tmp_path / "lite")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_examples_without_a_split_are_refused(model: Path, tmp_path: Path, split: str) -> None:
    sizes = {"train": [8], "validation": [8]} | {split: [0]}
    write_examples(tmp_path / "examples", sizes)
    with pytest.raises(InputError, match=f"{split}: no examples; run the preprocessing again"):
        export_lite(model, tmp_path / "examples", tmp_path / "lite")


def test_a_folder_without_a_saved_model_is_refused(examples: Examples, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("".join(f"{name}\n" for name in CLASS_NAMES))
    with pytest.raises(InputError, match="no SavedModel here; train the model again"):
        export_lite(tmp_path, examples.folder, tmp_path / "lite")
