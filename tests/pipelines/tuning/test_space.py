"""What a tuning will try is known before anything runs, and what is wrong in it is told then."""

from pathlib import Path
from typing import Any

import pytest

from models.search_space import read_search_space
from pipelines import check_classes
from pipelines.arguments import read_arguments
from pipelines.registry import describe, pipeline_names
from pipelines.tuning.space import search_space, space_lines
from pipelines.variants import base_of, is_tuning
from preprocessing.errors import InputError

MINE = """
class MyNet:
    def __init__(self, width=64):
        self.width = width

    def __call__(self, images, num_classes):
        ...
"""
WIDTH = '"MyNet.width": {"type": "integer", "low": 32, "high": 256, "default": 64}'


@pytest.fixture(autouse=True)
def checked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Returns what was to be checked by a process of its own, which takes seconds."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(check_classes, "_check", lambda module, tried: calls.append(tried))
    return calls


def read(runs: Path, *texts: str, model: str = "", pipeline: str = "quickdraw-tune") -> Any:
    return read_arguments(pipeline, texts, model, "", None, runs, lambda note: None)


@pytest.mark.parametrize("pipeline", [name for name in pipeline_names() if is_tuning(name)])
def test_the_first_trial_has_the_defaults_of_the_pipeline(pipeline: str) -> None:
    inputs = describe(pipeline).component_spec.inputs
    space = read_search_space(f"models.{base_of(pipeline)}", inputs["model"].default)
    plain = {name: one.default for name, one in space.items() if "." not in name}
    assert plain == {name: inputs[name].default for name in plain}
    assert len(plain) >= 3


@pytest.mark.parametrize("pipeline", ["quickdraw-tune", "quickdraw-tuning"])
def test_what_the_user_gives_is_not_tried(tmp_path: Path, pipeline: str) -> None:
    given = read(tmp_path, pipeline=pipeline)
    assert given["fixed_parameters"] == []
    every = ["learning_rate", "learning_rate_decay", "batch_size", "Cnn.units", "Cnn.dropout"]
    assert list(search_space(pipeline, given)) == every
    texts = ["batch_size=64", "epochs=3", 'model_arguments={"units": 512}']
    given = read(tmp_path, *texts, pipeline=pipeline)
    assert given["fixed_parameters"] == ["batch_size", "units"]
    space = search_space(pipeline, given)
    assert [line.split() for line in space_lines(space)] == [
        ["learning_rate", "0.001", "to", "0.01,", "log", "scale", "default", "0.003"],
        ["learning_rate_decay", "0.6", "to", "0.95", "default", "0.8"],
        ["Cnn.dropout", "0.1", "to", "0.5", "default", "0.3"],
    ]
    assert "fixed_parameters" not in read(tmp_path, pipeline="quickdraw")


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["trials=0"], "trials=0: expected a whole number of 1 or more"),
        (["trials=3", "parallel=4"], "parallel=4: expected 1 to 3, the number of trials"),
        (["parallel=0"], "parallel=0: expected 1 to 20, the number of trials"),
        (["trial_epochs=-1"], "trial_epochs=-1: expected a whole number of 1 or more, or 0"),
        (["fixed_parameters=[]"], "PARAMS: fixed_parameters is not set here but by the other word"),
        (
            ["model=Logistic", "learning_rate=1", "learning_rate_decay=1", "batch_size=8"],
            "model=Logistic: nothing to try; declare a SEARCH_SPACE in quickdraw.py, or leave one",
        ),
    ],
)
def test_what_cannot_be_tuned_is_told(tmp_path: Path, texts: list[str], told: str) -> None:
    with pytest.raises(InputError) as raised:
        read(tmp_path, *texts)
    assert str(raised.value).startswith(told)


@pytest.mark.parametrize(
    ("space", "told"),
    [
        ("SEARCH_SPACE = {" + WIDTH.replace('"low": 32', '"low": 512') + "}", "expected low below"),
        ('SEARCH_SPACE = {"epochs": {"type": "integer"}}', "epochs"),
        ('SEARCH_SPACE = {"batch_size": {"low": 1}}', "batch_size: expected a type, which is"),
        (
            'SEARCH_SPACE = {"loss": {"type": "choice", "values": ["Focal", "CrossEntropy"],'
            ' "default": "CrossEntropy"}}',
            "loss=Focal: models.losses has no such loss",
        ),
        (
            'SEARCH_SPACE = {"loss": {"type": "choice", "values": ["mine.py:Loss", "CrossEntropy"],'
            ' "default": "CrossEntropy"}}',
            "loss=mine.py:Loss: models.losses has no such loss",
        ),
        ("SEARCH_SPACE = make_space()", "expected a literal dictionary"),
        ("SEARCH_SPACE = {[]: 1}", "expected a literal dictionary"),
        ("SEARCH_SPACE = [1]", "SEARCH_SPACE: Input should be a valid dictionary"),
        ("SEARCH_SPACE = {" + WIDTH.replace("MyNet", "MyNte") + "}", "did you mean 'MyNet'?"),
        ("SEARCH_SPACE = {", "SyntaxError: '{' was never closed"),
    ],
)
def test_a_mistake_in_the_space_of_a_participant_is_one_line(
    tmp_path: Path, checked: list[dict[str, Any]], space: str, told: str
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(f"{space}\n{MINE}" if "never" not in told else f"{MINE}\n{space}")
    with pytest.raises(InputError) as raised:
        read(tmp_path, model=f"{mine}:MyNet")
    assert told in str(raised.value)
    assert str(raised.value).startswith("mine.py")
    assert "\n" not in str(raised.value)
    assert checked == []


def test_a_participants_network_is_tried_with_the_arguments_that_it_will_get(
    tmp_path: Path, checked: list[dict[str, Any]]
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(f"SEARCH_SPACE = {{{WIDTH}}}\n{MINE}")
    read(tmp_path, model=f"{mine}:MyNet")
    read(tmp_path, 'model_arguments={"depth": 2}', model=f"{mine}:MyNet")
    read(tmp_path, model=f"{mine}:MyNet", pipeline="quickdraw")
    given = [one.get("model_arguments") for one in checked]
    assert given == [{"width": 64}, {"width": 64, "depth": 2}, None]


def test_arguments_for_a_network_of_the_projects_own_are_tried_once(
    tmp_path: Path, checked: list[dict[str, Any]]
) -> None:
    for _ in range(2):
        read(tmp_path, 'model_arguments={"units": 512}', pipeline="quickdraw")
    assert [one["model_arguments"] for one in checked] == [{"units": 512}]
