"""What a run was, did and left, wherever it ran; of a local one in `run.json`."""

import json
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from pipelines.local.run_lock import is_locked
from preprocessing.errors import InputError

RUN_FILE = "run.json"

Seconds = Annotated[float, Field(ge=-1e11, le=1e11)]
"""Read from a file, within what a clock can show: some thousand years either way."""


@dataclass
class Step:
    """One step of a run.

    Attributes:
        name: of its task.
        status: `pending`, `running`, `succeeded`, `cached`, `failed`, `interrupted`, `killed` or
            `skipped`: its condition did not hold.
        seconds: how long it took.
        artifacts: path or URI of each output, by name.
        metrics: what it logged.
        log: its log: a file, or a link; "" for a cached step, which has none.
        error: one line on why it failed; "" if it did not.
        link: its page in the console; "" for a local one.
    """

    name: str
    status: str = "running"
    seconds: Seconds = 0.0
    artifacts: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    log: str = ""
    error: str = ""
    link: str = ""


@dataclass
class RunRecord:
    """A run.

    Attributes:
        run: its name; of a local one that of its folder.
        pipeline: name of the pipeline.
        folder: where its steps leave their artifacts; a folder or a URI.
        parameters: the arguments that were given; the others had their defaults.
        commit: the git commit, with `+changes` when the checkout differed from it; "" if unknown.
        status: `pending`, `running`, `succeeded`, `failed` or `interrupted` (cancelled); of a local
            one read back, also `killed`: its process went without a word.
        started: when, in seconds since 1970.
        seconds: how long it took.
        steps: in the order in which they ran.
        backend: `local`, `vertex` or `kubeflow`.
        user: who started it; "" if unknown.
        link: its page in the console; "" for a local one.
        error: one line on why it failed, where no step says so.
    """

    run: str
    pipeline: str
    folder: str
    parameters: dict[str, Any]
    commit: str
    status: str = "running"
    started: Seconds = field(default_factory=time.time)
    seconds: Seconds = 0.0
    steps: list[Step] = field(default_factory=list)
    backend: str = "local"
    user: str = ""
    link: str = ""
    error: str = ""

    @staticmethod
    def read(folder: Path) -> "RunRecord":
        """Reads the record of the run in `folder`.

        Raises:
            InputError: `run.json` is no record of a run.
        """
        alive = is_locked(folder)  # asked first: a run that has ended since has said how
        path = folder / RUN_FILE
        try:
            record = _reader().validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            told = f"{where}: {first['msg']}" if where else first["msg"]
            raise InputError(
                f"{path}: not the record of a run ({told}); remove this run's folder"
            ) from None
        record.run, record.folder = folder.name, str(folder)  # it may have been renamed since
        if record.status == "running" and not alive:
            record.status = "killed"
            for step in record.steps:
                step.status = step.status.replace("running", "killed")
        return record

    @property
    def artifacts(self) -> dict[str, str]:
        """The artifacts of all steps."""
        return {name: path for step in self.steps for name, path in step.artifacts.items()}

    def save(self) -> None:
        """Writes `run.json` into the run's folder, whole or not at all."""
        self.seconds = time.time() - self.started
        folder = Path(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{RUN_FILE}"
        temporary.write_text(json.dumps(asdict(self), indent=2) + "\n")
        temporary.replace(folder / RUN_FILE)


@cache
def _reader() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)  # to build it takes longer than to read hundreds of records
