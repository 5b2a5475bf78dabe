import csv
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.score import score
from preprocessing.errors import InputError

LABELS = "Id,Category\na,0\nb,1\nc,1\nd,2\n"


class Case:
    def __init__(self, folder: Path) -> None:
        self.labels = folder / "test_labels.csv"
        self.csv = folder / "submission.csv"
        self.labels.write_text(LABELS)

    def message(self) -> str:
        with pytest.raises(InputError) as error:
            score(self.csv, self.labels)
        assert "\n" not in str(error.value)
        return str(error.value)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_joins_by_id_and_counts_by_class(case: Case) -> None:
    case.csv.write_text("Id,Category\nd,2\nb,1\nc,0\na,0\n")
    assert score(case.csv, case.labels) == {
        "examples": 4,
        "correct": 3,
        "accuracy": 0.75,
        "accuracy_by_class": {"0": 1.0, "1": 0.5, "2": 1.0},
    }


def test_of_pairs_the_first_class_counts(case: Case) -> None:
    case.csv.write_text("Id,Category\na,0 0.987654 1 0.01\nb,0 0.5\nc,1 0.5 2 0.5\nd,1 1.0\n")
    assert score(case.csv, case.labels)["correct"] == 2


def test_a_class_that_the_test_split_lacks_is_wrong_and_no_error(case: Case) -> None:
    case.csv.write_text("Id,Category\na,0\nb,344\nc,1\nd,3\n")
    assert score(case.csv, case.labels) == {
        "examples": 4,
        "correct": 2,
        "accuracy": 0.5,
        "accuracy_by_class": {"0": 1.0, "1": 0.5, "2": 0.0},
    }


def test_takes_what_a_spreadsheet_saves(case: Case) -> None:
    case.csv.write_bytes(b'\xef\xbb\xbfId,Category\r\n"a","0"\r\nb,1\r\nc,1\r\nd,2\r\n')
    assert score(case.csv, case.labels)["accuracy"] == 1.0


GOOD = "Id,Category\na,0\nb,1\nc,1\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", ", row 1: expected the header Id,Category, found ''"),
        (b"id,category\na,0\n", ", row 1: expected the header Id,Category, found 'id,category'"),
        (GOOD, ": no row for 1 of the 4 ids in "),
        (GOOD + "d", ", row 5: expected Id,Category, found 1 cells"),
        (GOOD + "d,2\n\n", ", row 6: expected Id,Category, found 0 cells"),
        (GOOD + "d,2,\n", ", row 5: expected Id,Category, found 3 cells"),
        (GOOD + "b,1\n", ", row 5: a second row for id 'b'; submit each id once"),
        (GOOD + "e,1\n", ", row 5: id 'e' is not in "),
        (GOOD + "d,-1\n", ", row 5: Category '-1' is no class; expected a whole number, 0 for"),
        (GOOD + "d,2.0\n", ", row 5: Category '2.0' is no class"),
        (GOOD + "d,²\n", ", row 5: Category '²' is no class"),
        (GOOD + "d,02\n", ", row 5: Category '02' is no class"),
        (GOOD + "d,\n", ", row 5: Category '' is no class"),
        (GOOD + "d,cat\n", ", row 5: Category 'cat' is no class"),
        (GOOD + "d,2 0.5 1\n", ", row 5: Category '2 0.5 1' is no class"),
        (GOOD.encode() + b"\xff,2\n", ": not UTF-8 text"),
        (GOOD + '"d', ": not a whole CSV file"),
    ],
)
def test_names_what_is_wrong_with_a_submission(case: Case, text: str | bytes, reason: str) -> None:
    case.csv.write_bytes(text.encode() if isinstance(text, str) else text)
    message = case.message()
    assert message.startswith(str(case.csv) + reason)


def test_names_the_first_of_the_missing_ids(case: Case) -> None:
    case.labels.write_text("Id,Category\n" + "".join(f"{number},1\n" for number in range(9)))
    case.csv.write_text("Id,Category\n8,1\n0,1\n")
    assert case.message() == (
        f"{case.csv}: no row for 7 of the 9 ids in {case.labels}: '1', '2', '3', '4', '5', ...;"
        " submit these too"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Id,Category\n", ": no labels after the header"),
        (LABELS + "a,1\n", ", row 6: a second label for id 'a'"),
        (LABELS + "e,dog\n", ", row 6: label 'dog' is no whole number"),
        ("Id,Label\na,1\n", ", row 1: expected the header Id,Category, found 'Id,Label'"),
    ],
)
def test_names_what_is_wrong_with_the_labels(case: Case, text: str, reason: str) -> None:
    case.csv.write_text(GOOD)
    case.labels.write_text(text)
    assert case.message().startswith(str(case.labels) + reason)


def test_names_files_that_are_not_there(case: Case) -> None:
    assert case.message() == f"{case.csv}: cannot be read (No such file or directory)"
    case.labels.unlink()
    case.labels.mkdir()
    assert case.message() == f"{case.labels}: cannot be read (Is a directory)"


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@settings(deadline=None)
@given(
    labels=st.dictionaries(texts, st.integers(0, 9), min_size=1, max_size=30),
    pairs=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_any_ids_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, labels: dict[str, int], pairs: bool, seed: int
) -> None:
    draw = random.Random(seed)
    case = Case(tmp_path_factory.mktemp("case"))
    answers = {image_id: draw.randint(0, 10) for image_id in labels}
    suffix = " 0.500000" if pairs else ""
    for path, rows in (
        (case.labels, [(image_id, str(label)) for image_id, label in labels.items()]),
        (case.csv, [(image_id, f"{answer}{suffix}") for image_id, answer in answers.items()]),
    ):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("Id", "Category"), *draw.sample(rows, len(rows))])
    correct = sum(answers[image_id] == label for image_id, label in labels.items())
    assert score(case.csv, case.labels)["correct"] == correct
