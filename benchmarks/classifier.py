"""An untrained classifier and examples to judge it by, as the steps hand them on."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from benchmarks.drawings import CLASSES, write_drawings

MODEL = "model"
"""The model's folder."""


def write_classifier(folder: Path, examples: int) -> None:
    """Writes `examples/` and the model folder of the network Cnn of Quick, Draw!.

    Args:
        folder: is there.
        examples: of the validation split, and of the test split.
    """
    from models.export import export_model
    from models.network import build_network, find_network
    from preprocessing.preprocess import preprocess
    from preprocessing.quickdraw import CHALLENGE
    from preprocessing.split_sizes import SplitSizes

    write_drawings(folder / "drawings", 3 * examples)
    each = examples // CLASSES
    with redirect_stdout(StringIO()):  # the progress
        info = preprocess(
            str(folder / "drawings"),
            str(folder / "examples"),
            str(folder / "transform"),
            CHALLENGE.name,
            SplitSizes(100, each, each),
        )
    network = build_network(
        find_network(f"models.{CHALLENGE.name}", "Cnn"),
        info.image_shape,
        len(info.class_names),
        info.pixel_mean,
        info.pixel_variance,
    )
    export_model(
        network,
        folder / "transform",
        info.class_names,
        CHALLENGE.top_k,
        folder / MODEL,
        CHALLENGE.record_features,
    )
