import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.io.localfilesystem import LocalFileSystem

from models import prediction
from models.prediction import batch_predict
from models.submission import predictions_to_csv
from preprocessing import beam
from preprocessing.compression import compressed
from preprocessing.errors import InputError
from preprocessing.examples import ExamplesInfo, Split, shard_name
from preprocessing.records import RecordLayout

PIXELS = 4
REFUSED = 255  # a first pixel on which the model fails
NOT_A_NUMBER = 254  # a first pixel for which the model's scores are NaN


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose scores are the pixels, as shares of their sum."""
    import tensorflow as tf

    features = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "image_id": tf.io.FixedLenFeature([], tf.string),
    }

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "example_bytes")])
        def serve(self, example_bytes: Any) -> dict[str, Any]:
            parsed = tf.io.parse_example(example_bytes, features)
            pixels = tf.io.decode_raw(parsed["image"], tf.uint8)
            with tf.control_dependencies(
                [tf.debugging.assert_less(pixels[:, 0], np.uint8(REFUSED), "refused")]
            ):
                image = tf.cast(pixels, tf.float32)
            first = tf.where(image[:, :1] == NOT_A_NUMBER, np.nan, image[:, :1])
            image = tf.concat([first, image[:, 1:]], axis=1)
            scores = image / tf.reduce_sum(image, axis=1, keepdims=True)
            scores, classes = tf.math.top_k(scores, 3)
            return {"image_id": parsed["image_id"], "class_indexes": classes, "predictions": scores}

    folder = tmp_path_factory.mktemp("model")
    model = Model()
    tf.saved_model.save(
        model, str(folder / "saved_model"), signatures={"serving_default": model.serve}
    )
    return folder


class Case:
    """Examples whose ids are their numbers, and the folder for their predictions."""

    def __init__(self, folder: Path, model_folder: Path) -> None:
        self.model = model_folder
        self.examples = folder / "examples"
        self.output = folder / "predictions"
        self.layout = RecordLayout(PIXELS, 4)
        (self.examples / "test").mkdir(parents=True)
        self.images = np.empty((0, PIXELS), np.uint8)
        self.compression = "none"

    def write(self, *sizes: int, compression: str = "none") -> None:
        total = sum(sizes)
        self.images = np.random.default_rng(0).integers(1, 200, (total, PIXELS), dtype=np.uint8)
        self.compression = compression
        self.rewrite(*sizes)

    def rewrite(self, *sizes: int) -> None:
        for old in (self.examples / "test").iterdir():
            old.unlink()
        start = 0
        for index, size in enumerate(sizes):
            records = self.layout.allocate(size)
            self.layout.images(records)[:] = self.images[start : start + size]
            ids = [b"%d" % number for number in range(start, start + size)]
            self.layout.set_ids(records, np.array(ids, "S4"))  # shorter ones are padded with zeros
            self.layout.seal(records)
            data = compressed(records.data, self.compression)
            self.shard(index, len(sizes)).write_bytes(data)
            start += size
        splits = {"test": Split(start, len(sizes), self.layout.id_bytes)}
        info = ExamplesInfo("t", (2, 2, 1), list("abcd"), 0, "", "", [0.0], [1.0], splits)
        info = replace(info, compression=self.compression)
        (self.examples / "examples.json").write_text(info.to_json())
        lines = ["Id", *map(str, range(start))]
        (self.examples / "test_ids.csv").write_text("\n".join(lines) + "\n")

    def shard(self, index: int, count: int) -> Path:
        return self.examples / "test" / shard_name(index, count, self.compression)

    def predict(self, batch_size: int = 3, beam_args: list[str] | None = None) -> dict[str, int]:
        return batch_predict(self.model, self.examples, self.output, beam_args or [], batch_size)

    def lines(self) -> list[Any]:
        files = sorted(self.output.iterdir())
        assert all(file.name.startswith("prediction.results-") for file in files)
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def message(self, **options: Any) -> str:
        with pytest.raises(InputError) as error:
            self.predict(**options)
        assert "\n" not in str(error.value)
        return str(error.value)

    def expected(self, number: int) -> dict[str, Any]:
        image = self.images[number].astype(np.float32)
        scores = image / image.sum()
        classes = np.argsort(-scores, kind="stable")[:3]
        return {
            "instance": {"image_id": str(number)},
            "prediction": {
                "image_id": str(number),
                "class_indexes": classes.tolist(),
                "predictions": [float(str(score)) for score in scores[classes]],
            },
        }


@pytest.fixture
def case(tmp_path: Path, model_folder: Path) -> Case:
    return Case(tmp_path, model_folder)


def test_writes_a_file_a_shard_as_vertex_does(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    case.write(7, 0, 5)
    assert case.predict() == {"predicted": 12, "failed": 0}
    assert sorted(file.name for file in case.output.iterdir()) == [
        f"prediction.results-0000{index}-of-00003" for index in range(3)
    ]
    assert case.lines() == [case.expected(number) for number in range(12)]
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "[  0%] predicting 12 images in 3 shards"
    assert last.startswith("[100%] 12 images, 0 failed, ")


def test_scores_are_the_shortest_text_that_reads_back(case: Case) -> None:
    case.write(1)
    case.images[:] = [1, 2, 3, 4]
    case.rewrite(1)
    case.predict()
    (file,) = case.output.iterdir()
    assert '"predictions":[0.4,0.3,0.2]' in file.read_text()


def test_reads_compressed_shards(case: Case) -> None:
    case.write(7, 0, 5, compression="gzip")
    assert case.predict() == {"predicted": 12, "failed": 0}
    assert case.lines() == [case.expected(number) for number in range(12)]
    shard = case.shard(0, 3)
    whole = shard.read_bytes()
    for damaged in (whole[:-9], whole[:20] + b"x" + whole[21:], b"no gzip"):
        shard.write_bytes(damaged)
        assert f"{shard}: " in (message := case.message())
        assert message.endswith("run the preprocessing again")


@pytest.mark.parametrize("batch_size", [1, 2, 5, 100])
def test_singles_out_the_records_that_fail(case: Case, batch_size: int) -> None:
    case.write(4, 5)
    case.images[[2, 5], 0] = REFUSED
    case.images[7, 0] = NOT_A_NUMBER
    case.rewrite(4, 5)
    shard = case.shard(0, 2)
    data = bytearray(shard.read_bytes())
    data[12] = 0xFF  # the first record's first byte: no tf.Example any more
    shard.write_bytes(data)
    assert case.predict(batch_size) == {"predicted": 5, "failed": 4}
    lines = case.lines()
    for number, line in enumerate(lines):
        if number in (0, 2, 5, 7):
            assert line["instance"] == {"image_id": str(number)}
            assert line["error"]["code"] == 3
            assert line["error"]["message"]
        else:
            assert line == case.expected(number)
    assert lines[0]["error"]["message"] == "not a record that the model can parse"
    assert lines[2]["error"]["message"].startswith("assertion failed: [refused]")
    assert lines[7]["error"]["message"] == "the model's predictions are not finite"
    with pytest.raises(InputError, match=r"line 1: the prediction of id '0' failed \(not a record"):
        predictions_to_csv(case.output, case.examples / "test_ids.csv", case.output / "s.csv")


def test_the_predictions_make_a_submission_however_sharded(case: Case) -> None:
    ids = case.examples / "test_ids.csv"
    made = []
    for sizes in [(9,), (2, 3, 4)]:
        case.write(*sizes)
        case.predict()
        csv_file = case.examples / f"{len(sizes)}.csv"
        assert predictions_to_csv(case.output, ids, csv_file) == 9
        made.append(csv_file.read_bytes())
    assert made[0] == made[1]


def test_runs_again_over_what_another_run_left(case: Case) -> None:
    case.write(3, 3)
    case.output.mkdir()
    for name in (
        "prediction.results-00000-of-00005",
        "prediction.results-00001-of-00002",
        ".prediction.results-00000-of-00002.dead",
    ):
        (case.output / name).write_text('{"half')
    case.predict()
    assert case.lines() == [case.expected(number) for number in range(6)]


def test_takes_folders_whose_names_look_like_patterns(tmp_path: Path, model_folder: Path) -> None:
    case = Case(tmp_path / "run[1]*", model_folder)
    case.write(3)
    for _ in range(2):
        assert case.predict() == {"predicted": 3, "failed": 0}
    ids = case.examples / "test_ids.csv"
    assert predictions_to_csv(case.output, ids, tmp_path / "submission.csv") == 3


def test_a_repeated_bundle_neither_doubles_nor_loses(case: Case) -> None:
    case.write(5)
    case.predict()
    before = case.lines()
    (file,) = case.output.iterdir()
    predict = prediction._PredictShard(str(case.model / "saved_model"), case.layout, 2)
    predict.setup()
    predict.process((str(case.shard(0, 1)), str(file)))
    assert case.lines() == before


def test_takes_beam_options(case: Case) -> None:
    case.write(3, 3)
    args = [
        "--runner=DirectRunner",
        "--direct_num_workers=2",
        "--direct_running_mode=multi_threading",
    ]
    assert case.predict(beam_args=args) == {"predicted": 6, "failed": 0}
    assert len(case.lines()) == 6


def test_asks_nothing_of_the_network(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from apache_beam.runners.portability import prism_runner

    monkeypatch.delattr(prism_runner, "PrismRunner")
    case.write(2)
    assert case.predict(beam_args=["--runner=DirectRunner"])["predicted"] == 2


class CloudFileSystem(LocalFileSystem):
    """`cloud://path` is the local `/path`: a remote file system as Beam sees it."""

    @classmethod
    def scheme(cls) -> str:
        return "cloud"

    def match(self, patterns: list[str], limits: Any = None) -> Any:
        results = super().match([_local(pattern) for pattern in patterns], limits)
        for result in results:
            for found in result.metadata_list:
                found.path = "cloud:/" + found.path
        return results

    def open(self, path: str, *options: Any) -> Any:
        return super().open(_local(path), *options)

    def create(self, path: str, *options: Any) -> Any:
        return super().create(_local(path), *options)

    def split(self, path: str) -> tuple[str, str]:
        folder, _, name = path.rpartition("/")
        return folder, name

    def mkdirs(self, path: str) -> None:
        super().mkdirs(_local(path))

    def exists(self, path: str) -> bool:
        return bool(super().exists(_local(path)))

    def rename(self, sources: list[str], destinations: list[str]) -> None:
        super().rename([*map(_local, sources)], [*map(_local, destinations)])

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            Path(_local(path)).unlink()


def _local(path: str) -> str:
    return path.removeprefix("cloud:/")


def test_reads_and_writes_what_beam_can_reach(case: Case) -> None:
    case.write(3, 2)
    folders = [f"cloud:/{folder}" for folder in (case.model, case.examples, case.output)]
    for _ in range(2):
        assert batch_predict(folders[0], folders[1], folders[2]) == {"predicted": 5, "failed": 0}
    assert case.lines() == [case.expected(number) for number in range(5)]


def test_reports_progress_by_the_files_written(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(beam, "_WATCH_SECONDS", 0.01)
    case.write(2, 2)
    case.predict()
    assert " of 2 shards predicted" in capsys.readouterr().out


class FullDisk:
    """A file that takes a few bytes."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        self._file.write(data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")


