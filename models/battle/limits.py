"""What a stranger's model may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one player may use in one match.

    Attributes:
        load_seconds: wall time to be checked, loaded and run once.
        call_seconds: wall time of one answer.
        cpu_seconds: processor time of the whole match.
        memory_bytes: memory that the process may reserve, TensorFlow's own included.
        file_bytes: size of the SavedModel.
    """

    load_seconds: float = 60.0
    call_seconds: float = 5.0
    cpu_seconds: int = 180
    memory_bytes: int = 4 << 30
    file_bytes: int = 1 << 30

    @property
    def memory_told(self) -> str:
        """What is said of a player that needs more memory."""
        return f"used more than {self.memory_bytes / 2**30:.3g} GiB of memory"
