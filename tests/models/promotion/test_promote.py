"""Champions of a registry in a folder or a bucket: who takes whose place, and what is kept."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from models.promotion.folder import FolderRegistry
from models.promotion.promote import Outcome, promote
from models.promotion.registry import Registry, champion_of, open_registry
from models.promotion.rollback import rollback
from models.promotion.statistics import data_statistics
from models.promotion.version import Facts
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.promotion.conftest import SkilledModel
from tests.models.promotion.skilled import write_labelled

FACTS = Facts("quickdraw", run="run-1", by="run-1", commit="abc", metrics={"loss": 0.5})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return open_registry(str(tmp_path / "registry"))


def challenge(
    registry: Registry, model: Path, examples: Examples, run: str = "run-1", margin: float = 0.0
) -> Outcome:
    facts = replace(FACTS, run=run, by=run)
    return promote(model, examples, data_statistics(examples), registry, facts, margin)


def test_a_better_model_is_promoted_and_a_worse_one_refused(
    registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    first = challenge(registry, skilled(128), labelled, "run-1")
    better = challenge(registry, skilled(180), labelled, "run-2")
    worse = challenge(registry, skilled(150), labelled, "run-3")
    assert [one.decision.promoted for one in (first, better, worse)] == [True, True, False]
    assert [(one.before, one.version) for one in (first, better, worse)] == [(0, 1), (1, 2), (2, 2)]
    assert "the first model, better than always saying the commonest class" in first.line()
    assert better.line().startswith("promoted, version 2 is champion: better: ")
    assert worse.line().startswith("not promoted: not better: ")
    versions = registry.versions("quickdraw")
    assert [version.champion for version in versions] == [False, True]
    assert versions[1].facts.run == "run-2"
    assert versions[1].facts.metrics == {"loss": 0.5}
    assert versions[1].facts.accuracy == better.metrics()["challenger_accuracy"]
    (reign,) = versions[1].reigns
    assert (reign.by, reign.why) == ("run-2", better.decision.why)
    assert worse.metrics().keys() == {
        *("promoted", "version", "p_value", "champion_accuracy", "challenger_accuracy")
    }
    json.dumps(worse.as_json())


def test_a_tiny_gain_is_taken_for_an_accident(
    registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    challenge(registry, skilled(180), labelled)
    outcome = challenge(registry, skilled(183, seed=40), labelled, "run-2")
    again = challenge(registry, skilled(181), labelled, "run-3")
    for one in (outcome, again):
        assert not one.decision.promoted
        assert one.decision.p_value > 0.05
    assert len(registry.versions("quickdraw")) == 1


def test_a_first_model_that_only_guesses_is_refused(
    registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    outcome = challenge(registry, skilled(80), labelled)
    assert not outcome.decision.promoted
    assert (outcome.version, registry.versions("quickdraw")) == (0, [])


def test_the_same_model_again_makes_no_second_version(
    registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    challenge(registry, skilled(128), labelled, "run-1")
    again = challenge(registry, skilled(128), labelled, "run-2")
    assert again.line() == "not promoted: this model is the champion already, version 1"
    # A step that was killed after it had promoted runs again, and has to say what it did.
    assert challenge(registry, skilled(128), labelled, "run-1").decision.promoted
    assert len(registry.versions("quickdraw")) == 1


def test_a_champion_that_cannot_see_the_examples_stays(
    registry: Registry, labelled: Examples, skilled: SkilledModel, tmp_path: Path
) -> None:
    large = write_labelled(tmp_path / "large", shape=(8, 8, 1))
    challenge(registry, skilled(150, shape=(8, 8, 1)), large)
    outcome = challenge(registry, skilled(250), labelled, "run-2")
    assert outcome.line() == (
        "not promoted: cannot be compared with version 1: the champion takes images 8x8x1, but"
        " these examples have 4x4x1; run with the champion's image_size, or keep these models in"
        " another REGISTRY"
    )
    assert outcome.metrics() == {"promoted": 0, "version": 1}


def test_rollback_goes_back_and_keeps_the_history(
    registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    for run, skill in (("run-1", 100), ("run-2", 150), ("run-3", 220)):
        assert challenge(registry, skilled(skill), labelled, run).decision.promoted
    assert rollback(registry, "quickdraw", "ann").number == 2
    assert rollback(registry, "quickdraw", "ann").number == 1
    with pytest.raises(InputError, match="no other version was champion before"):
        rollback(registry, "quickdraw", "ann")
    assert rollback(registry, "quickdraw", "ann", version=3).number == 3
    with pytest.raises(InputError, match="version 3 of quickdraw is champion already"):
        rollback(registry, "quickdraw", "ann", version=3)
    with pytest.raises(InputError, match="quickdraw has no version 7, only 1, 2, 3"):
        rollback(registry, "quickdraw", "ann", version=7)
    with pytest.raises(InputError, match=r"quickdrow: .* did you mean 'quickdraw'\?"):
        rollback(registry, "quickdrow", "ann")
    versions = registry.versions("quickdraw")
    assert [version.champion for version in versions] == [False, False, True]
    assert [reign.why for reign in versions[2].reigns[1:]] == ["went back from version 1"]
    assert [len(version.reigns) for version in versions] == [2, 2, 2]


def test_rollback_passes_over_what_was_gone_back_from(
    registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    for run, skill in (("run-1", 100), ("run-2", 150)):
        challenge(registry, skilled(skill), labelled, run)
    rollback(registry, "quickdraw", "ann")
    challenge(registry, skilled(200), labelled, "run-3")
    assert rollback(registry, "quickdraw", "ann").number == 1  # whose place version 3 took
    # Without data that changed it is the very network of version 2 that is better again.
    challenge(registry, skilled(150), labelled, "run-4")
    challenge(registry, skilled(220), labelled, "run-5")
    assert rollback(registry, "quickdraw", "ann").number == 2
    assert rollback(registry, "quickdraw", "ann").number == 1


def test_of_several_that_promote_at_once_each_is_a_version_and_one_is_champion(
    tmp_path: Path, labelled: Examples, skilled: SkilledModel
) -> None:
    place = str(tmp_path / "registry")
    skills = [120, 160, 200, 240]
    models = [skilled(skill) for skill in skills]
    outcomes: list[Outcome] = []

    def race(model: Path, run: str) -> None:
        outcomes.append(challenge(open_registry(place), model, labelled, run))

    runners = [
        threading.Thread(target=race, args=(model, f"run-{index}"))
        for index, model in enumerate([*models, models[-1]])  # the best one twice
    ]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert len(outcomes) == len(runners)
    versions = open_registry(place).versions("quickdraw")
    assert [version.number for version in versions] == list(range(1, len(versions) + 1))
    assert len({version.facts.content for version in versions}) == len(versions)
    champion = champion_of(versions)
    assert champion
    told = [one.decision.comparison for one in outcomes]
    assert champion.facts.accuracy == max(one.challenger_accuracy for one in told if one)
    assert not list(Path(place).glob("**/.unfinished-*"))


@pytest.mark.parametrize("moment", ["put_folder", "create"])
def test_killed_in_the_middle_it_leaves_nothing_that_looks_whole(
    tmp_path: Path, labelled: Examples, skilled: SkilledModel, moment: str
) -> None:
    place = tmp_path / "registry"
    model = skilled(128)
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from models.promotion import registry\n"
        "from models.promotion.version import Facts, Reign, content_hash\n"
        "place, package, moment = sys.argv[1:]\n"
        "kill = lambda *given: os.kill(os.getpid(), 9)\n"
        "setattr(*((Path, 'rename') if moment == 'put_folder' else (os, 'link')), kill)\n"
        "one = registry.open_registry(place)\n"
        "facts = Facts('quickdraw', 'run-1', 'run-1', content=content_hash(Path(package)))\n"
        "one.crown(one.add(Path(package), facts, 'why'), 0, Reign.now('run-1', 'why'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(place), str(model), moment])
    assert done.returncode == -signal.SIGKILL
    registry = FolderRegistry(str(place))
    assert registry.versions("quickdraw") == []
    outcome = challenge(registry, model, labelled)
    assert outcome.decision.promoted
    (version,) = registry.versions("quickdraw")
    with registry.package(version) as package:
        names = {path.name for path in package.iterdir()}
    assert names == {"labels.txt", "saved_model", "statistics.json"}


def test_a_damaged_champion_is_told_and_can_be_left_by_a_rollback(
    registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    challenge(registry, skilled(100), labelled)
    challenge(registry, skilled(150), labelled, "run-2")
    place = registry.versions("quickdraw")[1].place
    Path(place, "labels.txt").write_text("cut")
    with pytest.raises(InputError, match=r"the files of version 2 are not .* `make rollback`"):
        challenge(registry, skilled(200), labelled, "run-3")
    rollback(registry, "quickdraw", "ann")
    assert challenge(registry, skilled(200), labelled, "run-3").decision.promoted


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("", "REGISTRY: not set"),
        ("s3://bucket", "REGISTRY: 's3://bucket': expected a folder"),
        ("projects/p/region/r", "REGISTRY: 'projects/p/region/r': expected a folder"),
    ],
)
def test_a_place_that_cannot_be_is_told(place: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        open_registry(place)


@pytest.fixture
def bucket_registry(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Returns a registry in a bucket that refuses to write a name twice, as the real one does."""
    from gcp_storage_emulator.exceptions import NotFound
    from gcp_storage_emulator.handlers import objects

    upload = objects._multipart_upload

    def checked(request: Any, response: Any, storage: Any) -> None:
        name = request.data["meta"].get("name") or request.query["name"][0]
        try:
            storage.get_file_obj(request.params["bucket_name"], name)
        except NotFound:
            upload(request, response, storage)
        else:
            if request.query.get("ifGenerationMatch") == ["0"]:
                response.status = HTTPStatus.PRECONDITION_FAILED
                response.json({"error": {"code": 412, "message": "conditionNotMet"}})
            else:
                upload(request, response, storage)

    monkeypatch.setattr(objects, "_multipart_upload", checked)
    return open_registry(f"gs://{bucket.name}/champions")


