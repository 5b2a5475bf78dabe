"""What a reader pastes or clicks is there: targets, files, headings and settings."""

import re
from pathlib import Path

import pytest

from pipelines.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def anchors(page: Path) -> set[str]:
    """Returns the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^-\w ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pages
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


@pages
def test_every_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^|`|&& )make (?:-s )?([a-z-]+)", page.read_text(), re.MULTILINE)
    assert set(named) <= targets


@pages
def test_every_file_that_is_named_exists(page: Path) -> None:
    folders = "pipelines|models|components|preprocessing|tests|benchmarks"
    named = re.findall(rf"`((?:{folders})/[^`<*\s]+)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_setting_is_in_the_table() -> None:
    page = (ROOT / "docs" / "vertex.md").read_text()
    table = page.partition("\n## Settings\n")[2].partition("\n## ")[0]
    first = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    listed = [name for cell in first for name in re.findall(r"`([A-Z_]+)`", cell)]
    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)
