"""Reading JPEG and PNG files: classes by folder or by name, splits by folder, zip files alike."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError
from preprocessing.plan import Plan, plan_examples
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.images import open_images
from preprocessing.split_sizes import SplitSizes
from tests.preprocessing.raw_data import encoded, write_folder, zipped

Files = dict[str, bytes]

BY_NAME = {f"{name}.{i}.jpg": encoded(i + 50 * (name == "dog"))
           for name in ("cat", "dog") for i in range(5)}  # fmt: skip
BY_FOLDER = {f"{path.split('.', 1)[0]}s/{path.split('.', 1)[1]}": data
             for path, data in BY_NAME.items()}  # fmt: skip
TEST = {f"{number}.jpg": encoded(number) for number in (100, 9, 20, 1)}
IN_ORDER = ["1.jpg", "9.jpg", "20.jpg", "100.jpg"]


def under(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": data for path, data in files.items()}


def plan_of(source: Path | str, challenge: str = "cats_vs_dogs") -> Plan:
    return plan_examples(str(source), challenge, SplitSizes(3, 1, 1), seed=0, shard_size=100)


def images_of(plan: Plan, label: int) -> set[bytes]:
    pool = plan.source.train
    images = pool.read(pool.numbers(label, np.arange(pool.counts[label])))
    assert isinstance(images, list)
    return set(images)


def assert_is_cats_and_dogs(plan: Plan) -> None:
    assert plan.class_names == ["cat", "dog"]
    for label, name in enumerate(("cat", "dog")):
        assert images_of(plan, label) == {
            data for path, data in BY_NAME.items() if path.startswith(name)
        }


def assert_test_set_is_whole_and_unlabelled(plan: Plan) -> None:
    test = plan.source.test
    assert test is not None
    assert test.ids == IN_ORDER
    assert test.labels is None
    assert test.reader.read(np.arange(4)) == [TEST[name] for name in IN_ORDER]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "files",
    [
        BY_NAME,
        BY_FOLDER,
        under("photos", BY_NAME),
        under("photos", BY_FOLDER),
        under("train", BY_FOLDER),
        {path.replace("cat", "Cat"): data for path, data in BY_FOLDER.items()},
        {path.replace("dog", "Dog"): data for path, data in BY_FOLDER.items()},
        {path.replace(".jpg", ".JPG"): data for path, data in BY_NAME.items()},
    ],
    ids=["names", "folders", "names below", "folders below", "train", "Cat", "Dog", "JPG"],
)
def test_classes_are_named_by_folders_or_by_names(
    tmp_path: Path, files: Files, packed: bool
) -> None:
    source = tmp_path / ("photos.zip" if packed else "photos")
    if packed:
        source.write_bytes(zipped(files))
    else:
        write_folder(source, files)
    plan = plan_of(source)
    assert_is_cats_and_dogs(plan)
    assert plan.source.encoded
    assert plan.source.test is None
    assert plan.pool("train").name(2).endswith(("2.jpg", "2.JPG"))


@pytest.mark.parametrize("test_folder", ["test1", "test", "testing", "test_set"])
def test_an_unlabelled_test_folder_is_used_in_natural_order(
    tmp_path: Path, test_folder: str
) -> None:
    write_folder(tmp_path, under("train", BY_NAME) | under(test_folder, TEST))
    plan = plan_of(tmp_path)
    assert_is_cats_and_dogs(plan)
    assert_test_set_is_whole_and_unlabelled(plan)
    assert plan.split("test").by_class == {}
    assert plan.split("test").id_bytes == len("100.jpg")


def test_the_zip_files_of_the_competition(tmp_path: Path) -> None:
    files = {
        "train.zip": zipped(under("train", BY_NAME)),
        "test1.zip": zipped(under("test1", TEST)),
        "sampleSubmission.csv": b"id,label\n1,0\n",
    }
    plan = plan_of(write_folder(tmp_path / "folder", files))
    assert_is_cats_and_dogs(plan)
    assert_test_set_is_whole_and_unlabelled(plan)


def test_training_and_test_in_one_zip(tmp_path: Path) -> None:
    files = under("dogs-vs-cats/train", BY_NAME) | under("dogs-vs-cats/test1", TEST)
    source = tmp_path / "archive.zip"
    source.write_bytes(zipped(files))
    assert_is_cats_and_dogs(plan_of(source))
    assert_test_set_is_whole_and_unlabelled(plan_of(source))


@pytest.mark.parametrize("labelled", [BY_NAME, BY_FOLDER], ids=["names", "folders"])
def test_a_labelled_test_folder_is_labelled(tmp_path: Path, labelled: Files) -> None:
    test = {path: encoded(number + 200) for number, path in enumerate(labelled)}
    write_folder(tmp_path, under("train", BY_FOLDER) | under("test", test))
    write_folder(tmp_path, under("validation", {"cats/1.jpg": encoded(7), "dogs/1.jpg": b"x"}))
    plan = plan_of(tmp_path)
    found = plan.source.test
    assert found is not None
    assert found.labels is not None
    assert found.labels.tolist() == [0] * 5 + [1] * 5
    assert found.reader.read(np.arange(10)) == [encoded(number + 200) for number in range(10)]
    assert plan.split("test").by_class == {"cat": 5, "dog": 5}
    assert plan.counts("validation") == [1, 1]


def test_half_labelled_is_unlabelled(tmp_path: Path) -> None:
    write_folder(
        tmp_path, under("train", BY_NAME) | under("test", {"cat.1.jpg": b"", "2.jpg": b""})
    )
    test = plan_of(tmp_path).source.test
    assert test is not None
    assert test.labels is None


def test_hidden_files_are_no_images(tmp_path: Path) -> None:
    hidden = {"__MACOSX/._cat.0.jpg": b"", ".trash/dog.9.jpg": b"", ".cat.8.jpg": b""}
    write_folder(tmp_path / "folder", BY_NAME | hidden)
    assert_is_cats_and_dogs(plan_of(tmp_path / "folder"))
    (tmp_path / "photos.zip").write_bytes(zipped(BY_NAME | hidden | {"__MACOSX/cat.7.jpg": b""}))
    assert_is_cats_and_dogs(plan_of(tmp_path / "photos.zip"))


def test_a_glob_names_some_of_the_images(tmp_path: Path) -> None:
    write_folder(tmp_path, BY_FOLDER | {"birds/1.jpg": encoded(0)})
    assert_is_cats_and_dogs(plan_of(f"{tmp_path}/[cd]*/*.jpg"))


def test_the_digits_of_mnist_as_images(tmp_path: Path) -> None:
    files = {f"{digit}/{i}.png": encoded(i, form="PNG", mode="L")
             for digit in range(10) for i in range(3)}  # fmt: skip
    plan = plan_of(write_folder(tmp_path, files), "mnist")
    assert plan.class_names == list("0123456789")


@pytest.mark.parametrize(
    ("challenge", "names"),
    [
        ("mnist", ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]),
        ("mnist", list("012345678")),
        ("mnist", [*"0123456789", "unsure"]),
        ("quickdraw", list("abcdefghij")),
    ],
)
def test_classes_of_other_names_are_refused(
    tmp_path: Path, challenge: str, names: list[str]
) -> None:
    write_folder(tmp_path, {f"{name}/{i}.png": b"" for name in names for i in range(3)})
    with pytest.raises(InputError, match=r"found the classes .*; expected [0a].*, by folder"):
        plan_of(tmp_path, challenge)


def test_known_classes_are_found_however_they_are_written(tmp_path: Path) -> None:
    names = "Traffic Light,ant,BOOMERANGS,Cakes,lion,monkeys,pig,scissors,skull,Television"
    for count, name in enumerate(names.split(","), start=3):
        write_folder(tmp_path / name, {f"{i}.png": b"" for i in range(count)})
    plan = plan_of(tmp_path, "quickdraw")
    assert plan.class_names == list(find_challenge("quickdraw").label_names)
    assert plan.source.train.counts == [*range(4, 13), 3]


def test_files_name_the_classes_where_folders_do_not(tmp_path: Path) -> None:
    """Two parts are not two classes."""
    files = sorted(BY_NAME)
    for number in range(2):
        (tmp_path / f"part{number}.zip").write_bytes(
            zipped({path: BY_NAME[path] for path in files[number::2]})
        )
    assert_is_cats_and_dogs(plan_of(tmp_path))


def test_the_test_set_may_write_the_classes_in_another_way(tmp_path: Path) -> None:
    test = {"Dog/1.jpg": b"", "Cat/2.jpg": b""}
    write_folder(tmp_path, under("train", BY_FOLDER) | under("test", test))
    found = plan_of(tmp_path).source.test
    assert found is not None
    assert found.labels is not None
    assert (found.ids, found.labels.tolist()) == (["Cat/2.jpg", "Dog/1.jpg"], [0, 1])


def test_a_class_is_the_name_without_the_number_after_it(tmp_path: Path) -> None:
    names = "hot dog.1,hot dog.2 (2),hot_air_balloon_001,hot air balloon.1,IMG_0001,T-rex-3,x (2)"
    for name in names.split(","):
        write_folder(tmp_path, {f"{name}.png": b""})
    found = open_images(SourceFiles(str(tmp_path)), find_challenge("renaissance"))
    assert found.class_names == [
        "hot air balloon", "hot dog", "hot_air_balloon", "IMG", "T-rex", "x",
    ]  # fmt: skip
    assert found.train.counts == [1, 2, 1, 1, 1, 1]


def test_classes_that_differ_by_case_only_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, {f"{name}/1.png": b"" for name in ("Owl", "cat", "owl")})
    with pytest.raises(InputError, match="the classes Owl and owl are one by their names; rename"):
        plan_of(tmp_path, "renaissance")


def test_a_class_cannot_have_the_name_of_a_split(tmp_path: Path) -> None:
    write_folder(tmp_path, {f"{name}/1.png": b"" for name in ("airplane", "train", "zebra")})
    with pytest.raises(InputError, match=r"train/1\.png: .*'train' is the name of a split, not of"):
        plan_of(tmp_path, "renaissance")


@pytest.mark.parametrize(
    ("packed", "files"),
    [("train.zip", under("train", BY_NAME)), ("all.zip", BY_NAME), ("cats.zip", {"1.jpg": b""})],
    ids=["as a folder", "beside", "a class"],
)
def test_a_zip_beside_what_was_unpacked_from_it_is_refused(
    tmp_path: Path, packed: str, files: Files
) -> None:
    """Each image would come twice, and be in two splits."""
    (tmp_path / packed).write_bytes(zipped(files))
    write_folder(tmp_path, BY_FOLDER if packed == "cats.zip" else files)
    with pytest.raises(InputError, match=rf"{packed}: both this file and what .*; name one by a"):
        plan_of(tmp_path)


def test_natural_order_has_no_ties(tmp_path: Path) -> None:
    """Two numbers that are equal but for their zeros must not come between two equal names."""
    test = {"test/07.jpg": b"", "test/7.jpg": b""}
    files = under("train", BY_NAME) | test | {"test1.zip": zipped({"07.jpg": b""})}
    with pytest.raises(InputError, match=r"a second test image named 07\.jpg"):
        plan_of(write_folder(tmp_path, files))


def damaged(member: bytes) -> bytes:
    """Returns a zip file in which one member fails its checksum."""
    data = bytearray(zipped({"cat.0.jpg": member, **BY_NAME}))
    data[60] ^= 0xFF
    return bytes(data)


def encrypted(data: bytes) -> bytes:
    """Returns a zip file whose members say that they have a password."""
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        parts = data.split(signature)
        data = signature.join(
            [parts[0], *(part[: flags - 4] + b"\x01" + part[flags - 3 :] for part in parts[1:])]
        )
    return data


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a/cat.0.jpg": b"", "b.txt": b""}, "the classes a by folder and cat by name; expected"),
        ({"1.jpg": b"", "2.jpg": b""}, "found the classes none by folder and none by name; exp"),
        ({**BY_NAME, "bird.0.jpg": b""}, "none by folder and bird, cat, dog by name; expected cat"),
        ({**BY_FOLDER, "birds/0.jpg": b""}, "found the classes birds, cats, dogs by folder and"),
        (
            {"dogs/1.jpg": b"", "kittens/1.jpg": b""},
            "found the classes dogs, kittens by folder and none by name; expected cat, dog, by",
        ),
        (
            {**BY_FOLDER, "Cat/1.jpg": b""},
            "the classes Cat and cats are one by their names; rename or join them",
        ),
        ({**BY_NAME, "77.jpg": b""}, r"/77.jpg: no class in its name; .*cat, dog; rename or"),
        (
            {**under("train", BY_FOLDER), "train/7.jpg": b""},
            r"train/7.jpg: no class in its folder .*; expected one of cat, dog; rename or",
        ),
        (
            {**under("train", BY_FOLDER), "validation/birds/7.jpg": b""},
            r"validation/birds/7.jpg: no class in its folder; expected one of cat, dog",
        ),
        ({"photos.zip": b"not a zip"}, r"photos.zip: not a whole zip file .*; fetch it again"),
        ({"photos.zip": zipped(BY_NAME)[:-60]}, r"photos.zip: not a whole zip file"),
        (
            {"photos.zip": zipped(BY_NAME).replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xc0")},
            r"photos.zip: not a whole zip file \(zip file version 19.2\); fetch it again",
        ),
        (
            {"all.zip": zipped({"train.zip": zipped(BY_NAME), "read.me": b""})},
            r"no JPEG or PNG images in .*all.zip; unpack what it holds and name the folder",
        ),
        ({**BY_NAME, "cat.npy": b""}, r"images in 2 formats \(.*cat.npy and .*jpg\); name those"),
        ({"README": b"", ".hidden/cat.0.jpg": b""}, r"no images here; expected .*\.zip"),
        (
            {**under("train", BY_NAME), "test/1.jpg": b"", "test1.zip": zipped({"1.jpg": b""})},
            r"test1.zip:1.jpg: a second test image named 1.jpg, as .*test/1.jpg; a name is an id",
        ),
        ({"cat.0.jpg": b"", "dog.0.jpg": b""}, "class 'cat' has 1 images; expected at least 3"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, files: Files, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        plan_of(write_folder(tmp_path, files))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [(damaged(b"x" * 50), "Bad CRC-32|Error -3"), (encrypted(zipped(BY_NAME)), "is encrypted")],
    ids=["damaged", "encrypted"],
)
def test_a_member_that_cannot_be_unpacked_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "photos.zip").write_bytes(data)
    plan = plan_of(tmp_path)
    with pytest.raises(InputError, match=rf"photos.zip:cat.0.jpg: cannot be unpacked \(.*{told}"):
        images_of(plan, 0)


def test_any_damage_to_a_zip_file_is_told_in_one_line(tmp_path: Path) -> None:
    good, random = zipped(BY_NAME), np.random.default_rng(0)
    for number in range(200):
        data = bytearray(good)
        for place in random.integers(0, len(data), 2):
            data[place] = random.integers(256)
        (tmp_path / f"{number}.zip").write_bytes(data[: random.integers(2, len(data) + 5000)])
        try:
            plan = plan_of(tmp_path / f"{number}.zip")
            for label in range(2):
                images_of(plan, label)
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017 (some of the damage does no harm)


def test_members_are_found_whatever_the_compression(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.mkdir("cats.jpg")  # a folder, whatever its name
            for name, data in BY_NAME.items():
                archive.writestr(name, data)
        (tmp_path / f"{method}.zip").write_bytes(file.getvalue())
        assert_is_cats_and_dogs(plan_of(tmp_path / f"{method}.zip"))
