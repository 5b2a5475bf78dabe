"""The GAN tournament: submissions against each other, judged on images that none has seen."""

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from components.preprocess_gan import preprocess_gan
from components.tournament import tournament
from models.battle.limits import Limits
from pipelines.target import Target

CHALLENGE = "gan"
"""Whose data it takes."""

_LIMITS = Limits()


def build(target: Target) -> BaseComponent:
    """Returns the pipeline: a folder of submissions and real images to a champion."""

    @dsl.pipeline(
        name="tournament",
        description="GAN tournament: a folder of submissions to a bracket and its champion.",
    )
    def pipeline(
        source: str,
        teams: str,
        source_fingerprint: str = "",
        teams_fingerprint: str = "",
        seed: int = 0,
        round_robin: bool = False,
        call_seconds: float = _LIMITS.call_seconds,
        memory_gib: float = _LIMITS.memory_gib,
        pause_seconds: float = 0.0,
        train_images: int = 0,
        validation_images: int = 689,
        test_images: int = 624,
        split_seed: int = 0,
        crop: float = 0.6,
        use_mnist: bool = False,
        shard_size: int = 32_768,
        max_bad_fraction: float = 0.0,
        beam_args: list[str] = [],  # noqa: B006 (KFP copies it)
    ) -> None:
        data = preprocess_gan(
            source=source,
            source_fingerprint=source_fingerprint,
            train_images=train_images,
            validation_images=validation_images,
            test_images=test_images,
            seed=split_seed,
            shard_size=shard_size,
            max_bad_fraction=max_bad_fraction,
            crop=crop,
            use_mnist=use_mnist,
            beam_args=beam_args,
        )
        result = tournament(
            examples=data.outputs["examples"],
            teams=teams,
            teams_fingerprint=teams_fingerprint,
            seed=seed,
            round_robin=round_robin,
            call_seconds=call_seconds,
            memory_gib=memory_gib,
            pause_seconds=pause_seconds,
        )
        for step in (data, result):
            target.place(step)

    return pipeline
