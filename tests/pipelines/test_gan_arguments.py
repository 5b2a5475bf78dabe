"""What cannot be of a GAN, a battle or a tournament is one line, before anything runs."""

from pathlib import Path

import pytest

from tests.pipelines.conftest import Command

MINE = """
from keras import layers


class MyGan:
    def generator(self, noise, image_shape):
        height, width, channels = image_shape
        return layers.Reshape(image_shape)(layers.Dense(height * width * channels)(noise))

    def discriminator(self, images):
        return layers.Dense(1)(layers.Flatten()(images))
"""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "tournament"], "TEAMS: not set; name a folder"),
        (["run", "tournament", "--teams", "nowhere"], "nowhere: no such folder"),
        (["run", "tournament", "--teams", "{two}", "--model", "x"], "MODEL=x: tournament has no"),
        (["run", "gan", "--teams", "{two}"], "TEAMS={two}: gan has no parameter teams"),
        (["run", "gan", "--params", "model=Dcgam"], "model=Dcgam: models.gan has no such model"),
        (["run", "gan", "--params", "crop=2"], "crop=2: expected a share"),
        (["run", "gan", "--params", "seed=-1"], "seed=-1: expected a whole number"),
        (["run", "gan", "--params", "epochs=0 max_steps=0"], "epochs=0 and max_steps=0: nothing"),
        (
            ["run", "gan", "--model", "nowhere/mine.py:MyGan"],
            "model=nowhere/mine.py:MyGan: no such file",
        ),
        (["run", "gan", "--model", "{mine}:MyGan"], "model=mine.py:MyGan: generate: "),
        (["check-submission", "--model", "nowhere"], "nowhere: no such folder; expected one"),
        (["battle", "--a", "{two}", "--b", "{two}"], "{two}: no SavedModel here; looked for"),
    ],
)
def test_what_cannot_be_is_one_line_before_anything_runs(
    arguments: list[str], told: str, tmp_path: Path, command: Command
) -> None:
    two, mine, runs = tmp_path / "two", tmp_path / "mine.py", tmp_path / "runs"
    for name in ("a", "b"):
        (two / name).mkdir(parents=True)
    mine.write_text(MINE)  # its images are of any number
    filled = [one.format(two=two, mine=mine) for one in arguments]
    status, _, error = command(*filled, "--runs", runs)
    assert (status, len(error.splitlines())) == (1, 1)
    assert error.startswith(f"error: {told.format(two=two)}")
    assert not runs.exists()


def two_teams(folder: Path) -> Path:
    """Writes what looks like the models of two teams."""
    for name in ("a", "b"):
        (folder / "teams" / name).mkdir(parents=True)
        (folder / "teams" / name / "saved_model.pb").touch()
    return folder / "teams"


@pytest.mark.parametrize("asked", ["tournament", "check-submission", "battle"])
@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("call_seconds=-1", "call_seconds=-1.0: expected a number above 0"),
        ("memory_gib=0.5", "memory_gib=0.5: expected 1 or more"),
        ("seed=-1", "seed=-1: expected a whole number of 0 or more"),
        ("call_second=1", "PARAMS: 'call_second' is no parameter of tournament, did you mean"),
        ("teams=x", "PARAMS: teams is not set here but by TEAMS"),
    ],
)
def test_limits_of_battles_are_checked_before_anything_runs(
    asked: str, params: str, told: str, tmp_path: Path, command: Command
) -> None:
    teams, runs = two_teams(tmp_path), tmp_path / "runs"
    arguments = {
        "tournament": ["run", "tournament", "--teams", teams],
        "check-submission": ["check-submission", "--model", teams / "a"],
        "battle": ["battle", "--a", teams / "a", "--b", teams / "b"],
    }[asked]
    status, printed, error = command(*arguments, "--runs", runs, "--params", params)
    assert (status, printed, len(error.splitlines())) == (1, "", 1)
    assert error.startswith(f"error: {told}")
    assert not runs.exists()


def test_a_pause_is_checked_before_anything_runs(tmp_path: Path, command: Command) -> None:
    arguments = ["--teams", two_teams(tmp_path), "--runs", tmp_path / "runs"]
    status, _, error = command("run", "tournament", *arguments, "--params", "pause_seconds=-1")
    assert (status, error) == (1, "error: pause_seconds=-1.0: expected 0 to 3600\n")
    assert not (tmp_path / "runs").exists()


def test_a_network_is_compiled_into_the_pipeline_that_is_named(
    tmp_path: Path, command: Command
) -> None:
    status, _, error = command("compile", "--model", "Dcgan", "--folder", tmp_path / "build")
    assert (status, error) == (1, "error: MODEL, LOSS: for which pipeline? Set PIPELINE too\n")
    assert not (tmp_path / "build").exists()
