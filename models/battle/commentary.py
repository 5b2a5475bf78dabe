"""What is told of a tournament in a line or two, to whoever does not look at its page."""

from collections import defaultdict

from models.battle.match import Match
from models.battle.results import champion, reason
from models.battle.tournament import Tournament

_NAME, _REASON = 40, 200  # letters that are told of each


def tell_match(title: str, match: Match) -> str:
    """Returns how a match went, such as `Final: A 27 : 18 B`.

    Args:
        title: which one it was.
        match: as it was played.
    """
    first, second = (f"{name:.{_NAME}}" for name in match.teams)
    winner, loser = (second, first) if match.winner else (first, second)
    if any(match.forfeits):
        why = f"{reason(match):.{_REASON}}"
        return f"{title}: {winner} wins against {loser}, by {match.decided_by}: {why}"
    told = f"{title}: {first} {match.points[0]} : {match.points[1]} {second}"
    if match.decided_by == "points":
        return told
    return f"{told}, {winner} wins by {match.decided_by}"


def tell_end(tournament: Tournament) -> list[str]:
    """Returns who won it all, and who broke which rules, if anyone did."""
    rules = defaultdict(set)
    for match in tournament.matches:
        for team, forfeit in zip(match.teams, match.forfeits, strict=True):
            for broken in forfeit:
                rules[team].add(broken.rule)
    lines = [f"the champion is {champion(tournament)}"]
    if rules:
        teams = "1 team" if len(rules) == 1 else f"{len(rules)} teams"
        each = (f"{team:.{_NAME}} ({', '.join(sorted(rules[team]))})" for team in sorted(rules))
        lines.append(f"{teams} broke a rule: {', '.join(each)}")
    return lines
