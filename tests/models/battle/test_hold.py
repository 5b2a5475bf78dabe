"""What a tournament leaves: files that parse back, and a page that no name can break."""

import csv
import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from models.battle.bracket import draw_bracket
from models.battle.hold import BRACKET_FILE, PAGE_FILE, RESULTS_FILE, hold
from models.battle.results import RESULTS_HEADER
from models.battle.round_robin import draw_round_robin
from models.battle.teams import Team
from models.battle.tournament import Tournament, battle
from models.csv_files import csv_rows
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.battle.players import Scripted, always_real, opens, perfect, team, wrong
from tests.models.conftest import write_examples

HOSTILE = [
    "<script>alert(1)<\u2215script>",
    '"><img src=x onerror=alert(1)>',
    "</style><svg onload=alert(1)>",
    "=cmd|' \u2215C calc'!A0",
    "@SUM(1,2)",
    "x" * 300,
    "🤖 Zürich",
    "فريق الوجوه",
    "{{ 7 * 7 }}",
    'a,b"c',
    "javascript:alert(1)",
]
JUDGES = [perfect, always_real, wrong]


@contextmanager
def open_by_number(saved_model: Path) -> Iterator[Scripted]:
    """Opens players that differ; each third breaks a rule."""
    number = int(saved_model.name)
    breaks = ["", "", "open", "", "", "generate", "", "", "discriminate"][number % 9]
    players = {"x": Scripted(JUDGES[number % 2], seconds=number / 100, breaks=breaks)}
    with opens(**players)(Path("x")) as player:
        yield player  # type: ignore[misc]


def hostile_teams() -> list[Team]:
    return [Team(name, Path(str(number))) for number, name in enumerate(HOSTILE)]