def test_leaves_nothing_that_looks_whole_on_a_full_disk(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    create: Callable[..., Any] = FileSystems.create
    monkeypatch.setattr(FileSystems, "create", lambda *a, **b: FullDisk(create(*a, **b)))
    case.write(3)
    message = case.message()
    assert message.startswith(f"{case.output}/prediction.results-00000-of-00001: cannot be written")
    assert "No space left on device" in message
    assert not list(case.output.iterdir())


def test_names_an_output_that_cannot_be_written(case: Case) -> None:
    case.write(3)
    case.output.write_text("a file in the folder's place")
    assert "cannot be written (" in case.message()
    case.output = case.output / "below"
    assert case.message().startswith(f"{case.output}: cannot be made (")


def test_names_what_beam_cannot_use(case: Case) -> None:
    case.write(1)
    with pytest.raises(InputError, match="Unable to get filesystem from specified path"):
        batch_predict(case.model, "nowhere://examples", case.output)
    assert "Unexpected pipeline runner" in case.message(beam_args=["--runner=NoSuchRunner"])


def test_names_what_is_wrong_with_the_examples(case: Case) -> None:
    message = case.message()
    assert message.startswith(f"{case.examples}/examples.json: not found")

    case.write(3, 3)
    shard = case.shard(1, 2)
    whole = shard.read_bytes()
    for data in (whole[:-1], b"\1" + whole[1:]):
        shard.write_bytes(data)
        assert case.message().startswith(f"{shard}: expected whole records of ")
    shard.write_bytes(whole[: case.layout.record_bytes])
    assert "4 test examples in the shards, but examples.json says 6" in case.message()
    assert not list(case.output.iterdir())
    shard.unlink()
    assert case.message().startswith(f"{shard}: cannot be read (")

    info = json.loads((case.examples / "examples.json").read_text())
    info["splits"] = {}
    (case.examples / "examples.json").write_text(json.dumps(info))
    assert "no test split whose records hold an image_id" in case.message()
    (case.examples / "examples.json").write_text("{")
    assert case.message().startswith(f"{case.examples}/examples.json: not an examples.json")


def test_names_what_is_wrong_with_the_model(case: Case, tmp_path: Path) -> None:
    import tensorflow as tf

    case.write(3)
    case.model = tmp_path / "model"
    assert case.message() == f"{case.model}: no saved_model in it; expected what the training wrote"

    class Other(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
        def serve(self, text: Any) -> dict[str, Any]:
            return {"image_id": text}

    class Fewer(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "example_bytes")])
        def serve(self, example_bytes: Any) -> dict[str, Any]:
            return {
                "image_id": example_bytes[:1],
                "class_indexes": tf.zeros([1, 1], tf.int32),
                "predictions": tf.zeros([1, 1]),
            }

    for model, reason in (
        (Other(), "expected a signature serving_default(example_bytes) ->"),
        (Fewer(), "the model answers 1 predictions for 3 examples"),
    ):
        tf.saved_model.save(
            model, str(case.model / "saved_model"), signatures={"serving_default": model.serve}
        )
        assert reason in case.message()
        assert not [file for file in case.output.glob("*") if file.is_file()]
