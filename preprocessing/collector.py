"""How often Python looks for garbage while the heavy libraries are imported and after."""

import gc

_OBJECTS = 50_000


def collect_seldom() -> None:
    """Has Python look for cycles of garbage after 50,000 new objects, not after 700.

    TensorFlow and Beam make a million objects when they are imported, none of them garbage: to
    look through them again and again is a fifth of the time that a step takes to start.
    """
    gc.set_threshold(_OBJECTS)
