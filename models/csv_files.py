"""CSV files of ids: the test manifest (`Id`), the submission and the labels (`Id,Category`)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from preprocessing.errors import InputError
from preprocessing.files import open_file

HEADER = ["Id", "Category"]


def csv_rows(path: str | Path, header: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Reads a CSV file row by row.

    Args:
        path: the file, local or `gs://`.
        header: what its first row must be.

    Yields:
        The number of the row, 2 for the first after the header, and as many cells as the header
        has.

    Raises:
        InputError: the file cannot be read, or is no such CSV.
    """
    try:
        # Spreadsheets put a byte order mark in front, which utf-8-sig takes away.
        with TextIOWrapper(open_csv(path), encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            found = next(reader, [])
            if found != header:
                raise InputError(
                    f"{path}, row 1: expected the header {','.join(header)},"
                    f" found {','.join(found)!r}"
                )
            for number, row in enumerate(reader, 2):
                if len(row) != len(header):
                    raise InputError(
                        f"{path}, row {number}: expected {','.join(header)},"
                        f" found {len(row)} cells; mend or remove the row"
                    )
                yield number, row
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}: not a whole CSV file ({error}); write it again") from None


def open_csv(path: str | Path) -> Any:
    """Opens a file for reading, local or `gs://`, as the bytes that it is.

    Raises:
        OSError: a local file cannot be read.
        InputError: a file in a bucket cannot.
    """
    return open_file(str(path)) if "://" in str(path) else Path(path).open("rb")


def write_csv(path: Path, ids: Sequence[str], categories: Iterable[object]) -> None:
    """Writes `Id,Category` under another name, then renames.

    Args:
        path: the file; its folder is made if it is not there.
        ids: of the rows.
        categories: one for each id; their texts need no quotes.

    Raises:
        InputError: the file cannot be written; an earlier one is left as it was.
    """
    with new_csv(path) as file:
        rows = zip(_quoted(ids), categories, strict=True)
        file.writelines(f"{image_id},{category}\n" for image_id, category in rows)


@contextmanager
def new_csv(path: Path) -> Iterator[TextIO]:
    """Opens a file of `Id,Category` for the rows after the header.

    Args:
        path: the file; its folder is made if it is not there.

    Yields:
        A file of another name, which takes this one when the body has ended without an exception
        and is removed else.

    Raises:
        InputError: the file cannot be written; an earlier one is left as it was.
    """
    incomplete = path.with_name(path.name + ".incomplete")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with incomplete.open("w", encoding="utf-8", newline="") as file:
            file.write(",".join(HEADER) + "\n")
            yield file
        incomplete.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); make room or choose another place"
        ) from None
    finally:
        if incomplete.is_file():
            incomplete.unlink()


def needs_quotes(text: str) -> bool:
    """Says whether a cell that holds this, or any of some cells that do together, needs quotes."""
    # Python 3.11's csv.writer leaves a lone carriage return bare, which no reader takes back.
    return any(mark in text for mark in '",\r\n')


def _quoted(cells: Sequence[str]) -> Sequence[str]:
    if not needs_quotes("".join(cells)):
        return cells
    return ['"' + cell.replace('"', '""') + '"' if needs_quotes(cell) else cell for cell in cells]
