"""A participant's networks and loss, tried before anything runs: what is wrong is one line."""

import re
from pathlib import Path

import pytest

from models.adversarial.check import check_gan
from models.choices import class_names
from preprocessing.errors import InputError

PAGE = Path(__file__).parents[3] / "docs" / "gan.md"
HEAD = "import math\nimport keras\nfrom keras import layers, ops\n"
DENSE = "layers.Reshape(image_shape)(layers.Dense(math.prod(image_shape), 'sigmoid')(noise))"
LOGIT = "layers.Dense(1)(layers.Flatten()(images))"
REAL = "ops.mean(ops.softplus(generated_logits) + ops.softplus(-real_logits))"
GENERATED = "ops.mean(ops.softplus(-generated_logits))"
SHAPE = (6, 6, 1)


def tried(
    folder: Path,
    generator: str = DENSE,
    discriminator: str = LOGIT,
    loss: str = REAL,
    generator_loss: str = GENERATED,
) -> None:
    """Checks a `mine.py` whose methods return these, the good ones where none is given."""
    folder.joinpath("mine.py").write_text(
        f"""{HEAD}
class MyGan:
    def generator(self, noise, image_shape):
        return {generator}
    def discriminator(self, images):
        return {discriminator}
class MyLoss:
    def discriminator(self, real_logits, generated_logits):
        return {loss}
    def generator(self, generated_logits):
        return {generator_loss}
class Empty:
    pass
class Signed(layers.Layer):
    activation = staticmethod(ops.relu)
    def build(self, shape):
        self.weight = self.add_weight(shape=(shape[-1], 1))
    def call(self, x):
        return ops.matmul(self.activation(x), self.weight)
class Half:
    def generator(self, noise, image_shape):
        return noise
class Other:
    def generator(self, noise):
        return noise
"""
    )
    check_gan("models.gan", f"{folder}/mine.py:MyGan", f"{folder}/mine.py:MyLoss", SHAPE)


def test_good_ones_pass(tmp_path: Path) -> None:
    tried(tmp_path)
    for model in class_names("models.gan"):
        check_gan("models.gan", model, "GradientPenalty", SHAPE)


