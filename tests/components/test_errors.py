"""How a component ends when its input is at fault."""

import pytest

from components.errors import one_line_errors
from preprocessing.errors import InputError


def test_bad_input_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, one_line_errors():
        raise InputError("a.npy: empty; remove it")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: a.npy: empty; remove it\n"


def test_a_defect_of_ours_keeps_its_trace() -> None:
    with pytest.raises(KeyError), one_line_errors():
        raise KeyError("a")
