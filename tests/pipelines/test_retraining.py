"""Retraining by schedule, from the command to the Model Registry, and what users do afterwards.

The schedule is made on Vertex AI on loopback. What it starts is taken from the service as it is and
its steps run here; the champions are in the same service, their files in a bucket.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import MessageToDict
from kfp import components, local

from models.promotion.registry import open_registry
from models.promotion.statistics import STATISTICS_FILE, DataStatistics
from models.promotion.version import Facts, Reign, content_hash
from pipelines.history.run_record import RunRecord, Step
from pipelines.settings import Settings, read_settings
from pipelines.vertex.records import to_record
from tests.conftest import WriteBitmaps, serve_vertex
from tests.models.promotion.skilled import write_skilled
from tests.pipelines.conftest import Command
from tests.pipelines.steps_here import steps_here

ROOT = Path(__file__).parent.parent.parent
CLASSES = {"ant": 400, "cake": 400, "lion": 400}
TRAINING = "model=Logistic batch_size=32 augment=false validation_per_class=40"
NAME = "quickdraw-retraining"
IMAGE = "registry/python:1"
PLACE = "projects/challenges/locations/europe-west4"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of data and runs; the tests follow each other in it."""
    return tmp_path_factory.mktemp("retraining")


@pytest.fixture(scope="module")
def vertex(identity: Any, bucket: Any, place: Path) -> Iterator[Any]:
    """Yields a Vertex AI with a champion of quickdraw, who does not know the third class."""
    with pytest.MonkeyPatch.context() as environment:
        for name in Settings.model_fields:
            environment.delenv(name.upper(), raising=False)
        environment.setenv("IMAGE", IMAGE)
        bucket._patch_property("location", "EUROPE-WEST4")
        bucket.patch()
        with serve_vertex(identity, environment) as service:
            crown_by_hand(place / "package")
            yield service


def crown_by_hand(package: Path) -> None:
    """Makes a model champion that knows two classes."""
    share = {"ant": 0.5, "cake": 0.5}
    write_skilled(package, 256, list(share), (28, 28, 1))
    statistics = DataStatistics(9, share, [9.0], [9.0], [[1.0] + [0.0] * 15])
    statistics.save(package / STATISTICS_FILE)
    registry = open_registry(PLACE, "gs://challenge")
    facts = Facts("quickdraw", "by-hand", "ann", image=IMAGE, content=content_hash(package))
    registry.crown(registry.add(package, facts, "why"), 0, Reign.now("ann", "why"))


@dataclass(frozen=True)
class Scheduled:
    """A run that the schedule started.

    Attributes:
        run: its name.
        parameters: as the service has them.
        folder: what its steps left.
        default: number of the version that was the registry's default one afterwards.
    """

    run: str
    parameters: dict[str, Any]
    folder: Path
    default: int

    def told(self, artifact: str) -> Any:
        return json.loads((self.folder / artifact).read_text())


@pytest.fixture(scope="module")
def runs(
    vertex: Any, bucket: Any, place: Path, write_bitmaps: WriteBitmaps, command: Command
) -> list[Scheduled]:
    """Returns a run that trains well and, of the schedule updated, one that hardly trains."""
    for path in write_bitmaps(place / "data", CLASSES).iterdir():
        bucket.blob(f"drawings/{path.name}").upload_from_filename(str(path))
    done: list[Scheduled] = []
    for training in ("epochs=3", "max_steps=1 learning_rate=1e-6"):
        with pytest.MonkeyPatch.context() as environment:
            environment.chdir(place)
            options = ("--cron", "0 3 * * 1", "--data", "gs://challenge/drawings")
            params = f"{TRAINING} {training}"
            status, out, err = command("schedule", "quickdraw", *options, "--params", params)
            assert (status, err) == (0, ""), out
            environment.chdir(ROOT)
            run = vertex.fire(NAME)
            assert vertex.fire(NAME) == ""  # one at a time
            parameters = execute(vertex.pipelines.jobs[run], place / "cloud")
        vertex.end(run)
        (folder,) = set((place / "cloud").iterdir()) - {one.folder for one in done}
        (default,) = (
            int(version.version_id)
            for version in vertex.models.versions["quickdraw"]
            if "default" in version.version_aliases
        )
        done.append(Scheduled(run, parameters, folder, default))
    return done


