import base64
import csv
import json
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import prediction_files
from models.submission import predictions_to_csv
from preprocessing.errors import InputError
from tests.models.test_prediction import CloudFileSystem

PROJECT = Path(__file__).parents[2]
IDS = ["a", "b", "c"]


def bare(image_id: str, classes: list[int], scores: list[float]) -> dict[str, Any]:
    return {"image_id": image_id, "class_indexes": classes, "predictions": scores}


def nested(image_id: str, classes: list[int], scores: list[float]) -> dict[str, Any]:
    return {
        "instance": {"image_id": image_id},
        "prediction": bare(image_id, classes, scores),
    }


class Case:
    """A manifest, a folder of predictions and the CSV to be made of them."""

    def __init__(self, folder: Path, ids: list[str] = IDS) -> None:
        self.folder = folder
        self.predictions = folder / "predictions"
        self.predictions.mkdir(exist_ok=True)
        self.ids = folder / "test_ids.csv"
        self.csv = folder / "submission.csv"
        with self.ids.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["Id"], *([image_id] for image_id in ids)])

    def shards(self, *shards: list[Any]) -> None:
        for old in self.predictions.iterdir():
            old.unlink()
        for index, lines in enumerate(shards):
            name = f"prediction.results-{index:05d}-of-{len(shards):05d}"
            (self.predictions / name).write_bytes(
                b"".join(
                    (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
                    for line in lines
                )
            )

    def convert(self, pairs: bool = False) -> list[list[str]]:
        count = predictions_to_csv(self.predictions, self.ids, self.csv, pairs)
        with self.csv.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
        assert header == ["Id", "Category"]
        assert len(rows) == count
        return rows

    def message(self) -> str:
        """Returns the error of a conversion that must leave nothing behind."""
        with pytest.raises(InputError) as error:
            predictions_to_csv(self.predictions, self.ids, self.csv)
        assert not list(self.folder.glob("submission.csv*"))
        assert "\n" not in str(error.value)
        return str(error.value)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


GOOD = [nested("a", [3, 1], [0.75, 0.25]), nested("b", [0], [1]), nested("c", [400], [0.5])]


def test_writes_the_top_classes_in_the_order_of_the_manifest(case: Case) -> None:
    case.shards([GOOD[2]], [], [GOOD[1], GOOD[0]])
    assert case.convert() == [["a", "3"], ["b", "0"], ["c", "400"]]
    assert case.csv.read_bytes() == b"Id,Category\na,3\nb,0\nc,400\n"


def test_writes_pairs(case: Case) -> None:
    case.shards(GOOD)
    assert case.convert(pairs=True) == [
        ["a", "3 0.750000 1 0.250000"],
        ["b", "0 1.000000"],
        ["c", "400 0.500000"],
    ]


@pytest.mark.parametrize(
    ("manifest", "answered", "reason"),
    [
        ("Id\na\nb\n", ["a", "b", "c"], "id 'c' is not in "),
        ("Id\na\nb\nc\n", ["a", "b"], "no prediction for 1 of the 3 ids in "),
        ("Id\na\nb\n", ["a", "b", "b"], "a second prediction for id 'b'"),
        ("Id\na\nb\nb\n", ["a", "b", "b"], "row 3: id 'b' stands here 2 times"),
        ("Id\na\nb\n", ["a\nb"], "id 'a\\nb' is not in "),
        ("Id\na\nb,c\n", ["a", "b,c"], "row 3: expected Id, found 2 cells"),
        ('Id\n"a"\n', ['"a"'], "id '\"a\"' is not in "),
        ("Id\n\n", [""], "row 2: expected Id, found 0 cells"),
        ("id\na\n", ["a"], "row 1: expected the header Id, found 'id'"),
    ],
)
def test_what_goes_wrong_at_the_end_of_files_in_order(
    case: Case, manifest: str, answered: list[str], reason: str
) -> None:
    case.shards([nested(image_id, [1], [1]) for image_id in answered])
    case.ids.write_text(manifest)
    assert reason in case.message()


def test_takes_ids_in_any_notation_of_the_manifest(case: Case) -> None:
    case.shards([nested(image_id, [7], [1]) for image_id in IDS])
    for manifest in (b"Id\na\nb\nc", b"Id\r\na\r\nb\r\nc\r\n", b'\xef\xbb\xbfId\na\n"b"\nc\n'):
        case.ids.write_bytes(manifest)
        assert case.convert() == [[image_id, "7"] for image_id in IDS]


def test_reads_the_older_lines_and_mixtures_of_both(case: Case) -> None:
    lines = [line["prediction"] for line in GOOD]
    case.shards(lines)
    assert [row[1] for row in case.convert()] == ["3", "0", "400"]
    case.shards([lines[0], GOOD[1], lines[2]])
    assert [row[1] for row in case.convert()] == ["3", "0", "400"]


def test_reads_a_file_a_glob_and_a_folder_with_other_files(case: Case) -> None:
    case.shards(GOOD)
    (case.predictions / "prediction.errors_stats-00000-of-00001").write_text("nothing")
    (case.predictions / ".prediction.results-00000-of-00001.7").write_text("{")
    assert len(case.convert()) == 3
    only = case.predictions / "prediction.results-00000-of-00001"
    assert predictions_to_csv(only, case.ids, case.csv) == 3
    assert predictions_to_csv(f"{case.predictions}/prediction.res*", case.ids, case.csv) == 3


class VertexCase(Case):
    """What Vertex AI batch prediction writes of TFRecords: its folder, errors in a file beside."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.output = self.predictions
        self.predictions /= "prediction-quickdraw-2026_11_21T03_00_00_123Z"
        self.predictions.mkdir()

    def lines(self, *answers: Any) -> None:
        instance = {"b64": base64.b64encode(b"a serialized tf.Example").decode()}
        self.shards([{"instance": instance, **answer} for answer in answers], [])
        self.errors("")

    def errors(self, text: str) -> None:
        (self.predictions / "prediction.errors_stats-00000-of-00001").write_text(text)

    def message(self) -> str:
        with pytest.raises(InputError) as error:
            predictions_to_csv(self.output, self.ids, self.csv)
        assert not self.csv.exists()
        return str(error.value)


def test_reads_what_vertex_batch_prediction_writes(tmp_path: Path) -> None:
    case = VertexCase(tmp_path)
    answers = [{"prediction": line["prediction"]} for line in GOOD]
    case.lines(*answers)
    for place in (case.output, case.predictions):
        assert predictions_to_csv(place, case.ids, case.csv) == 3
    assert case.csv.read_bytes() == b"Id,Category\na,3\nb,0\nc,400\n"
    case.csv.unlink()

    first = case.predictions / "prediction.results-00000-of-00002"
    for failed in ("prediction", "error"):
        error = {"code": 3, "message": "no image"}
        case.lines(*answers[:2], {failed: {"error": error} if failed == "prediction" else error})
        told = "line 3: the prediction of this record failed (no image); mend"
        assert case.message().startswith(f"{first}, {told}")

    case.lines(*answers[:2])
    case.errors("('Post request fails. Cannot get predictions. Error: 500', 1)\nmore\n")
    assert "of the 3 ids in" in case.message()
    assert "'c' (('Post request fails. Cannot get predictions. Error: 500', 1))" in case.message()

    case.lines(*answers)
    shutil.copytree(case.predictions, case.output / "prediction-quickdraw-2026_11_20T03_00_00_123Z")
    assert "a second prediction for id 'a'; keep the files of one" in case.message()


def test_a_last_line_without_its_newline_and_empty_lines_are_no_error(case: Case) -> None:
    case.shards([GOOD[0], b"", GOOD[1], GOOD[2]])
    file = case.predictions / "prediction.results-00000-of-00001"
    file.write_bytes(file.read_bytes()[:-1])
    assert len(case.convert()) == 3


def test_reads_what_beam_can_reach(case: Case) -> None:
    case.shards(GOOD[:1], GOOD[1:])
    assert CloudFileSystem.scheme() == "cloud"
    uri = f"cloud:/{case.predictions}"
    for predictions in (uri, uri + "/", uri + "/*-of-00002"):
        assert predictions_to_csv(predictions, case.ids, case.csv) == 3
    with pytest.raises(InputError, match="no such file, and no folder with"):
        predictions_to_csv(uri + "/none", case.ids, case.csv)
    with pytest.raises(InputError, match=r"nowhere://x/.*: cannot be listed .*filesystem"):
        predictions_to_csv("nowhere://x", case.ids, case.csv)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"instance": {"image_id": "b"}, "predict', "the line is cut; fetch the file again"),
        (b"Id,Category", "not JSON ("),
        (b'{"image_id": "b", "class_indexes": [1], "predictions": [NaN]}', "not JSON ("),
        (b'{"image_id": "\xff", "class_indexes": [1], "predictions": [1]}', "not UTF-8 text"),
        (nested("a", [1], [1]), "a second prediction for id 'a'"),
        (nested("x, y", [1], [1]), "id 'x, y' is not in "),
        ({"instance": {"image_id": "b"}}, "no prediction of the form"),
        ({"prediction": 7}, "Expected `object`, got `int` - at `prediction`"),
        ([1], "no prediction of the form"),
        (nested("b", [1, 2], [1]), "2 class_indexes but 1 predictions"),
        (nested("b", [], []), "class_indexes and predictions are empty"),
        (nested("b", [1, 2], [0.4, 0.6]), "predictions do not fall"),
        (nested("b", [-1], [1]), "Expected `int` >= 0"),
        (nested("b", [2**31], [1]), "Expected `int` <= 2147483647"),
        ({**nested("b", [1], [1]), "error": {"message": "half"}}, "of id 'b' failed (half)"),
        (bare("b", ["1"], [1]), "Expected `int`, got `str` - at `class_indexes[...]`"),  # type: ignore[list-item]
        (bare("b", [1.5], [1]), "Expected `int`, got `float`"),  # type: ignore[list-item]
        (bare("b", [1], [None]), "Expected `float`, got `null`"),  # type: ignore[list-item]
        (bare("b", 1, 1), "Expected `array`, got `int` - at `class_indexes`"),  # type: ignore[arg-type]
        (bare(7, [1], [1]), "Expected `str`, got `int` - at `image_id`"),  # type: ignore[arg-type]
        (
            {"instance": {"image_id": "b"}, "error": {"code": 3, "message": "bad image"}},
            "the prediction of id 'b' failed (bad image); mend that record",
        ),
        ({"instance": "AAEC", "error": "boom"}, "the prediction of this record failed (boom)"),
    ],
)
@pytest.mark.parametrize("form", ["nested", "bare"])
def test_names_the_line_that_cannot_be_taken(case: Case, line: Any, reason: str, form: str) -> None:
    good = GOOD if form == "nested" else [good["prediction"] for good in GOOD]
    case.shards([good[2]], [good[0], line, good[1]])
    message = case.message()
    start = f"{case.predictions}/prediction.results-00001-of-00002, line 2: "
    assert message.startswith(start)
    if "[...]" in reason:
        reason = reason.replace("[...]", "[0]" if "[0]" in message else "[...]")
    assert reason in message


def test_names_the_line_in_a_later_block(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_files, "_BLOCK_BYTES", 10)
    case.shards([*GOOD, b"", b"{"])
    assert "line 5: the line is cut" in case.message()


def test_names_missing_ids(tmp_path: Path) -> None:
    case = Case(tmp_path, [str(number) for number in range(20)])
    case.shards([nested(str(number), [1], [1]) for number in range(0, 20, 2)])
    assert case.message() == (
        f"{case.predictions}: no prediction for 10 of the 20 ids in {case.ids}: '1', '3', '5',"
        " '7', '9', ...; predict these too"
    )


def test_names_missing_shards(case: Case) -> None:
    case.shards(GOOD[:1], GOOD[1:2], GOOD[2:])
    (case.predictions / "prediction.results-00001-of-00003").unlink()
    assert "1 of 3 shards are missing, the first is -00001-of-00003" in case.message()


def test_refuses_the_shards_of_two_runs(case: Case) -> None:
    case.shards(GOOD)
    (case.predictions / "prediction.results-00000-of-00002").write_text("")
    assert "shards of 1 and of 2 together" in case.message()


def test_refuses_what_holds_no_predictions(case: Case) -> None:
    assert "no such file, and no folder with prediction.results-* in it" in case.message()
    case.shards([], [])
    assert "no predictions in it" in case.message()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "row 1: expected the header Id, found ''"),
        (b"a\nb\n", "row 1: expected the header Id, found 'a'"),
        (b"Id\n", "no ids after the header"),
        (b"Id\na\na,b\n", "row 3: expected Id, found 2 cells"),
        (b"Id\na\nb\na\n", "row 2: id 'a' stands here 2 times"),
        (b'Id\na\n"b', "not a whole CSV file"),
        (b"Id\n\xff\n", "not UTF-8 text"),
    ],
)
def test_refuses_what_is_no_manifest(case: Case, text: bytes, reason: str) -> None:
    case.shards(GOOD)
    case.ids.write_bytes(text)
    message = case.message()
    assert message.startswith(str(case.ids))
    assert reason in message


def test_refuses_files_that_cannot_be_read(case: Case) -> None:
    case.shards(GOOD)
    file = case.predictions / "prediction.results-00000-of-00001"
    file.unlink()
    file.mkdir()
    assert f"{file}: cannot be read" in case.message()
    case.ids.unlink()
    assert f"{case.ids}: cannot be read (No such file or directory)" in case.message()


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_leaves_nothing_on_a_full_disk(tmp_path: Path) -> None:
    ids = [f"{number:06d}" for number in range(1000)]
    case = Case(tmp_path, ids)
    case.shards([nested(image_id, [1], [1]) for image_id in ids])
    with small_disk(4096):
        assert f"{case.csv}: cannot be written (File too large)" in case.message()


def test_keeps_an_earlier_submission_when_it_fails(case: Case) -> None:
    case.shards(GOOD)
    case.convert()
    before = case.csv.read_bytes()
    case.shards(GOOD[:2])
    with pytest.raises(InputError, match="no prediction for 1 of the 3"):
        case.convert()
    assert case.csv.read_bytes() == before


def test_refuses_a_place_that_cannot_be_written(case: Case) -> None:
    case.shards(GOOD)
    with pytest.raises(InputError, match="cannot be written"):
        predictions_to_csv(case.predictions, case.ids, case.ids / "submission.csv")
    case.csv.mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        predictions_to_csv(case.predictions, case.ids, case.csv)
    assert [path.name for path in case.folder.glob("submission*")] == ["submission.csv"]


def test_imports_neither_tensorflow_nor_beam() -> None:
    program = (
        "import sys, models.submission, models.score\n"
        "assert not {'tensorflow', 'keras', 'apache_beam'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT)


texts = st.text(
    st.one_of(st.sampled_from(',"\n\r\t ;é\u2028\x85'), st.characters(exclude_categories=["Cs"])),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=150)
@given(
    ids=st.lists(texts, min_size=1, max_size=40, unique=True),
    shards=st.integers(1, 4),
    block=st.sampled_from([1, 100, 1000, 1 << 17]),
    seed=st.integers(0, 2**32),
)
def test_any_ids_in_any_order_and_sharding_give_the_same_csv(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], shards: int, block: int, seed: int
) -> None:
    draw = random.Random(seed)
    ids = draw.choice([ids, sorted(ids)])
    case = Case(tmp_path_factory.mktemp("case"), ids)
    answers = {}
    for image_id in ids:
        k = draw.randint(1, 3)
        answers[image_id] = (
            draw.sample(range(345), k),
            sorted((draw.random() for _ in range(k)), reverse=True),
        )
    order = draw.choice([ids, draw.sample(ids, len(ids))])
    form = draw.choice([bare, nested])
    lines = [form(image_id, *answers[image_id]) for image_id in order]
    case.shards(*(lines[start : start + 40 // shards] for start in range(0, 40, 40 // shards)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prediction_files, "_BLOCK_BYTES", block)
        assert case.convert() == [[image_id, str(answers[image_id][0][0])] for image_id in ids]
