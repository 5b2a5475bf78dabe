"""Makes an earlier version champion again."""

from collections.abc import Sequence

from models.promotion.registry import ChampionChanged, Registry, champion_of
from models.promotion.version import Reign, Version
from preprocessing.errors import InputError
from preprocessing.nearest import did_you_mean

_WENT_BACK = "went back from version "


def rollback(registry: Registry, challenge: str, by: str, version: int = 0) -> Version:
    """Makes a version champion, and returns it as it was before.

    Args:
        registry: where the versions are.
        challenge: whose.
        by: who does it.
        version: its number; 0 for the champion before, of those that nobody went back from.

    Raises:
        InputError: there is no such version, or it is champion already; or another became champion
            meanwhile.
    """
    versions = find_versions(registry, challenge)
    champion = champion_of(versions)
    number = champion.number if champion else 0
    if version:
        found = next((one for one in versions if one.number == version), None)
        if found is None:
            numbers = ", ".join(str(one.number) for one in versions)
            raise InputError(f"VERSION: {challenge} has no version {version}, only {numbers}")
    else:
        found = _champion_before(versions, number)
        if found is None:
            raise InputError(
                f"{challenge}: no other version was champion before, so there is none to go back"
                " to; name one with VERSION"
            )
    if found.champion:
        raise InputError(f"VERSION: version {found.number} of {challenge} is champion already")
    try:
        registry.crown(found, number, Reign.now(by, f"{_WENT_BACK}{number}"))
    except ChampionChanged:
        raise InputError(
            f"{challenge}: another version became champion just now; look at `make models` and try"
            " again"
        ) from None
    return found


def _champion_before(versions: Sequence[Version], champion: int) -> Version | None:
    """Returns whose place the champion took; None if it is the first."""
    reigns = [(reign, version) for version in versions for reign in version.reigns]
    line: list[Version] = []
    for reign, version in sorted(reigns, key=lambda pair: pair[0].since):
        if reign.why.startswith(_WENT_BACK) and version in line:
            del line[line.index(version) :]
        line.append(version)
    others = [version for version in line if version.number != champion]
    return others[-1] if others else None


def find_versions(registry: Registry, challenge: str) -> list[Version]:
    """Returns the versions of a challenge's model.

    Raises:
        InputError: there are none; the message says what there is.
    """
    versions = registry.versions(challenge)
    if not versions:
        known = registry.challenges()
        there = f"; there are those of {', '.join(known)}" if known else ""
        raise InputError(
            f"{challenge}: this registry has no version of it yet"
            f"{did_you_mean(challenge, known)}{there};"
            f" `make run PIPELINE={challenge}-retraining` makes one"
        )
    return versions
