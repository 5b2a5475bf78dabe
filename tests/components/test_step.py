"""How a component ends when its input is at fault or it is told to stop."""

import errno
import gc
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from components.step import step
from preprocessing.errors import InputError


@pytest.fixture(autouse=True)
def _restored_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_bad_input_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, step():
        raise InputError("a.npy: empty; remove it")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: a.npy: empty; remove it\n"


def test_a_full_disk_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, step():
        raise OSError(errno.ENOSPC, "No space left on device", "model/network.keras")
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "error: model/network.keras: No space left on device; free some space, or name a folder"
        " that you may write to\n"
    )


def test_the_handler_that_was_there_comes_back_and_threads_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with step():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before

    def work() -> int:
        with step():
            return 1

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == 1


def test_imports_are_not_interrupted_to_look_for_garbage() -> None:
    before = gc.get_threshold()
    gc.set_threshold(700)
    with step():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > 10_000
    gc.set_threshold(*before)


def test_a_defect_of_ours_keeps_its_trace() -> None:
    with pytest.raises(KeyError), step():
        raise KeyError("a")


def test_sigterm_lets_the_step_clean_up() -> None:
    cleaned = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            cleaned.append(True)

    with pytest.raises(SystemExit) as ended, step():
        work()
    assert ended.value.code == 143
    assert cleaned
