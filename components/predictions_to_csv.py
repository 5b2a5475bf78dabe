"""Step 5: predictions -> the submission."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def predictions_to_csv(
    predictions: dsl.Input[dsl.Artifact],
    examples: dsl.Input[dsl.Dataset],
    submission: dsl.Output[dsl.Artifact],
    pairs: bool,
) -> None:
    """Writes `Id,Category` for every id of the test manifest; see `models.submission`."""
    from components.location import location
    from components.step import step
    from models.submission import predictions_to_csv
    from preprocessing.examples import TEST_IDS_FILE

    submission.uri += ".csv"
    with step():
        rows = predictions_to_csv(
            location(predictions),
            f"{location(examples)}/{TEST_IDS_FILE}",
            submission.path,
            pairs=pairs,
        )
    submission.metadata["rows"] = rows