def test_a_bucket_is_a_registry_too(
    bucket_registry: Registry, labelled: Examples, skilled: SkilledModel
) -> None:
    registry = bucket_registry
    assert registry.challenges() == []
    assert challenge(registry, skilled(128), labelled, "run-1").decision.promoted
    assert challenge(registry, skilled(200), labelled, "run-2").decision.promoted
    assert not challenge(registry, skilled(150), labelled, "run-3").decision.promoted
    assert registry.challenges() == ["quickdraw"]
    rollback(registry, "quickdraw", "ann")
    versions = registry.versions("quickdraw")
    assert [version.champion for version in versions] == [True, False]
    assert versions[0].place.startswith("gs://challenge/champions/quickdraw/models/")
    # One who was slower than another has to look again.
    store = registry._store  # type: ignore[attr-defined]
    assert not store.create("quickdraw/versions/2.json", b"mine")
    assert b"run-2" in store.read("quickdraw/versions/2.json")


@pytest.mark.parametrize("text", ["{", "[]", '{"facts": {"colour": "red"}}'])
@pytest.mark.parametrize("name", ["versions", "champions"])
def test_a_file_that_is_none_of_the_registry_is_named(
    registry: Registry, tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / "registry" / "quickdraw" / name / "1.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(InputError, match=f"quickdraw/{name}.*mend it"):
        registry.versions("quickdraw")


def test_a_registry_of_which_files_were_removed_goes_on(
    registry: Registry, labelled: Examples, skilled: SkilledModel, tmp_path: Path
) -> None:
    for run, skill in (("run-1", 100), ("run-2", 150), ("run-3", 200)):
        challenge(registry, skilled(skill), labelled, run)
    folder = tmp_path / "registry" / "quickdraw"
    (folder / "champions" / "2.json").unlink()
    assert rollback(registry, "quickdraw", "ann", version=2).number == 2
    (folder / "versions" / "2.json").unlink()
    told = r"versions/2\.json: the champion, but it is gone; .* remove .*champions/4\.json"
    with pytest.raises(InputError, match=told):
        challenge(registry, skilled(220), labelled, "run-4")
    (folder / "champions" / "4.json").unlink()
    outcome = challenge(registry, skilled(240), labelled, "run-4")
    assert (outcome.before, outcome.version) == (3, 4)


def test_a_file_system_without_hard_links_is_told(
    registry: Registry, labelled: Examples, skilled: SkilledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", source, None, target)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(InputError, match=r"^REGISTRY: .*/registry: .* no hard links; name a fold"):
        challenge(registry, skilled(128), labelled)