def execute(job: Any, folder: Path) -> dict[str, Any]:
    """Runs the steps of a job of the service here; returns its parameters."""
    specification = MessageToDict(type(job).pb(job).pipeline_spec)
    parameters = to_record(job, read_settings()).parameters
    compiled = components.load_component_from_text(yaml.safe_dump(specification))
    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(folder))
    with steps_here(besides=""):
        compiled(**parameters)
    return parameters


def test_a_run_of_the_schedule_promotes_a_better_network_and_refuses_a_worse(
    vertex: Any, runs: list[Scheduled]
) -> None:
    better, worse = (run.told("promote/decision.json") for run in runs)
    assert (better["promoted"], better["before"], better["version"]) == (True, 1, 2)
    assert better["comparison"]["unknown"] == ["lion"]
    assert better["why"].startswith("better: 100.00 % right against ")
    assert (worse["promoted"], worse["before"], worse["version"]) == (False, 2, 2)
    assert worse["why"].startswith("not better: ")
    assert [run.default for run in runs] == [2, 2]
    _, champion = vertex.models.versions["quickdraw"]
    assert champion.labels["run"].startswith(NAME)
    assert champion.version_description.endswith(better["why"])
    assert champion.container_spec.image_uri == IMAGE
    assert champion.artifact_uri.startswith("gs://challenge/registry/quickdraw/models/")
    (evaluation,) = vertex.models.evaluations["quickdraw@2"]
    assert evaluation.metadata["hit_at_1"] > 0.9


def test_both_were_runs_of_one_schedule_and_no_step_came_from_a_cache(
    vertex: Any, runs: list[Scheduled]
) -> None:
    (schedule,) = vertex.schedules.schedules.values()
    assert schedule.started_run_count == 2
    assert {vertex.pipelines.jobs[run.run].schedule_name for run in runs} == {schedule.name}
    assert [run.parameters.get("max_steps") for run in runs] == [None, 1]
    first, second = (run.told("check-drift/drift") for run in runs)
    assert (first["version"], second["version"]) == (1, 2)
    assert first["classes"] > 0.25
    assert (second["classes"], second["pixels"]) == (0, 0)
    steps = [{path.name for path in run.folder.iterdir() if path.is_dir()} for run in runs]
    assert steps[0] == steps[1] >= {"preprocess", "check-drift", "train", "promote", "score"}


