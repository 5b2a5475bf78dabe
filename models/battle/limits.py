"""What a stranger's model may use."""

import math
from dataclasses import dataclass

from preprocessing.errors import InputError

_LEAST_GIB = 1.0  # TensorFlow alone takes most of it


@dataclass(frozen=True)
class Limits:
    """What one player may use in one match.

    Attributes:
        load_seconds: wall time to be checked, loaded and run once.
        call_seconds: wall time of one answer.
        cpu_seconds: processor time of the whole match.
        memory_gib: memory that the process may reserve, TensorFlow's own included.
        file_bytes: size of the SavedModel.

    Raises:
        InputError: a limit cannot be.
    """

    load_seconds: float = 60.0
    call_seconds: float = 5.0
    cpu_seconds: int = 180
    memory_gib: float = 4.0
    file_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        if not 0 < self.call_seconds < math.inf:
            raise InputError(f"call_seconds={self.call_seconds}: expected a number above 0")
        if not _LEAST_GIB <= self.memory_gib < math.inf:
            raise InputError(
                f"memory_gib={self.memory_gib}: expected {_LEAST_GIB:g} or more, as TensorFlow"
                " needs most of it"
            )

    @property
    def memory_bytes(self) -> int:
        """The same as `memory_gib`."""
        return int(self.memory_gib * 2**30)

    @property
    def memory_told(self) -> str:
        """What is said of a player that needs more memory."""
        return f"used more than {self.memory_gib:.3g} GiB of memory"
