"""From PARAMS, as it is typed, to the parameters of a pipeline."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipelines.commands.options import parameter_words
from pipelines.parameters import parse_parameters
from pipelines.registry import describe
from preprocessing.errors import InputError

PIPELINE = describe("quickdraw")


def test_texts_become_values_of_the_parameters_type() -> None:
    texts = [
        "epochs=3",
        "train_per_class=10_000",
        "learning_rate=1e-3",
        "augment=False",
        "model=Logistic",
        'beam_args=["--runner=DirectRunner"]',
        "checkpoint_dir=a=b",
        'model_arguments={"units": 512}',
    ]
    assert parse_parameters(PIPELINE, texts) == {
        "epochs": 3,
        "train_per_class": 10_000,
        "learning_rate": 0.001,
        "augment": False,
        "model": "Logistic",
        "beam_args": ["--runner=DirectRunner"],
        "checkpoint_dir": "a=b",
        "model_arguments": {"units": 512},
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("epochs", "expected name=value or @file.json, got 'epochs'"),
        ("epoch=3", "'epoch' is no parameter of quickdraw, did you mean 'epochs'?; there are: "),
        ("epochs=three", "epochs: expected a whole number, got 'three'"),
        ("epochs=3.5", "epochs: expected a whole number, got '3.5'"),
        ("learning_rate=fast", "learning_rate: expected a number, got 'fast'"),
        ("learning_rate=nan", "learning_rate: expected a number, got 'nan'"),
        ("augment=maybe", "augment: expected true or false, got 'maybe'"),
        ("beam_args=--runner", "beam_args: expected a JSON list, got '--runner'"),
        ("beam_args={}", "beam_args: expected a JSON list, got '{}'"),
        ("model_arguments={units: 1}", "model_arguments: expected a JSON object, such as"),
        ("@", "expected the name of a file after @, such as @best.json"),
    ],
)
def test_a_wrong_text_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_parameters(PIPELINE, [text])
    assert told in str(raised.value)


def test_what_is_set_in_another_way_is_neither_taken_nor_offered() -> None:
    with pytest.raises(InputError, match=r"source is not set here but by DATA$"):
        parse_parameters(PIPELINE, ["source=x"], taken={"source": "DATA"})
    with pytest.raises(InputError, match="'sourc' is no parameter") as raised:
        parse_parameters(PIPELINE, ["sourc=x"], taken={"source": "DATA"})
    assert " source," not in str(raised.value)


def test_a_parameter_given_twice_is_told() -> None:
    with pytest.raises(InputError, match="'epochs' is given twice"):
        parse_parameters(PIPELINE, ["epochs=3", "epochs=4"])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ('model_arguments={"units": 512} epochs=3', ['model_arguments={"units": 512}', "epochs=3"]),
        ('seed=1 beam_args=["--a=b c"]', ["seed=1", 'beam_args=["--a=b c"]']),
        ("""model_arguments='{"units": 512}'""", ['model_arguments={"units": 512}']),
        (r"model_arguments={\"units\":512}", ['model_arguments={"units":512}']),
        ("weights='my file.h5' @best.json", ["weights=my file.h5", "@best.json"]),
        (
            'model_arguments={"name": "a= {b"} seed=1',
            ['model_arguments={"name": "a= {b"}', "seed=1"],
        ),
        ("model_arguments={units:512}", ["model_arguments={units:512}"]),
    ],
)
def test_json_in_params_needs_no_quotes_of_a_shell(typed: str, words: list[str]) -> None:
    assert parameter_words(typed) == words


def test_make_hands_json_on_as_it_is_typed(tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text("export PARAMS\nall:\n\t@printenv PARAMS\n")
    typed = 'model_arguments={"units": 512, "name": "a b"} epochs=3'
    command = ["make", "--no-print-directory", "-f", str(makefile), "all", f"PARAMS={typed}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{typed}\n"


@pytest.fixture
def best(tmp_path: Path) -> Path:
    """Returns a file as a tuning leaves it."""
    return written(
        tmp_path / "best.json",
        {"learning_rate": 0.004, "batch_size": 64, "model_arguments": {"units": 300}},
    )


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_file_takes_the_place_of_words_and_what_stands_beside_it_goes_before(best: Path) -> None:
    found = parse_parameters(PIPELINE, [f"@{best}"])
    assert found == json.loads(best.read_text())
    assert isinstance(found["batch_size"], int)
    for texts in (
        [f"@{best}", "batch_size=32", "epochs=3"],
        ["epochs=3", "batch_size=32", f"@{best}"],
    ):
        assert parse_parameters(PIPELINE, texts) == found | {"batch_size": 32, "epochs": 3}


def test_objects_are_put_together_and_a_later_file_goes_before(best: Path, tmp_path: Path) -> None:
    other = written(
        tmp_path / "other.json",
        {"batch_size": 32, "model_arguments": {"units": 64, "dropout": 0.2}},
    )
    texts = [f"@{best}", f"@{other}", 'model_arguments={"dropout": 0.5}']
    found = parse_parameters(PIPELINE, texts)
    assert (found["batch_size"], found["learning_rate"]) == (32, 0.004)
    assert found["model_arguments"] == {"units": 64, "dropout": 0.5}
    assert parse_parameters(PIPELINE, texts[:1])["model_arguments"] == {"units": 300}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"epoch": 3}, "'epoch' is no parameter of quickdraw, did you mean 'epochs'?"),
        ({"epochs": 3.5}, "epochs: expected a whole number, got 3.5"),
        ({"epochs": "3"}, "epochs: expected a whole number, got '3'"),
        ({"epochs": True}, "epochs: expected a whole number, got True"),
        ({"learning_rate": None}, "learning_rate: expected a number, got None"),
        ({"learning_rate": float("nan")}, "learning_rate: expected a number, got nan"),
        ({"augment": 1}, "augment: expected true or false, got 1"),
        ({"model": 1}, "model: expected a text, got 1"),
        ({"model_arguments": []}, "model_arguments: expected a JSON object, such as"),
        ({"source": "x"}, "source is not set here but by DATA"),
        ([1], "expected a JSON object of parameters, such as "),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_name(
    tmp_path: Path, content: Any, told: str
) -> None:
    path = written(tmp_path / "best.json", content)
    with pytest.raises(InputError) as raised:
        parse_parameters(PIPELINE, [f"@{path}"], {"source": "DATA"})
    assert str(raised.value).startswith(f"@{path}: ")
    assert told in str(raised.value)


def test_a_file_that_is_no_json_or_not_there_is_told(best: Path) -> None:
    best.write_text("epochs=3")
    with pytest.raises(InputError, match=r"^@.*best.json: is no JSON \(Expecting value: line 1"):
        parse_parameters(PIPELINE, [f"@{best}"])
    best.unlink()
    with pytest.raises(InputError, match=r"best.json: cannot be read \(.* check that it is there"):
        parse_parameters(PIPELINE, [f"@{best}"])
