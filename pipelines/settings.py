"""Where a pipeline's steps run: from the environment or `.env`, never from code."""

from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from preprocessing.errors import InputError

PRESETS = {"cpu": ("", 0), "gpu": ("NVIDIA_TESLA_T4", 1), "4gpu": ("NVIDIA_TESLA_T4", 4)}
"""Accelerator and count for the machines that the challenges were trained on."""


class Settings(BaseSettings):
    """Each field is read from the environment variable of its name in capitals.

    Attributes:
        image: the image with tag or digest; by default the project's with the git commit.
        preset: `cpu`, `gpu` or `4gpu`.
        accelerator: type of accelerator for training, such as NVIDIA_TESLA_T4; goes before the
            preset.
        accelerator_count: how many of them; one if only `accelerator` is given.
        train_cpu: cores of the training step.
        train_memory: its memory, such as 32G.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    image: str = Field(default="", pattern=r"^$|[:@][^/]+$")
    preset: Literal["cpu", "gpu", "4gpu"] = "cpu"
    accelerator: str = ""
    accelerator_count: int | None = Field(default=None, ge=1, le=16)
    train_cpu: int = Field(default=8, ge=1)
    train_memory: str = Field(default="30G", pattern=r"^[1-9][0-9]*(G|Gi|M|Mi)$")

    def training_accelerator(self) -> tuple[str, int]:
        """Returns the type and number of accelerators of the training step; ("", 0) for none."""
        if self.accelerator:
            return self.accelerator, self.accelerator_count or 1
        if self.accelerator_count and self.preset == "cpu":
            raise InputError(
                f"ACCELERATOR_COUNT: {self.accelerator_count} of which accelerator? Set"
                " ACCELERATOR too, such as NVIDIA_TESLA_T4, or PRESET=gpu"
            )
        kind, count = PRESETS[self.preset]
        return kind, self.accelerator_count or count


def read_settings() -> Settings:
    """Reads the settings.

    Raises:
        InputError: a variable has a value that cannot be; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        raise InputError(f"{name}: {first['msg']}, got {first['input']!r}") from None
