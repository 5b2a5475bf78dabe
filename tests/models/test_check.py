"""A participant's network and loss, tried before anything runs: what is wrong is one line."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest

from models.check import check
from models.network import build_network, find_augmentation, find_network
from preprocessing.errors import InputError

HEAD = "import keras\nfrom keras import layers, losses, ops\n"
NET = """
class MyNet:
    def __call__(self, images, num_classes):
        return layers.Dense(num_classes, activation="softmax")(layers.Flatten()(images))
"""
LOSS = """
class MyLoss(losses.Loss):
    def call(self, labels, probabilities):
        return losses.sparse_categorical_crossentropy(labels, probabilities)
"""
SHAPE = (6, 6, 1)


def tried(folder: Path, network: str = "", loss: str = "", weights: str = "", **files: str) -> None:
    """Checks a `mine.py` with these classes, the good ones where none is given."""
    folder.joinpath("mine.py").write_text(HEAD + (network or NET) + (loss or LOSS))
    for name, text in files.items():
        folder.joinpath(f"{name}.py").write_text(text)
    model, loss = f"{folder}/mine.py:MyNet", f"{folder}/mine.py:MyLoss"
    check("models.quickdraw", model, loss, SHAPE, 4, weights)


def told(folder: Path, *classes: str, **files: str) -> str:
    with pytest.raises(InputError) as raised:
        tried(folder, *classes, **files)
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    return message


def network(body: str, head: str = "class MyNet:\n") -> str:
    return f"{head}    def __call__(self, images, num_classes):\n        {body}\n"


def loss(body: str) -> str:
    head = "class MyLoss(losses.Loss):\n    def call(self, labels, probabilities):\n"
    return f"{head}        {body}\n"


def test_a_good_network_and_loss_pass(tmp_path: Path) -> None:
    tried(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"units": 8}, ""),
        ({"unit": 8}, "model_arguments: Cnn takes no 'unit'; it takes units, dropout"),
        ({"units": -8}, "model=Cnn: ValueError: .*`units`, expected a positive integer"),
        ({"dropout": "much"}, "model=Cnn: "),
    ],
)
def test_arguments_of_a_network_are_tried(arguments: dict[str, object], said: str) -> None:
    asked = ("models.quickdraw", "Cnn", "CrossEntropy", (8, 8, 1), 4)
    if not said:
        check(*asked, model_arguments=arguments)
        return
    with pytest.raises(InputError, match=f"^{said}"):
        check(*asked, model_arguments=arguments)


def test_files_beside_it_are_found_from_any_folder(tmp_path: Path) -> None:
    body = "return beside_2.last(layers.Flatten()(images), num_classes)"
    beside = "from keras import layers\ndef last(x, n):\n    return layers.Dense(n, 'softmax')(x)\n"
    tried(tmp_path, "import beside_2\n" + network(body), beside_2=beside)


@pytest.mark.parametrize(
    "layer",
    [
        """
class MyNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten, self.wide = layers.Flatten(), layers.Dense(100)
    def call(self, images, num_classes):
        return ops.softmax(self.wide(self.flatten(images))[:, :num_classes])
