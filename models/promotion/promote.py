"""Lets a new model challenge the champion, and makes it champion if it proves better."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.promotion.comparison import Incomparable, compare
from models.promotion.decision import Decision, check_margin, decide
from models.promotion.registry import ChampionChanged, Registry, champion_of
from models.promotion.statistics import STATISTICS_FILE, DataStatistics
from models.promotion.version import Facts, Reign, Version, content_hash
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.progress import report_note

_ATTEMPTS = 5


@dataclass(frozen=True)
class Outcome:
    """How a challenge went.

    Attributes:
        decision: what was decided.
        version: number of the champion's version afterwards; 0 for none.
        before: number of the champion's version before; 0 for none.
    """

    decision: Decision
    version: int
    before: int

    def as_json(self) -> dict[str, Any]:
        """Returns what `json.dumps` takes."""
        return {**self.decision.as_json(), "version": self.version, "before": self.before}

    def metrics(self) -> dict[str, float]:
        """Returns the numbers that a run logs; without a comparison there are fewer."""
        decision, compared = self.decision, self.decision.comparison
        found: dict[str, float] = {"promoted": int(decision.promoted), "version": self.version}
        if compared:
            found |= {
                "challenger_accuracy": compared.challenger_accuracy,
                "p_value": decision.p_value,
            }
        if compared and self.before:
            found["champion_accuracy"] = compared.champion_accuracy
        return found

    def line(self) -> str:
        """Returns what to tell."""
        if self.decision.promoted:
            return f"promoted, version {self.version} is champion: {self.decision.why}"
        return f"not promoted: {self.decision.why}"


def promote(
    model_folder: Path,
    examples: Examples,
    statistics: DataStatistics,
    registry: Registry,
    facts: Facts,
    margin: float = 0.0,
) -> Outcome:
    """Compares a model with the champion and makes it champion if it proves better.

    Done again after it was killed, or for the same model, it registers no second version.

    Args:
        model_folder: what training wrote.
        examples: on whose validation split both are judged.
        statistics: of the examples; they are kept beside the model.
        registry: where the champion is.
        facts: what to write down of the model, but for its content and accuracy.
        margin: by how much accuracy has to grow at least.

    Raises:
        InputError: the model, the champion or the examples are not whole, or the registry cannot
            be used.
    """
    check_margin(margin)
    with _packed(model_folder, statistics) as package:
        facts = replace(facts, content=content_hash(package))
        for _ in range(_ATTEMPTS):
            champion = champion_of(registry.versions(facts.challenge))
            number = champion.number if champion else 0
            if champion and champion.facts.content == facts.content:
                return Outcome(_same_again(champion, facts), number, number)
            decision = _judge(package, examples, registry, champion, margin)
            if not decision.promoted:
                return Outcome(decision, number, number)
            assert decision.comparison is not None
            facts = replace(facts, accuracy=decision.comparison.challenger_accuracy)
            version = registry.add(package, facts, decision.why)
            try:
                registry.crown(version, number, Reign.now(facts.by, decision.why))
            except ChampionChanged:
                report_note("another model became champion meanwhile; comparing with that one")
                continue
            return Outcome(decision, version.number, number)
    raise InputError(
        f"{facts.challenge}: the champion changed {_ATTEMPTS} times while this model challenged it;"
        " promote again when the other runs have ended"
    )


def _judge(
    package: Path,
    examples: Examples,
    registry: Registry,
    champion: Version | None,
    margin: float,
) -> Decision:
    """Compares a package with the champion's."""
    if champion is None:
        return decide(compare(package, None, examples), 0, margin)
    with registry.package(champion) as reigning:
        try:
            compared = compare(package, reigning, examples)
        except Incomparable as error:
            return Decision(
                False,
                f"cannot be compared with version {champion.number}: {error}; run with the"
                " champion's image_size, or keep these models in another REGISTRY",
            )
    if compared.unknown:
        names = ", ".join(compared.unknown[:5]) + (" ..." if len(compared.unknown) > 5 else "")
        report_note(
            f"{len(compared.unknown)} of {compared.classes} classes are unknown to version"
            f" {champion.number}, so it is wrong on theirs: {names}"
        )
    return decide(compared, champion.number, margin)


def _same_again(champion: Version, facts: Facts) -> Decision:
    """Returns the decision on the very model that is champion."""
    last = champion.reigns[-1] if champion.reigns else None
    if last and last.by == facts.by == facts.run:
        return Decision(True, last.why)  # this run did it, and was stopped before it could say so
    return Decision(False, f"this model is the champion already, version {champion.number}")


@contextmanager
def _packed(model_folder: Path, statistics: DataStatistics) -> Iterator[Path]:
    """Yields a folder of what a registry keeps of a model."""
    for name in ("saved_model", "labels.txt"):
        if not (model_folder / name).exists():
            raise InputError(f"{model_folder}: no {name} in it; expected what the training wrote")
    with tempfile.TemporaryDirectory() as temporary:
        package = Path(temporary, "model")
        shutil.copytree(model_folder / "saved_model", package / "saved_model")
        shutil.copy(model_folder / "labels.txt", package)
        statistics.save(package / STATISTICS_FILE)
        yield package
