"""The cache's key: it changes with the code that a step can reach, and with no other."""

import shutil
from pathlib import Path

import pytest

from pipelines.local import code_hash

STEPS = ["preprocess", "train", "evaluate", "batch_predict", "predictions_to_csv", "score"]
GAN_STEPS = ["preprocess_gan", "train_gan", "evaluate_gan", "check_submission", "tournament"]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns a copy of the project's code that `code_hash` looks at."""
    for name in (*code_hash.PACKAGES, "docs"):
        shutil.copytree(code_hash.ROOT / name, tmp_path / name)
    shutil.copy(code_hash.ROOT / "requirements.txt", tmp_path)
    monkeypatch.setattr(code_hash, "ROOT", tmp_path)
    return tmp_path


def hashes(challenge: str) -> dict[str, str]:
    steps = GAN_STEPS if challenge == "gan" else STEPS
    return {step: code_hash.code_hash(f"components.{step}", challenge) for step in steps}


def changed_by(copy: Path, file: str, challenge: str = "quickdraw") -> set[str]:
    before = hashes(challenge)
    with (copy / file).open("a") as changed:
        changed.write("# a change\n")
    return {step for step, now in hashes(challenge).items() if now != before[step]}


@pytest.mark.parametrize(
    ("file", "steps"),
    [
        ("preprocessing/plan.py", {"preprocess"}),
        ("preprocessing/records.py", {"preprocess", "train", "evaluate", "batch_predict"}),
        ("models/quickdraw.py", {"train"}),
        ("models/report.py", {"evaluate"}),
        ("components/score.py", {"score"}),
        ("components/step.py", set(STEPS)),
        ("requirements.txt", set(STEPS)),
    ],
)
def test_a_change_reaches_the_steps_that_use_it(copy: Path, file: str, steps: set[str]) -> None:
    assert changed_by(copy, file) >= steps
    if file in ("models/quickdraw.py", "models/report.py", "components/score.py"):
        assert "preprocess" not in changed_by(copy, file)


def test_the_challenges_own_file_is_reached_though_loaded_by_name(copy: Path) -> None:
    assert {"preprocess", "train"} <= changed_by(copy, "preprocessing/quickdraw.py")


def test_how_sample_data_is_drawn_changes_no_step(copy: Path) -> None:
    assert changed_by(copy, "preprocessing/samples/quickdraw.py") == set()


@pytest.mark.parametrize(
    "file", ["models/report.html.jinja", "models/report.css", "models/page_parts.html.jinja"]
)
def test_the_reports_template_counts(copy: Path, file: str) -> None:
    assert changed_by(copy, file) == {"evaluate"}


@pytest.mark.parametrize(
    ("file", "steps"),
    [
        ("models/battle/operations.py", {"check_submission", "tournament"}),
        ("models/battle/sandbox_zygote.py", {"check_submission", "tournament"}),
        ("models/battle/table.html.jinja", {"tournament"}),
        ("models/battle/page.css", {"tournament"}),
        ("models/page.html.jinja", {"evaluate_gan", "tournament"}),
        ("models/page_parts.html.jinja", {"evaluate_gan"}),
        ("models/adversarial/report.css", {"evaluate_gan"}),
        ("models/gan.py", {"train_gan", "evaluate_gan", "check_submission", "tournament"}),
        ("models/adversarial/losses.py", {"train_gan"}),
        ("preprocessing/gan.py", set(GAN_STEPS)),
    ],
)
def test_a_change_reaches_the_steps_of_a_gan(copy: Path, file: str, steps: set[str]) -> None:
    assert changed_by(copy, file, "gan") == steps


def test_a_change_elsewhere_does_not_count(copy: Path) -> None:
    (copy / "docs" / "page.md").write_text("a page\n")
    assert changed_by(copy, "docs/page.md") == set()


def test_another_backend_of_keras_is_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_hash.code_hash("components.train", "quickdraw")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert code_hash.code_hash("components.train", "quickdraw") != before