""",
        network(
            "return layers.Dense(num_classes, 'softmax')(layers.Flatten()(images))",
            "class MyNet(keras.Layer):\n",
        ),
    ],
)
def test_layers_and_models_of_keras_do_as_well(tmp_path: Path, layer: str) -> None:
    tried(tmp_path, layer)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["x = y\n"], r"mine.py, line 3: NameError: name 'y' is not defined"),
        (["import nothing_3\n"], r"mine.py, line 3: ModuleNotFoundError: No module named 'noth"),
        (["raise SystemExit(2)\n"], r"mine.py, line 3: RuntimeError: it ends the program with"),
        (
            [NET.replace("MyNet", "MyNte")],
            r"model=MyNet: mine.py has .* did you mean MyNte",
        ),
        (["class MyNet:\n    x = 1\n"], r"model=mine.py:MyNet: has no __call__; write `def __c"),
        (
            ["class MyNet:\n    def __call__(self, images):\n        pass\n"],
            r"its __call__ takes \(self, images\); expected \(self, images, num_classes\)",
        ),
        (
            ["class MyNet:\n    def __init__(self, depth): pass\n" + NET.partition("Net:\n")[2]],
            r"model=MyNet: its __init__ needs depth, and gets no arguments; give every argument",
        ),
        (
            ["class MyNet:\n    def __init__(self): 1 / 0\n" + NET.partition("Net:\n")[2]],
            r"mine.py, line 4: ZeroDivisionError: division by zero",
        ),
        ([network("return layer.Dense(3)")], r"mine.py, line 5: NameError: name 'layer' is not"),
        (
            [network("return layers.Conv2D(3, 3)(layers.Flatten()(images))")],
            r"mine.py, line 5: ValueError: Input 0 .* incompatible",
        ),
        (
            [network("return layers.Dense(num_classes)(images)")],
            r"MyNet: expected probabilities \[None, 4\].*returned \[None, 6, 6, 4\]",
        ),
        ([network("return 3")], r"MyNet: expected probabilities .* returned no tensor"),
        (
            [network("return layers.Dense(num_classes)(layers.Flatten()(images))")],
            r"model=mine.py:MyNet: expected probabilities, .* sum to .*; end it with softmax",
        ),
        (
            [network("return ops.softmax(layers.Flatten()(images)[:, :num_classes])")],
            r"model=mine.py:MyNet: has no weights to train",
        ),
        (
            [network("return layers.Dense(num_classes)(layers.Flatten()(images)) * float('nan')")],
            r"model=mine.py:MyNet: gives nan or infinite values",
        ),
        (["AUGMENTATION = {'turn': 3}\n" + NET], r"mine.py: AUGMENTATION: .*'turn'.* rotation, sc"),
        ([NET, "class MyLoss: pass\n"], r"loss=mine.py:MyLoss: is no keras.losses.Loss; write"),
        ([NET, "class MyLoss(losses.Loss): pass\n"], r"loss=mine.py:MyLoss: has no call of its"),
        (
            [NET, "class MyLoss(losses.Loss):\n    def call(self, y): pass\n"],
            r"its call takes \(self, y\); expected \(self, labels, probabilities\)",
        ),
        (
            [NET, loss("return labels + probabilites")],
            r"mine.py, line 9: NameError: name 'probabilites' is not defined",
        ),
        (
            [NET, loss("return -ops.log(probabilities)")],
            r"loss=mine.py:MyLoss: expected a float for each .* returned float32 \[3, 4\]",
        ),
        ([NET, loss("return None")], r"its call returned None"),
        ([NET, loss("return ops.log(0 * probabilities[:, 0])")], r"MyLoss: is nan or infinite"),
        (
            [NET, loss("return ops.cast(ops.argmax(probabilities, -1), 'float32') - labels")],
            r"loss=mine.py:MyLoss: has no gradient, .* no argmax, round or comparison",
        ),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, classes: list[str], message: str) -> None:
    assert re.search(message, told(tmp_path, *classes))


def test_an_error_in_a_file_beside_it_has_that_files_line(tmp_path: Path) -> None:
    assert told(tmp_path, "import bad_4\n" + NET, bad_4="\n\nx = y\n").startswith(
        "bad_4.py, line 3: NameError"
    )


def test_a_file_that_hides_behind_a_package_is_told(tmp_path: Path) -> None:
    message = told(tmp_path, "import random\n" + NET, random="")
    assert message.startswith("random.py: `import random` gets another module (")


def test_augmentation_of_its_own_goes_before_the_challenges(tmp_path: Path) -> None:
    plain, own = tmp_path / "plain.py", tmp_path / "own.py"
    plain.write_text(HEAD + NET)
    own.write_text(HEAD + "AUGMENTATION = {'rotation': 1.0}\n" + NET)
    assert find_augmentation("models.quickdraw", f"{own}:MyNet", 0).rotation == 1
    assert find_augmentation("models.quickdraw", f"{plain}:MyNet", 0).flip is True


def test_weights_are_handed_on_and_pixels_may_be_raw(tmp_path: Path) -> None:
    path, weights = tmp_path / "mine.py", tmp_path / "backbone.weights.h5"
    path.write_text(
        HEAD
        + """
class MyNet:
    raw_pixels = True
    def __init__(self, weights=None):
        self.weights = weights
    def __call__(self, images, num_classes):
        seen.append(images.dtype)
        backbone = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 6)])
        if self.weights:
            backbone.load_weights(self.weights)
        x = layers.Flatten()(backbone(layers.Rescaling(1 / 255)(images)))
        return layers.Dense(num_classes, activation="softmax")(x)
seen = []
"""
    )
    backbone = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(2, 6)])
    backbone.save_weights(weights)
    reference = f"{path}:MyNet"
    check("models.quickdraw", reference, "CrossEntropy", SHAPE, 4, str(weights))
    network = find_network("models.quickdraw", reference, str(weights))
    model = build_network(network, SHAPE, 4, [70.0], [4000.0], mixed_precision=True)
    kernels = [w for w in model.get_weights() if w.shape == (6, 6, 1, 2)]
    np.testing.assert_array_equal(kernels[0], backbone.get_weights()[0])
    pixels = keras.Model(model.input, model.get_layer("raw_pixels").output)
    images = np.arange(36, dtype=np.uint8).reshape(1, *SHAPE) * 7
    raw = keras.ops.convert_to_numpy(pixels(images))
    assert raw.dtype == np.float32
    np.testing.assert_array_equal(raw, images)

    with pytest.raises(InputError, match=r"weights=.*: Cnn takes no weights"):
        find_network("models.quickdraw", "Cnn", str(weights))
    with pytest.raises(InputError, match=r"weights=nowhere.h5: no such file"):
        check("models.quickdraw", reference, "CrossEntropy", SHAPE, 4, "nowhere.h5")