def test_those_of_the_page_pass_and_with_a_sigmoid_do_not(tmp_path: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    mine, bounded = tmp_path / "mine.py", tmp_path / "bounded.py"
    mine.write_text(code)
    check_gan("models.gan", f"{mine}:MyGan", f"{mine}:MyLoss", (50, 50, 1))
    assert "layers.Dense(1)(x)" in code
    bounded.write_text(code.replace("layers.Dense(1)", "layers.Dense(1, activation='sigmoid')"))
    with pytest.raises(InputError, match=r"its discriminator ends in sigmoid; .*: leave the act"):
        check_gan("models.gan", f"{bounded}:MyGan", f"{bounded}:MyLoss", (50, 50, 1))


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (
            {"generator": "layers.Dense(36)(noise)"},
            r"^model=mine.py:MyGan: expected \[None, 6, 6, 1\], its gener",
        ),
        ({"generator": "None"}, "its generator returned no tensor; end it with layers.Reshape"),
        (
            {"generator": DENSE.replace("'sigmoid'", "'tanh'")},
            r"values from -.* expected 0 to 1; \(x \+ 1\) / 2 brings them there$",
        ),
        (
            {"generator": DENSE.replace("noise", "0 * noise")},
            "same image 4 times; .* begin with",
        ),
        ({"generator": f"keras.layers.Rescaling(1.0)({DENSE}) / 0"}, "are nan or infinite"),
        ({"generator": DENSE.replace("Dense", "Dens")}, r"mine.py, line 7: AttributeError: .*Dens"),
        ({"discriminator": "layers.Flatten()(images)"}, r"expected \[None, 1\], its discr.* 36\]"),
        ({"discriminator": "ops.mean(images, (1, 2))"}, "its discriminator has no weights to trai"),
        ({"discriminator": f"ops.log(-ops.exp({LOGIT}))"}, "discriminator gives nan or infinite"),
        ({"discriminator": f"ops.round({LOGIT})"}, "changed no weight of its generator; use diffe"),
        ({"loss": "ops.softplus(real_logits)"}, r"expected one number .* returned \(3, 1\); end"),
        ({"loss": "None"}, "expected one number for ordinary logits, its discriminator returned N"),
        ({"loss": f"-({REAL})"}, "MyLoss: its discriminator should fall as logits of real images"),
        ({"generator_loss": f"-({GENERATED})"}, "its generator should fall as logits of generat"),
        ({"loss": f"ops.round({REAL})"}, "should fall .*; use differentiable operations only"),
        ({"loss": "ops.mean(1 / 0)"}, r"mine.py, line 12: ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_wrong_is_one_line(classes: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        tried(tmp_path, **classes)
    assert re.search(message, str(raised.value)), str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("discriminator", "ending"),
    [
        (LOGIT.replace("Dense(1)", "Dense(1, activation='sigmoid')"), "sigmoid"),
        (f"layers.Activation('hard_sigmoid')({LOGIT})", "hard_sigmoid"),
        (f"layers.Softmax()({LOGIT})", "softmax"),
        (f"ops.relu({LOGIT})", "relu"),
        ("layers.Reshape((1,))(layers.Conv2D(1, 6, activation='softplus')(images))", "softplus"),
        (
            "layers.SpectralNormalization(layers.Dense(1, 'sigmoid'))(layers.Flatten()(images))",
            "sigmoid",
        ),
        (
            "keras.Sequential([layers.Flatten(), layers.Dense(1, activation=layers.ReLU())])"
            "(images)",
            "relu",
        ),
    ],
)
def test_a_discriminator_that_gives_no_logit_is_told(
    discriminator: str, ending: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as raised:
        tried(tmp_path, discriminator=discriminator)
    assert str(raised.value) == (
        f"model=mine.py:MyGan: its discriminator ends in {ending}; it has to give a logit, above 0"
        " for real: leave the activation out"
    )


@pytest.mark.parametrize(
    "last",
    [
        "layers.SpectralNormalization(layers.Dense(1))(x)",
        "keras.Sequential([layers.Flatten()])(layers.Dense(1)(x))",
        "Signed()(x)",
        "layers.Dense(1)(x) - layers.Dense(1, 'relu')(x)",
        "ops.mean(x, 1, keepdims=True) - layers.Dense(1, 'sigmoid')(x)",
        "layers.ReLU(negative_slope=0.2)(layers.Dense(1)(x))",
        "layers.Dense(1, activation=layers.LeakyReLU())(x)",
    ],
)
def test_activations_within_a_discriminator_are_its_own(last: str, tmp_path: Path) -> None:
    before = "layers.Dense(8, 'relu')(layers.Flatten()(images))"
    tried(tmp_path, discriminator=f"(lambda x: {last})({before})")


@pytest.mark.parametrize(
    ("model", "loss", "message"),
    [
        ("Dcgn", "Hinge", "model=Dcgn: models.gan has no such model; .* did you mean Dcgan"),
        ("mine.py:Empty", "Hinge", "has no generator; write `def generator.self, noise, image_sh"),
        ("mine.py:Half", "Hinge", r"images\)` that returns logits \[N, 1\], above 0 for real$"),
        ("mine.py:Other", "Hinge", r"its generator takes \(self, noise\); expected `def generator"),
        ("mine.py:MyGan", "mine.py:Empty", "loss=mine.py:Empty: has no discriminator; write `def"),
    ],
)
def test_classes_of_another_kind_are_told(
    model: str, loss: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tried(tmp_path)
    with pytest.raises(InputError, match=message):
        check_gan("models.gan", model, loss, SHAPE)
