"""Which real images submissions are judged with: those named, the newest run's, or made ones."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipelines.display import Display
from pipelines.history.run_record import RunRecord, Step
from pipelines.local import real_examples as module
from pipelines.local.real_examples import real_examples
from pipelines.registry import challenge_of
from pipelines.source import find_source
from preprocessing import preprocess_gan
from preprocessing.errors import InputError
from tests.models.conftest import write_examples

DEFAULTS: dict[str, Any] = {
    **{"train_images": 0, "validation_images": 689, "test_images": 624, "split_seed": 0},
    **{"crop": 0.6, "use_mnist": False, "shard_size": 32_768, "max_bad_fraction": 0.0},
}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns a folder for runs, in a project without sample data."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


@pytest.fixture
def preprocessed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Returns what was preprocessed, which takes many seconds, and here none."""
    calls: list[dict[str, Any]] = []

    def preprocess(source: str, examples: str, transform: str, *_: Any, **chosen: Any) -> None:
        write_examples(Path(examples), {"train": [1], "validation": [1], "test": [15]})
        if source == "interrupted" and not calls:
            calls.append({})
            raise KeyboardInterrupt
        calls.append({"source": source, **chosen})

    monkeypatch.setattr(module, "source_fingerprint", lambda source: source)
    monkeypatch.setattr(preprocess_gan, "preprocess", preprocess)
    return calls


def examples_of(
    runs: Path, data: str = "", submission: Path = Path("stranger"), **given: Any
) -> tuple[Path, str]:
    """Returns the folder of the examples, and what is told."""
    screen = io.StringIO()
    examples = real_examples(submission, data, given, DEFAULTS, runs, Console(file=screen))
    return examples.folder, screen.getvalue()


def write_run(runs: Path, name: str, started: float, examples: bool = True) -> Path:
    """Writes a run's record; returns its examples, if it has any."""
    folder = runs / name / "preprocess-gan" / "examples"
    if examples:
        write_examples(folder, {"train": [1], "validation": [1], "test": [15]})
    step = Step("preprocess-gan", "succeeded", artifacts={"examples": str(folder)})
    used = {"source": f"{name}/faces", "seed": 7, "crop": 0.8, "batch_size": 8}
    run = RunRecord(name, "gan", str(runs / name), used, "", "failed", started, steps=[step])
    run.save()
    return folder


def test_without_data_they_are_those_of_the_newest_run(runs: Path) -> None:
    write_run(runs, "gan-1", started=1)
    newest = write_run(runs, "gan-2", started=2)
    folder, told = examples_of(runs)
    assert folder == newest
    assert f"real images          {newest}" in told
    with pytest.raises(InputError, match="PARAMS: crop says how to preprocess DATA; give DATA, or"):
        examples_of(runs, crop=0.5)


def test_a_run_that_has_no_examples_is_passed_over(runs: Path) -> None:
    older = write_run(runs, "gan-1", started=1)
    write_run(runs, "gan-2", started=2, examples=False)
    assert examples_of(runs)[0] == older


@pytest.mark.parametrize("place", [".", "train-gan/model/saved_model"])
def test_the_submissions_own_run_goes_before_a_newer_one(runs: Path, place: str) -> None:
    own = write_run(runs, "gan-1", started=1)
    newest = write_run(runs, "gan-2", started=2)
    assert examples_of(runs, submission=runs / "gan-1" / place)[0] == own
    assert examples_of(runs, submission=runs / "elsewhere")[0] == newest


def test_data_is_preprocessed_once_for_the_same_parameters(
    runs: Path, preprocessed: list[dict[str, Any]]
) -> None:
    write_run(runs, "gan-1", started=1)
    folder, _ = examples_of(runs, "faces")
    assert examples_of(runs, "faces")[0] == folder
    assert len(preprocessed) == 1
    assert (preprocessed[0]["source"], preprocessed[0]["image_size"]) == ("faces", 0)
    others = [examples_of(runs, "faces", **one)[0] for one in ({"crop": 1.0}, {"split_seed": 1})]
    others.append(examples_of(runs, "others")[0])
    assert len({folder, *others}) == len(preprocessed) == 4
    assert [call["crop"] for call in preprocessed] == [0.6, 1.0, 0.6, 0.6]
    assert [call["seed"] for call in preprocessed] == [0, 0, 1, 0]


def test_what_was_interrupted_is_not_taken_for_whole(
    runs: Path, preprocessed: list[dict[str, Any]]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        examples_of(runs, "interrupted")
    assert not list((runs / ".cache" / "examples").glob("*/"))
    examples_of(runs, "interrupted")
    assert len(preprocessed) == 2


@pytest.mark.parametrize(("use_mnist", "made"), [(False, ("gan", 0)), (True, ("mnist", 28))])
def test_without_data_and_runs_samples_are_made(
    runs: Path,
    preprocessed: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    use_mnist: bool,
    made: tuple[str, int],
) -> None:
    monkeypatch.setattr(module, "make_sample", lambda challenge, display: challenge)
    examples_of(runs, use_mnist=use_mnist)
    assert [(call["source"], call["image_size"]) for call in preprocessed] == [made]


def source_of(runs: Path, pipeline: str, data: str = "", **given: Any) -> dict[str, Any]:
    return find_source(pipeline, data, given, runs, Display(Console(file=io.StringIO())))


def write_photo(folder: Path | str, data: bytes = b"1") -> str:
    """Writes a folder of one photo, which nobody will look at."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, "0.jpg").write_bytes(data)
    return str(folder)


def test_a_tournament_takes_the_data_of_the_newest_run_as_it_was_split(runs: Path) -> None:
    assert challenge_of("tournament") == challenge_of("gan") == "gan"
    write_run(runs, "gan-1", started=1)
    write_photo("gan-1/faces")
    found = source_of(runs, "tournament", round_robin=True)
    fingerprint = found.pop("source_fingerprint")
    assert found == {"source": "gan-1/faces", "crop": 0.8, "split_seed": 7, "round_robin": True}
    assert source_of(runs, "tournament", crop=0.5)["crop"] == 0.5
    write_photo("gan-1/faces", b"22")
    assert source_of(runs, "tournament")["source_fingerprint"] != fingerprint
    named = source_of(runs, "tournament", data=write_photo("mine"))
    assert set(named) == {"source", "source_fingerprint"}
    assert named["source"] == "mine"


def test_other_pipelines_do_not_look_at_runs(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(runs, "gan-1", started=1)
    monkeypatch.setattr("pipelines.source.make_sample", lambda name, display: write_photo(name))
    assert source_of(runs, "gan")["source"] == "gan"
    assert source_of(runs, "gan", use_mnist=True)["source"] == "mnist"
    assert source_of(runs, "quickdraw")["source"] == "quickdraw"
