"""Measurements are taken in turns, compared by their medians, and kept until they are new."""

from pathlib import Path

import pytest

from benchmarks.results import keep, write_table
from benchmarks.rounds import in_turns
from benchmarks.row import Row

FAST = Row("reading", "a loop", "images/s", [900, 400, 1000], [100, 90, 300], 5, at_least=True)


def test_medians_are_compared() -> None:
    assert FAST.value == 9
    assert FAST.reached
    late = Row("start", "the import", "s", [3.5, 3.0], [2.5, 2.0], 0.5, compared="difference")
    assert late.value == 1
    assert not late.reached
    assert Row("compile", "", "s", [4, 6, 4], [], 5, compared="alone").reached


def test_ways_are_measured_in_turns() -> None:
    order: list[str] = []

    def way(name: str) -> float:
        order.append(name)
        return len(order)

    measured = in_turns({"a": lambda: way("a"), "b": lambda: way("b")}, rounds=3)
    assert "".join(order) == "abbaab"
    assert measured == {"a": [1, 4, 5], "b": [2, 3, 6]}


def test_a_new_measurement_replaces_its_own_rows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = Path("docs/performance.md")
    document.parent.mkdir()
    Path("benchmarks").mkdir()
    marks = "<!-- make bench writes from here -->\n<!-- to here -->"
    document.write_text(f"# Performance\n\n{marks}\n\n## After\n")
    write_table(["input", "size"])
    assert "|" not in document.read_text()

    keep("size", [Row("size", "float list", "bytes", [840], [3190], 0.2)])
    keep("input", [FAST])
    keep("size", [Row("size", "float list", "bytes", [840], [3190], 0.27)])
    write_table(["input", "size"])
    write_table(["input", "size"])
    text = document.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows[1:] == [
        "| reading | a loop | 900 images/s | 100 images/s | 9 x | ≥ 5 x | reached |",
        "| size | float list | 840 bytes | 3,190 bytes | 0.263 x | ≤ 0.27 x | reached |",
    ]
    assert text.startswith("# Performance\n")
    assert text.endswith("\n\n## After\n")
