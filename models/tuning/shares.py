"""Divides a machine between processes that train at the same time: cores and GPUs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class Share:
    """What one of the processes has of the machine.

    Attributes:
        cores: that it runs on; TensorFlow and JAX start as many threads. () for all.
        environment: variables that it has more.
    """

    cores: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def take(self) -> None:
        """Makes it this process's, which has not started TensorFlow's or JAX's runtime yet."""
        if self.cores and sys.platform == "linux":
            os.sched_setaffinity(0, self.cores)
        os.environ.update(self.environment)


def shares(count: int) -> list[Share]:
    """Returns the shares of `count` processes: their own where there is enough, else shared."""
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    return share_out(count, cores, _gpus())


def share_out(count: int, cores: Sequence[int], gpus: Sequence[str]) -> list[Share]:
    """Deals out cores and GPUs.

    Args:
        count: of processes.
        cores: by number.
        gpus: as CUDA_VISIBLE_DEVICES names them.
    """
    return [
        Share(_dealt(cores, index, count), _environment(_dealt(gpus, index, count), count, gpus))
        for index in range(count)
    ]


def _environment(dealt: Sequence[str], count: int, gpus: Sequence[str]) -> dict[str, str]:
    if not gpus:
        return {}
    environment = {"CUDA_VISIBLE_DEVICES": ",".join(dealt)}
    if count > len(gpus):  # else the first process takes all memory of a GPU that others use too
        environment |= {
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        }
    return environment


def _dealt(things: Sequence[_T], index: int, count: int) -> Sequence[_T]:
    return things[index::count] or things[index % len(things) :][:1] if things else ()


def _gpus() -> list[str]:
    """Returns the GPUs that a process sees, found without starting anything on them."""
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if listed is not None:
        return [gpu for gpu in listed.split(",") if gpu.strip() not in ("", "-1")]
    if not shutil.which("nvidia-smi"):
        return []
    told = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False).stdout
    return [str(index) for index in range(told.count("GPU "))]
