"""Which class an image is of: by the folder that it is in, or by its own name."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from preprocessing.errors import InputError
from preprocessing.sources.splits import split_of_folder

_NUMBERED = re.compile(r"(.*?)[\s._-]*(\d+(\s?\(\d+\))?|\(\d+\))")
_LISTED = 10


class ImageClasses:
    """The classes that training images are of.

    Known names are found whatever the case and the spaces, with a plural s or without; folders go
    before names.

    Args:
        source: what a message calls the images.
        paths: of the training images, with their folders.
        label_names: the classes that the challenge has, in label order; () for any.

    Attributes:
        names: in label order; `label_names` where these are given.
        by_folder: whether folders name the classes, or the images' own names.

    Raises:
        InputError: the classes are not those of the challenge, fewer than two, or two of them are
            one.
    """

    def __init__(
        self, source: str, paths: Sequence[PurePosixPath], label_names: Sequence[str]
    ) -> None:
        found = {
            by_folder: sorted({_name(path, by_folder) for path in paths} - {""})
            for by_folder in (True, False)
        }
        self._known = bool(label_names)
        fits = [
            by_folder
            for by_folder, names in found.items()
            if len(names) > 1
            and set(map(self._key, names)) == set(map(self._key, label_names or names))
        ]
        if not fits:
            expected = _list(label_names) if label_names else "two classes or more"
            raise InputError(
                f"{source}: found the classes {_list(found[True])} by folder and"
                f" {_list(found[False])} by name; expected {expected}, by folder (cats/1.jpg) or"
                " by name (cat.1.jpg)"
            )
        self.by_folder = fits[0]
        first: dict[str, str] = {}
        for name in found[self.by_folder]:
            if (other := first.setdefault(self._key(name), name)) != name:
                raise InputError(
                    f"{source}: the classes {other} and {name} are one by their names; rename or"
                    " join them"
                )
        self.names = list(label_names) or sorted(found[self.by_folder], key=str.lower)
        self._labels = {self._key(name): label for label, name in enumerate(self.names)}

    def label(self, path: PurePosixPath, by_folder: bool | None = None) -> int | None:
        """Returns the label of an image; None if it has no class, or one that is not known."""
        by_folder = self.by_folder if by_folder is None else by_folder
        return self._labels.get(self._key(_name(path, by_folder)))

    def expected(self, path: PurePosixPath) -> str:
        """Returns what a message says of an image that has no label."""
        folder = path.parent.name
        if self.by_folder and split_of_folder(folder):
            missing = f"no class in its folder ({folder!r} is the name of a split, not of a class)"
        else:
            missing = f"no class in its {'folder' if self.by_folder else 'name'}"
        return f"{missing}; expected one of {_list(self.names)}; rename or remove it"

    def _key(self, name: str) -> str:
        """Returns the same for names that are meant to be the same."""
        name = name.lower()
        return re.sub(r"[\s_-]", "", name).removesuffix("s") if self._known else name


class OneClass(ImageClasses):
    """The class of images without labels: every one is of it, whatever its name."""

    def __init__(self, name: str) -> None:
        self.names = [name]

    def label(self, path: PurePosixPath, by_folder: bool | None = None) -> int:
        """Returns the label of an image."""
        return 0


def _name(path: PurePosixPath, by_folder: bool) -> str:
    """Returns the class that a path names; "" for none."""
    if by_folder:
        folder = path.parent.name
        return "" if split_of_folder(folder) else folder
    numbered = _NUMBERED.fullmatch(path.stem)
    return numbered[1] if numbered else ""


def _list(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:_LISTED]) + (" ..." if len(names) > _LISTED else "") or "none"
