"""Makes an earlier version champion again."""

import difflib

from models.promotion.registry import ChampionChanged, Registry, champion_of
from models.promotion.version import Reign, Version
from preprocessing.errors import InputError


def rollback(registry: Registry, challenge: str, by: str, version: int = 0) -> Version:
    """Makes a version champion, and returns it as it was before.

    Args:
        registry: where the versions are.
        challenge: whose.
        by: who does it.
        version: its number; 0 for the newest of those before the champion that reigned once.

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
        earlier = [one for one in versions if one.reigns and one.number < number]
        if not earlier:
            raise InputError(
                f"{challenge}: version {number} is the first that reigned, so there is none to go"
                " back to; name one with VERSION"
            )
        found = earlier[-1]
    if found.champion:
        raise InputError(f"VERSION: version {found.number} of {challenge} is champion already")
    try:
        registry.crown(found, number, Reign.now(by, f"went back from version {number}"))
    except ChampionChanged:
        raise InputError(
            f"{challenge}: another version became champion just now; look at `make models` and try"
            " again"
        ) from None
    return found


def find_versions(registry: Registry, challenge: str) -> list[Version]:
    """Returns the versions of a challenge's model.

    Raises:
        InputError: there are none; the message says what there is.
    """
    versions = registry.versions(challenge)
    if not versions:
        known = registry.challenges()
        nearest = difflib.get_close_matches(challenge, known, n=1)
        told = f", did you mean {nearest[0]!r}?" if nearest else ""
        there = f"; there are those of {', '.join(known)}" if known else ""
        raise InputError(
            f"{challenge}: this registry has no version of it yet{told}{there};"
            f" `make run PIPELINE={challenge}-retraining` makes one"
        )
    return versions
