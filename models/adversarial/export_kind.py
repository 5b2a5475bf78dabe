"""How the exports of a GAN are evaluated while it trains: by the distance to real images."""

from typing import Any

from models.adversarial.evaluation import evaluate_gan
from models.export_evaluation import ExportKind


def _last_step(history: list[dict[str, Any]]) -> int:
    return history[-1]["step"] if history else 0


GAN = ExportKind(
    evaluate_gan,
    _last_step,
    columns={
        "frechet_distance": "Frechet",
        "kernel_distance": "kernel",
        "accuracy_real": "real",
        "accuracy_generated": "generated",
        "diversity": "diversity",
    },
    plotted=(
        *("frechet_distance", "kernel_distance", "accuracy_real", "accuracy_generated"),
        *("diversity", "distinctness", "coverage", "copies"),
    ),
    best="frechet_distance",
    rank=lambda metrics: (-metrics["frechet_distance"],),
)