class Page(HTMLParser):
    """Checks that tags nest, and collects them and the text outside of styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


@pytest.mark.parametrize(("draw", "count"), [(draw_bracket, 11), (draw_round_robin, 6)])
def test_no_name_breaks_the_page_or_the_files(
    draw: Callable[..., Tournament], count: int, examples: Examples, tmp_path: Path
) -> None:
    teams = hostile_teams()[:count]
    tournament = draw(teams, 1)
    hold(tournament, teams, open_by_number, examples, tmp_path)

    text = (tmp_path / PAGE_FILE).read_text()
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "svg", "iframe", "object", "embed", "form", "link", "base"}
    attributes = {name for _, attributes in page.tags for name in attributes}
    assert not any(name.startswith("on") or name in ("src", "action") for name in attributes)
    links = {attributes["href"] for _, attributes in page.tags if "href" in attributes}
    assert all(re.fullmatch(r"#match-\d+", link or "") for link in links)
    assert set(re.findall(r"url\((.{22})", text)) == {"data:image/png;base64,"}
    assert "@import" not in text
    assert 'http-equiv="refresh"' not in text  # all is played
    for name in tournament.teams:
        assert name in page.text

    values = json.loads((tmp_path / BRACKET_FILE).read_text())
    assert values["teams"] == sorted(HOSTILE[:count])
    rows = [row for _, row in csv_rows(tmp_path / RESULTS_FILE, RESULTS_HEADER)]
    assert len(rows) == len(tournament.matches)
    matches = [one["match"] for pairings in values["rounds"] for one in pairings if one["match"]]
    for row, match, played in zip(rows, matches, tournament.matches, strict=True):
        names = [cell.removeprefix("'") for cell in (row[2], row[3], row[8])]
        assert names == [*played.teams, match["winner"]]
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
        assert match["points"] == list(played.points)
        points = ["", ""] if any(match["forfeits"]) else [str(value) for value in match["points"]]
        assert row[4:6] == points
        assert row[9] == match["decided_by"]


def test_the_points_can_be_counted_again(examples: Examples, tmp_path: Path) -> None:
    a, b = team("a"), team("b")
    players = opens(a=Scripted(perfect), b=Scripted(always_real))
    hold(battle(a, b, 3), [a, b], players, examples, tmp_path)
    values = json.loads((tmp_path / BRACKET_FILE).read_text())
    assert values["champion"] == "a"
    assert values["seed"] == 3
    assert values["real_images"] == {
        "source": "noise",
        "fingerprint": "0",
        "split": "test",
        "images": 40,
    }
    match = values["rounds"][0][0]["match"]
    first, second = match["rounds"][0]
    assert (first["generator"], second["generator"]) == ("a", "b")
    assert first["answers"] == "1" * 30
    assert second["answers"] == second["truth"]
    assert sorted(first["truth"]) == ["0"] * 15 + ["1"] * 15
    assert match["points"] == [30, 15]
    assert match["seconds"] == [0, 0]


def test_played_again_it_is_the_same(examples: Examples, tmp_path: Path) -> None:
    for folder in ("once", "again"):
        teams = hostile_teams() if folder == "once" else hostile_teams()[::-1]
        hold(draw_bracket(teams, 5), teams, open_by_number, examples, tmp_path / folder)
    for file in (BRACKET_FILE, RESULTS_FILE, PAGE_FILE):
        assert (tmp_path / "once" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()


def test_the_page_can_be_watched(examples: Examples, tmp_path: Path) -> None:
    teams = [team(name) for name in "abc"]
    seen = []

    @contextmanager
    def open_player(saved_model: Path) -> Iterator[Scripted]:
        seen.append((tmp_path / PAGE_FILE).read_text())
        yield Scripted(perfect)

    hold(draw_bracket(teams, 0), teams, open_player, examples, tmp_path)
    pages = [Page(text) for text in (*seen, (tmp_path / PAGE_FILE).read_text())]
    refreshing = ["refresh" in str(page.tags) for page in pages]
    assert refreshing == [True, True, True, True, False]
    before, between, after = (re.sub(r"\s+", " ", pages[i].text) for i in (0, 2, 4))
    assert "0 of 2 matches played" in before
    assert "Next: c against the winner of this match" in before
    assert "1 of 2 matches played" in between
    assert "Now: Final" in between
    assert "★" not in before + between
    assert "★ Champion" in after
    assert "Now" not in after


def test_the_terminal_tells_each_match_and_who_broke_a_rule(
    examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teams = [team("a"), team("b"), team("c"), Team("d", None)]
    players = opens(
        a=Scripted(perfect), b=Scripted(always_real, seconds=1), c=Scripted(always_real)
    )
    tournament = draw_round_robin(teams, 0)
    hold(tournament, teams, players, examples, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    notes = [line.removeprefix("note: ") for line in lines if line.startswith("note: ")]
    assert notes[0] == f"the page, to be opened now: {tmp_path / PAGE_FILE}"
    assert notes[-2:] == ["the champion is a", "1 team broke a rule: d (files)"]
    told = {
        frozenset(match.teams): line.partition(": ")[2]
        for match, line in zip(tournament.matches, notes[1:-2], strict=True)
    }
    assert all(line.startswith("Round ") for line in notes[1:-2])
    assert told[frozenset("ab")] in ("a 30 : 15 b", "b 15 : 30 a")
    assert told[frozenset("bc")] in (f"{x} 15 : 15 {y}, c wins by time" for x, y in ("bc", "cb"))
    assert told[frozenset("ad")] == "a wins against d, by forfeit: d: no SavedModel here"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_the_page_of_an_interrupted_tournament_says_so(
    interruption: type[BaseException], examples: Examples, tmp_path: Path
) -> None:
    teams = [team(name) for name in "abcd"]
    opened: list[Path] = []

    @contextmanager
    def open_player(saved_model: Path) -> Iterator[Scripted]:
        opened.append(saved_model)
        if len(opened) > 2:
            raise interruption
        yield Scripted(perfect)

    with pytest.raises(interruption):
        hold(draw_bracket(teams, 0), teams, open_player, examples, tmp_path)
    page = Page((tmp_path / PAGE_FILE).read_text())
    assert "refresh" not in str(page.tags)
    assert "Interrupted" in page.text
    assert "1 of 3 matches played" in page.text
    for told in ("Now", "Next", "being played"):
        assert told not in page.text


def test_a_pause_lets_the_audience_look_and_ends_when_it_is_told_to(
    examples: Examples, tmp_path: Path
) -> None:
    teams = [team(name) for name in "abc"]
    players = opens(**{name: Scripted(perfect) for name in "abc"})

    def stop(number: int, frame: object) -> None:
        raise SystemExit(143)

    before = signal.signal(signal.SIGALRM, stop)  # as a step has it for SIGTERM
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(SystemExit):
            hold(draw_bracket(teams, 0), teams, players, examples, tmp_path, pause_seconds=3600)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert "Interrupted" in (tmp_path / PAGE_FILE).read_text()


@pytest.mark.parametrize("pause", [-1.0, 3601.0, float("nan")])
def test_a_pause_that_cannot_be_is_refused(
    pause: float, examples: Examples, tmp_path: Path
) -> None:
    a, b = team("a"), team("b")
    with pytest.raises(InputError, match=r"pause_seconds=.*: expected 0 to 3600"):
        hold(battle(a, b, 0), [a, b], opens(), examples, tmp_path, pause_seconds=pause)
    assert not (tmp_path / PAGE_FILE).exists()


def test_each_image_is_marked(examples: Examples, tmp_path: Path) -> None:
    a, b = team("a"), team("b")
    players = opens(a=Scripted(perfect), b=Scripted(always_real))
    hold(battle(a, b, 3), [a, b], players, examples, tmp_path)
    text = Page((tmp_path / PAGE_FILE).read_text()).text
    # The word is what the judge said. a is right on all 30; b said real to all 30.
    marks = [text.count(mark) for mark in ("✓ real", "✓ fake", "✗ real", "✗ fake")]
    assert marks == [30, 15, 15, 0]
    for told in (
        "★ Winner a",
        "a wins by points",
        "a fooled b with 15 of 15 images.",
        "b recognised 15 of 15 real ones, so it was right on 15 of 30.",
        "b fooled a with 0 of 15 images.",
        "a recognised 15 of 15 real ones, so it was right on 30 of 30.",
    ):
        assert told in re.sub(r"\s+", " ", text)


def test_the_champion_and_its_way_are_shown(examples: Examples, tmp_path: Path) -> None:
    teams = [team(name) for name in "abcd"]
    players = opens(**{name: Scripted(always_real) for name in "abc"}, d=Scripted(perfect))
    hold(draw_bracket(teams, 0), teams, players, examples, tmp_path)
    text = (tmp_path / PAGE_FILE).read_text()
    page = Page(text)
    assert re.search(
        r"★ Champion\s+d\s+90\u202f:\u202f45 against . in the final, by points", page.text
    )
    classes = [(attributes.get("class") or "").split() for _, attributes in page.tags]
    boxes = ["path" in names for names in classes if "box" in names]
    assert len(boxes) == 3
    assert sum(boxes) == 2  # the semi-final and the final of the champion
    used = set(re.findall(r"var\((--[\w-]+)", text)) - {"--s"}  # which counts bring along
    assert used <= set(re.findall(r"(--[\w-]+):", text))  # the pages' shared styles are there


def test_the_page_tells_why_a_team_is_out(examples: Examples, tmp_path: Path) -> None:
    teams = [team("a"), team("b"), Team("c", None)]
    players = opens(a=Scripted(breaks="open"), b=Scripted())
    hold(draw_round_robin(teams, 0), teams, players, examples, tmp_path)
    text = Page((tmp_path / PAGE_FILE).read_text()).text
    assert "a made no images" in text
    assert "b gave no answer" not in text
    assert "WriteFile is forbidden" in text
    assert "no SavedModel here" in text
    assert "Both broke a rule: a coin decides" in re.sub(r"\s+", " ", text)
    with (tmp_path / RESULTS_FILE).open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    reasons = {frozenset((row["TeamA"], row["TeamB"])): row["Reason"] for row in rows}
    assert reasons[frozenset("ab")] == "a: WriteFile is forbidden"
    assert reasons[frozenset("bc")] == "c: no SavedModel here"
    assert {row["Winner"] for row in rows if "b" in (row["TeamA"], row["TeamB"])} == {"b"}


def test_too_few_real_images_are_refused_before_anyone_plays(tmp_path: Path) -> None:
    few = write_examples(tmp_path / "examples", {"train": [1], "validation": [1], "test": [14]})
    a, b = team("a"), team("b")
    with pytest.raises(InputError, match="14 images, but 15 real ones are needed"):
        hold(battle(a, b, 0), [a, b], opens(), few, tmp_path / "out")