def test_data_that_has_moved_stops_a_local_run_before_it_trains(
    place: Path,
    runs: list[Scheduled],
    write_bitmaps: WriteBitmaps,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = write_bitmaps(place / "two", {name: CLASSES[name] for name in ("ant", "cake")})
    arguments = ["run", NAME, "--data", str(data), "--runs", str(place / "runs")]
    params = "model=Logistic validation_per_class=40 max_drift=0.25"
    monkeypatch.setenv("REGISTRY", PLACE)
    with steps_here(besides="check_drift"):
        status, _, err = command(*arguments, "--params", params)
    assert (status, len(err.splitlines())) == (1, 1), err
    assert err.startswith(
        "error: step check-drift failed: the data has drifted from the champion's by more than"
        " max_drift=0.25: class shares: much drift, stability index "
    )
    (record,) = (json.loads(path.read_text()) for path in place.glob("runs/*/run.json"))
    assert record["pipeline"] == NAME
    assert [(step["name"], step["status"]) for step in record["steps"]] == [
        ("preprocess", "succeeded"),
        ("check-drift", "failed"),
    ]


def test_commands_list_promote_and_roll_back(
    runs: list[Scheduled], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY", PLACE)
    status, out, err = command("models", "quickdraw")
    assert (status, err) == (0, "")
    first, second, _, why = out.splitlines()[1:]
    assert first.split()[:2] == ["quickdraw", "1"]
    assert second.split()[:4] == ["quickdraw", "2", "champion", "1.0000"]
    assert why.startswith("quickdraw: version 2 is champion since 20")
    assert ": better: 100.00 % right against " in why

    good, bad = (RunRecord(name, "quickdraw", str(tmp_path / name), {}, "abc") for name in "gb")
    for record, run in zip((good, bad), runs, strict=True):
        paths = {
            "model": str(run.folder / "train" / "model"),
            "examples": str(run.folder / "preprocess" / "examples"),
        }
        record.steps.append(Step("train", "succeeded", artifacts=paths))
        record.status = "succeeded"
        record.save()
    status, out, _ = command("promote", "quickdraw", "--run", "b", "--runs", tmp_path)
    assert status == 0
    assert "not promoted: not better: " in out
    assert json.loads((tmp_path / "b" / "promotion" / "decision.json").read_text())["version"] == 2

    status, out, _ = command("rollback", NAME)
    assert (status, out) == (0, "version 1 of quickdraw is champion again, from by-hand\n")
    status, out, _ = command("models", "--json")
    versions = json.loads(out)
    assert [one["champion"] for one in versions] == [True, False]
    assert versions[0]["reigns"][-1]["why"] == "went back from version 2"
    strict = ("promote", "quickdraw", "--run", "g", "--runs", tmp_path, "--margin", "0.9")
    assert "not promoted: better by less than the margin of 90.00 %: " in command(*strict)[1]
    status, out, _ = command("promote", "quickdraw", "--run", "g", "--runs", tmp_path)
    assert "promoted, version 2 is champion: better: " in out  # the version that there was
    status, out, _ = command("promote", "quickdraw", "--run", "g", "--runs", tmp_path)
    assert out.endswith("not promoted: this model is the champion already, version 2\n")

    monkeypatch.setenv("REGISTRY", str(tmp_path / "other"))
    status, out, _ = command("models")
    assert (status, out.startswith("no models in ")) == (0, True)


def test_a_run_without_a_model_cannot_be_promoted(command: Command, tmp_path: Path) -> None:
    RunRecord("early", "quickdraw", str(tmp_path / "early"), {}, "", "interrupted").save()
    status, _, err = command("promote", "quickdraw", "--runs", tmp_path)
    assert status == 1
    assert err.endswith("early: this run (interrupted) left no model; name another with RUN\n")
    RunRecord("again", "quickdraw-retraining", str(tmp_path / "again"), {}, "").save()
    status, _, err = command("promote", "quickdraw", "--run", "again", "--runs", tmp_path)
    told = "error: RUN: 'again' is a run of quickdraw-retraining; set PIPELINE=quickdraw-retraining"
    assert (status, err) == (1, f"{told} too\n")


@pytest.mark.usefixtures("vertex")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rollback", "gan"), "PIPELINE: gan has no champions, which only classifiers have: cats_"),
        (("rollback", "mnist"), "mnist: this registry has no version of it yet; there are those"),
        (("rollback", "quickdraw", "--version", "two"), "VERSION: expected the number of a ver"),
        (("promote", "mnist"), "PIPELINE: no run of mnist in "),
        (("promote", "mnist", "--margin", "1%"), "MARGIN: expected a share such as 0.01, got '1%'"),
        (("models", "quickdrow"), "PIPELINE: 'quickdrow' is unknown, did you mean 'quickdraw'?"),
    ],
)
def test_what_cannot_be_is_told(
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.setenv("REGISTRY", PLACE)
    extra = ("--runs", tmp_path) if arguments[0] == "promote" else ()
    status, out, err = command(*arguments, *extra)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {told}")
