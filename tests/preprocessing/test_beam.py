"""What the transforms may rely on: options, errors and counters of a pipeline, whole files."""

import errno
import threading
from pathlib import Path
from typing import Any, ClassVar

import apache_beam
import pytest
from apache_beam.metrics import Metrics
from apache_beam.runners.runner import PipelineResult, PipelineRunner

from preprocessing import beam
from preprocessing.errors import InputError


def build(pipeline: apache_beam.Pipeline) -> None:
    def double(number: int) -> int:
        Metrics.counter("numbers", "seen").inc()
        Metrics.counter("others", "seen").inc()
        return 2 * number

    _ = pipeline | apache_beam.Create([1, 2, 3]) | apache_beam.Map(double)


@pytest.mark.parametrize("beam_args", [[], ["--runner=DirectRunner"], ["--runner", "direct"]])
def test_runs_here_by_default_and_counts(
    beam_args: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from apache_beam.runners.portability import prism_runner

    monkeypatch.delattr(prism_runner, "PrismRunner")  # which DirectRunner would download
    assert beam.counters(beam.run_pipeline(build, beam_args), "numbers") == {"seen": 3}


@pytest.mark.parametrize(
    ("beam_args", "told"),
    [
        (
            ["--runner=Nope"],
            "--runner=Nope: not options that Beam can use (Unexpected pipeline run",
        ),
        (["--runner=no.such.Runner"], "No module named 'no'"),
        (["--direct_num_workers=many"], "argument --direct_num_workers: invalid int value: 'many'"),
        (["--direct_running_mode=fast"], "invalid choice: 'fast'"),
        (["--experiments"], "--experiments: expected one argument"),
        (["--runner=DataflowRunner"], "Missing required option: region."),
    ],
)
def test_options_that_beam_cannot_use_are_named_in_one_line(
    beam_args: list[str], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError) as raised:
        beam.run_pipeline(build, beam_args)
    message = str(raised.value)
    assert message.startswith(" ".join(beam_args) + ": ")
    assert told in message
    assert "\n" not in message
    assert "usage:" not in capfd.readouterr().err


def test_what_a_transform_refuses_is_told_in_one_line() -> None:
    def refuse(number: int) -> None:
        raise InputError(f'row {number}: it\'s no "image"; mend it')

    with pytest.raises(InputError) as raised:
        beam.run_pipeline(lambda p: p | apache_beam.Create([7]) | apache_beam.Map(refuse))
    assert str(raised.value) == 'row 7: it\'s no "image"; mend it'


def test_a_step_that_is_told_to_stop_within_a_transform_ends_as_told() -> None:
    def stop(number: int) -> None:
        raise SystemExit(143)

    with pytest.raises(SystemExit) as raised:
        beam.run_pipeline(lambda p: p | apache_beam.Create([7]) | apache_beam.Map(stop))
    assert raised.value.code == 143


class RemoteRunner(PipelineRunner):  # type: ignore[misc]
    """Starts a job elsewhere that goes on until it is cancelled."""

    cancelled: ClassVar[list[bool]] = []

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        class Job(PipelineResult):  # type: ignore[misc]
            def wait_until_finish(self, duration: Any = None) -> None:
                raise SystemExit(143)

            def cancel(self) -> None:
                RemoteRunner.cancelled.append(True)

        return Job(None)


def test_a_job_elsewhere_is_cancelled_with_the_step() -> None:
    with pytest.raises(SystemExit, match="143"):
        beam.run_pipeline(build, [f"--runner={__name__}.RemoteRunner"])
    assert RemoteRunner.cancelled == [True]


def test_what_else_fails_is_not_taken_for_the_users_fault() -> None:
    def fail(number: int) -> float:
        return number / 0

    with pytest.raises(Exception, match="division by zero") as raised:
        beam.run_pipeline(lambda p: p | apache_beam.Create([7]) | apache_beam.Map(fail))
    assert not isinstance(raised.value, InputError)


def test_reports_the_files_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beam, "_WATCH_SECONDS", 0.01)
    (tmp_path / "a").touch()
    (tmp_path / ".b.temporary").touch()
    reported: list[int] = []
    twice = threading.Event()

    def report(files: int) -> None:
        reported.append(files)
        if len(reported) == 2:
            twice.set()

    with beam.watch_files(f"{tmp_path}/*", report):
        assert twice.wait(60)
    assert set(reported) == {1}


def test_writes_over_an_earlier_file_and_removes_by_pattern(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for data in (b"first", b"second"):
        beam.write_file(str(path), data, "attempt")
        assert path.read_bytes() == data
    (tmp_path / "b").touch()
    assert {file.name for file in tmp_path.iterdir()} == {"a", "b"}
    for _ in range(2):
        beam.remove_files(f"{tmp_path}/a*")
        assert [file.name for file in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("create", r"a: cannot be written \(No space left on device\); free"),
        ("rename", r"a: cannot be written \(No space left on device\); free"),
        ("delete", r"a\*: cannot be removed \(.*No space left on device\); remove"),
    ],
)
def test_what_the_file_system_refuses_is_told_as_it_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, told: str
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = tmp_path / "run[1]"
    folder.mkdir()
    (folder / "ab").touch()
    monkeypatch.setattr(f"apache_beam.io.filesystems.FileSystems.{method}", full)

    def write_and_remove() -> None:
        beam.write_file(str(folder / "a"), b"data", "attempt")
        beam.remove_files(f"{tmp_path}/run*/a*")

    with pytest.raises(InputError, match=told):
        write_and_remove()
    assert not list(folder.glob(".*"))
