"""Makes the sample data that a pipeline runs on when no data is given."""

import importlib
import tempfile
from contextlib import suppress
from pathlib import Path

from pipelines.display import Display
from pipelines.local.code_hash import code_hash

SAMPLES = Path("data") / "sample"


def make_sample(challenge: str, display: Display) -> str:
    """Returns the folder of a challenge's sample data, made if it is not there yet.

    The folder's name carries a hash of the code that draws, so that other code draws anew.
    """
    module = f"preprocessing.samples.{challenge}"
    folder = SAMPLES / f"{challenge}-{code_hash(module, challenge)}"
    if not folder.is_dir():
        display.note(f"no DATA given: making sample data in {folder}")
        SAMPLES.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=SAMPLES) as unfinished:
            drawn = Path(unfinished, challenge)
            importlib.import_module(module).write_sample(str(drawn))
            with suppress(OSError):  # another run was first
                drawn.rename(folder)
    return str(folder)
