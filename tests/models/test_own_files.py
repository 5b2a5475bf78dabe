"""A participant's files as text: naming a class in one, and a hash of all that it imports."""

from pathlib import Path

import pytest

from models.own_files import files_fingerprint, own_class, own_files
from models.own_module import load_module
from preprocessing.errors import InputError


def write(folder: Path, **files: str) -> Path:
    """Writes `mine.py` and others; `_of_` in a name stands for a folder."""
    for name, text in files.items():
        path = folder.joinpath(*reversed(name.split("_of_"))).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "mine.py"


@pytest.mark.parametrize("name", ["Cnn", "cnn", "", "Hinge-Loss"])
def test_a_plain_name_names_no_file(name: str) -> None:
    assert own_class(name, "model") is None


def test_a_relative_path_is_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a:b", mine="")
    monkeypatch.chdir(tmp_path)
    assert str(own_class("a:b/mine.py:MyNet", "model")) == f"{path}:MyNet"


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("nowhere/mine.py:MyNet", "no such file: nowhere/mine.py"),
        ("mine.txt:MyNet", "'mine.txt' is no Python file; expected model=path/to/mine.py:MyClass"),
        ("mine:MyNet", "'mine' is no Python file"),
        ("mine.py", "which class? Expected model=mine.py:Net; mine.py has Net, Other"),
        ("mine.py:", "which class?"),
        ("mine.py:My-Net", "which class?"),
        ("torn.py", "torn.py, line 2: SyntaxError: '(' was never closed"),
    ],
)
def test_a_wrong_reference_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, told: str
) -> None:
    write(tmp_path, mine="class Net:\n  pass\nclass Other:\n  pass\n", torn="\nprint(\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as raised:
        own_class(reference, "model")
    assert told in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_the_fingerprint_follows_every_file_that_is_imported(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        mine="import layers_1, keras\nfrom blocks_1 import deep\ndef f():\n    import late_1\n",
        layers_1="from blocks_1.deep import more\nimport mine\n",
        late_1="",
        __init___of_blocks_1="",
        deep_of_blocks_1="from . import nearby\nfrom .nearby import x\n",
        nearby_of_blocks_1="x = 1\n",
        unused_of_blocks_1="",
        unused="",
    )
    names = [str(file.relative_to(tmp_path)) for file in own_files(path)]
    assert names == [
        "blocks_1/__init__.py",
        "blocks_1/deep.py",
        "blocks_1/nearby.py",
        "late_1.py",
        "layers_1.py",
        "mine.py",
    ]
    reference = f"{path}:MyNet"
    for name in (*names, "unused.py", "blocks_1/unused.py"):
        before = files_fingerprint([reference, "CrossEntropy"])
        with (tmp_path / name).open("a") as file:
            file.write("# a change\n")
        assert (files_fingerprint([reference, "CrossEntropy"]) != before) == (name in names)
    assert files_fingerprint(["Cnn", "CrossEntropy"]) == ""


def test_the_fingerprint_does_not_depend_on_the_place(tmp_path: Path) -> None:
    paths = [write(tmp_path / place, mine="x = 1\n") for place in ("here", "there")]
    assert len({files_fingerprint([f"{path}:MyNet"]) for path in paths}) == 1


def test_files_of_the_project_count_but_are_not_the_participants(tmp_path: Path) -> None:
    path = write(tmp_path, mine="from models.quickdraw import Cnn\n", models="")
    assert own_files(path) == [path]
    other = write(tmp_path / "other", mine="from keras import layers\n")
    assert files_fingerprint([f"{path}:Cnn"]) != files_fingerprint([f"{other}:Cnn"])


@pytest.mark.parametrize("dots", [2, 3, 99])
def test_an_import_from_outside_of_the_folder_is_left_to_the_running(
    tmp_path: Path, dots: int
) -> None:
    (tmp_path / "lib.py").write_text("x = 1\n")
    path = write(tmp_path / "folder", mine=f"from {'.' * dots}lib import x\n")
    assert own_files(path) == [path]
    assert files_fingerprint([f"{path}:MyNet"])
    with pytest.raises(InputError, match=r"^mine.py, line 1: ImportError: attempted relative"):
        load_module(path)


def test_a_file_of_the_project_is_no_participants() -> None:
    told = r"^model=models/quickdraw.py:Cnn: .* is the project's own; write model=Cnn, or keep"
    with pytest.raises(InputError, match=told):
        own_class("models/quickdraw.py:Cnn", "model")


def test_a_syntax_error_in_a_file_beside_it_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, mine="import torn_1\n", torn_1="x = = 1\n")
    with pytest.raises(InputError, match=r"^torn_1.py, line 1: SyntaxError: invalid syntax$"):
        files_fingerprint([f"{path}:MyNet"])
