"""The exports of a training are found in order, evaluated whole or not at all, and let go of."""

import gc
import json
from pathlib import Path

import pytest

from models import export_evaluation
from models.export import EXPORT_FOLDER, LABELS_FILE, SAVED_MODEL_FOLDER
from models.export_evaluation import Export, ExportEvaluations, find_exports
from preprocessing.examples import Examples
from tests.models.test_evaluation import write_model


def test_whole_exports_are_found_by_step_and_the_final_model_last(tmp_path: Path) -> None:
    exports = tmp_path / EXPORT_FOLDER
    for folder in (exports / "step_1000", exports / "step_200", tmp_path):
        (folder / SAVED_MODEL_FOLDER).mkdir(parents=True)
        (folder / SAVED_MODEL_FOLDER / "saved_model.pb").touch()
    (exports / "step_300").mkdir()
    (exports / "step_300" / LABELS_FILE).touch()  # the SavedModel is still to come
    history = [{"steps": 600, "val_loss": 0.5}, {"steps": 1200, "val_loss": 0.6}]
    (tmp_path / "history.json").write_text(json.dumps(history))
    found = [(export.name, export.step) for export in find_exports(tmp_path)]
    assert found == [("200", 200), ("1000", 1000), ("final", 600)]
    assert find_exports(tmp_path / "nowhere") == []


def test_an_evaluation_that_is_interrupted_leaves_nothing(
    tmp_path: Path, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(model: Path, examples: Path, report: Path, **others: object) -> None:
        report.parent.mkdir(parents=True)
        report.touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(export_evaluation, "evaluate", interrupted)
    export = Export("10", 10, tmp_path)
    evaluations = ExportEvaluations(tmp_path / "evaluations", examples.folder, tmp_path, {})
    with pytest.raises(KeyboardInterrupt):
        evaluations.evaluate(export)
    assert list((tmp_path / "evaluations").iterdir()) == []
    assert evaluations.read(export) is None


def test_no_loaded_model_stays_in_memory(tmp_path: Path, examples: Examples) -> None:
    model = write_model(tmp_path / "model")
    evaluations = ExportEvaluations(tmp_path / "evaluations", examples.folder, model, {})
    held = []
    gc.disable()  # so that it is not chance that frees them
    try:
        for step in range(4):
            result = evaluations.evaluate(Export(str(step), step, model))
            held.append(sum(type(one).__name__ == "Operation" for one in gc.get_objects()))
    finally:
        gc.enable()
        evaluations.close()
    assert held[1] == held[-1]
    assert evaluations.read(Export("3", 3, model)) == result
