"""What `make models` shows in a terminal, however narrow it is."""

import io

import pytest
from rich.console import Console

from models.promotion.version import Facts, Reign, Version
from pipelines.history.version_table import print_versions

RUN = "quickdraw-retraining-2026-11-21-14-36-25-898119"
NOON = "2026-11-21T12:00:00+00:00"
WHY = "better: 88.00 % right against 67.60 % of version 1 on the same 500 examples"


@pytest.mark.parametrize(
    ("width", "missing"),
    [(60, "commit, registered"), (80, "commit, registered"), (105, "commit"), (200, "")],
)
def test_a_version_is_a_line_and_the_champion_a_sentence(width: int, missing: str) -> None:
    facts = Facts("quickdraw", RUN, RUN, "0123456789ab", accuracy=0.88)
    reign = Reign("2026-11-21T12:00:01.000001+00:00", RUN, WHY)
    versions = [
        Version(1, NOON, "place", facts),
        Version(2, NOON, "place", facts, champion=True, reigns=(reign,)),
    ]
    screen = io.StringIO()
    print_versions(versions, Console(file=screen, width=width))
    title, first, second, *others = screen.getvalue().splitlines()
    assert max(map(len, (title, first, second))) <= width
    assert first.split()[:3] == ["quickdraw", "1", "0.8800"]
    assert second.split()[:4] == ["quickdraw", "2", "champion", "0.8800"]
    assert ("0123456789ab" in first, RUN in first) == (not missing, width > 80)
    assert others[0] == (f"no room for: {missing}" if missing else "")
    assert others[-1].startswith("quickdraw: version 2 is champion since 2026-11-21 ")
    assert others[-1].endswith(f", by {RUN}: {WHY}")
