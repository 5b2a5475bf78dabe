"""The serving container's process: a real exported model, HTTP as Vertex AI speaks it."""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.prediction import batch_predict
from models.prediction_server import (
    COMMAND,
    HEALTH_ROUTE,
    MAX_REQUEST_BYTES,
    PREDICT_ROUTE,
    PredictionServer,
)
from models.submission import predictions_to_csv
from preprocessing.examples import Examples
from preprocessing.preprocess import preprocess
from preprocessing.split_sizes import SplitSizes
from tests.models.conftest import PROJECT
from tests.preprocessing.raw_data import encoded, example, write_folder

TEST = {f"{i}.jpg": encoded(i + 200, 30, 20) for i in range(5)}


class Server:
    """A process that serves, and a client for it."""

    def __init__(self, model: Path) -> None:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, *COMMAND[1:]],
            cwd=PROJECT,
            env=os.environ
            | {
                "AIP_STORAGE_URI": str(model),
                "AIP_HTTP_PORT": str(self.port),
                "AIP_HEALTH_ROUTE": "/alive",
                "AIP_PREDICT_ROUTE": "/answers",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def request(
        self, method: str, route: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        try:
            connection.request(method, route, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            is_json = answer.headers["Content-Type"] == "application/json"
            return answer.status, json.loads(text) if is_json else text.decode()
        finally:
            connection.close()

    def predict(self, *instances: Any) -> tuple[int, Any]:
        return self.request("POST", "/answers", json.dumps({"instances": instances}).encode())

    def wait(self) -> list[int]:
        """Waits until the model is loaded; returns the statuses that it saw until then."""
        seen: list[int] = []
        while not seen or seen[-1] != 200:
            assert self.process.poll() is None
            try:
                seen.append(self.request("GET", "/alive")[0])
            except ConnectionRefusedError:
                time.sleep(0.1)
        return seen


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with `examples` and `model` of photos of cats and dogs."""
    import keras

    from models.export import export_model
    from models.network import build_network, find_network
    from preprocessing.challenge import find_challenge

    folder = tmp_path_factory.mktemp("run")
    train = {
        f"train/{kind}.{i}.jpg": encoded(i, 20, 30) for i in range(9) for kind in ("cat", "dog")
    }
    write_folder(folder / "raw", train | {f"test1/{name}": data for name, data in TEST.items()})
    info = preprocess(
        str(folder / "raw"),
        str(folder / "examples"),
        str(folder / "transform"),
        "cats_vs_dogs",
        SplitSizes(0, 1, 1),
        image_size=12,
    )
    keras.utils.set_random_seed(0)
    network = build_network(
        find_network("models.quickdraw", "Logistic"),
        info.image_shape,
        2,
        info.pixel_mean,
        info.pixel_variance,
    )
    features = find_challenge("cats_vs_dogs").record_features
    export_model(network, folder / "transform", info.class_names, 2, folder / "model", features)
    return folder


@pytest.fixture(scope="module")
def server(run: Path) -> Iterator[Server]:
    server = Server(run / "model")
    statuses = server.wait()
    assert set(statuses) <= {200, 503}
    yield server
    server.process.send_signal(signal.SIGTERM)
    out, err = server.process.communicate(timeout=60)
    assert server.process.returncode == 0
    assert f"loaded; serving on port {server.port}" in out
    assert "Traceback" not in err


def b64(data: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(data).decode()}


def close_to(predictions: list[Any]) -> list[Any]:
    """Returns what equals these up to rounding, which differs with the size of a batch."""
    return [line | {"predictions": pytest.approx(line["predictions"])} for line in predictions]


def test_answers_what_batch_prediction_writes(server: Server, run: Path, tmp_path: Path) -> None:
    batch_predict(run / "model", run / "examples", tmp_path)
    lines = [json.loads(line) for line in next(tmp_path.iterdir()).read_text().splitlines()]
    expected = [line["prediction"] for line in lines]
    assert sorted(line["image_id"] for line in expected) == sorted(TEST)

    examples = Examples(run / "examples")
    records = examples.info.layout("test").serialized(np.concatenate(examples.open("test")))
    for instances in (map(b64, records), ({"example_bytes": b64(record)} for record in records)):
        assert server.predict(*instances) == (200, {"predictions": close_to(expected)})
    theirs = [
        example(**{"image__encoded": [TEST[line["image_id"]]], "image__filename": [b"x.jpg"]})
        for line in expected
    ]
    files = [TEST[line["image_id"]] for line in expected]
    for data, image_id in ((theirs, "x.jpg"), (files, "")):
        same = [line | {"image_id": image_id} for line in close_to(expected)]
        assert server.predict(*map(b64, data)) == (200, {"predictions": same})
    assert server.predict() == (200, {"predictions": []})


def test_with_vertex_batch_prediction_the_submission_is_the_same(
    server: Server, run: Path, tmp_path: Path
) -> None:
    """Its files are made here as it makes them: TFRecords as instances, a folder of its own."""
    batch_predict(run / "model", run / "examples", tmp_path / "ours")
    examples = Examples(run / "examples")
    records = examples.info.layout("test").serialized(np.concatenate(examples.open("test")))
    lines = []
    for start in range(0, len(records), 2):
        instances = [b64(record) for record in records[start : start + 2]]
        _, answer = server.predict(*instances)
        for instance, prediction in zip(instances, answer["predictions"], strict=True):
            lines.append(json.dumps({"instance": instance, "prediction": prediction}))
    folder = tmp_path / "theirs" / "prediction-cats_vs_dogs-2026_11_21T03_00_00_123Z"
    folder.mkdir(parents=True)
    (folder / "prediction.results-00000-of-00001").write_text("\n".join(lines[::-1]) + "\n")
    (folder / "prediction.errors_stats-00000-of-00001").touch()
    for name in ("ours", "theirs"):
        ids = run / "examples" / "test_ids.csv"
        assert predictions_to_csv(tmp_path / name, ids, tmp_path / f"{name}.csv") == len(TEST)
    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


def test_an_instance_that_the_model_cannot_take_costs_no_other_its_prediction(
    server: Server,
) -> None:
    images = [b64(data) for data in TEST.values()]
    _, whole = server.predict(*images)
    images[1:1] = [b64(b"no example"), b64(b"\xff\xd8\xff cut")]
    status, answer = server.predict(*images)
    assert status == 200
    bad = [answer["predictions"].pop(1) for _ in range(2)]
    assert answer["predictions"] == close_to(whole["predictions"])
    assert [set(one) for one in bad] == [{"error"}, {"error"}]
    assert [one["error"]["code"] for one in bad] == [3, 3]
    assert all(one["error"]["message"] for one in bad)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "the request is not JSON ("),
        (b"[]", 'expected {"instances": [...]}'),
        (b'{"instances": {"b64": ""}}', 'expected {"instances": [...]}'),
        (b'{"instances": [{"b64": ""}, 7]}', 'instances[1]: expected {"b64": ...} or {'),
        (b'{"instances": [{"example_bytes": "Cg=="}]}', "instances[0]: expected "),
        (b'{"instances": [{"b64": ""}, {"b64": "?"}]}', "instances[1]: b64 is not base64 ("),
    ],
)
def test_what_is_no_request_is_told_what_was_expected(
    server: Server, body: bytes, told: str
) -> None:
    status, answer = server.request("POST", "/answers", body)
    assert status == 400
    assert answer["error"].startswith(told)


def test_what_is_not_asked_as_agreed_is_refused(server: Server) -> None:
    assert server.request("GET", "/alive") == (200, {})
    assert server.request("GET", "/other")[0] == 404
    assert server.request("GET", "/answers") == (405, {"error": "expected POST"})
    too_large = {"Content-Length": str(MAX_REQUEST_BYTES + 1)}
    assert server.request("POST", "/answers", b"", **too_large)[0] == 413


def test_a_model_that_cannot_be_loaded_ends_it_with_one_line(tmp_path: Path) -> None:
    process = Server(tmp_path).process
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    last = err.splitlines()[-1]
    assert last.startswith("error: ")
    assert f"{tmp_path}/saved_model" in last
    assert "Traceback" not in err


def test_it_is_not_healthy_before_the_model_is_loaded() -> None:
    said: list[str] = []
    for method, route in (("GET", HEALTH_ROUTE), ("POST", PREDICT_ROUTE)):
        environ = {"REQUEST_METHOD": method, "PATH_INFO": route}
        (body,) = PredictionServer()(environ, lambda status, headers: said.append(status))
        assert json.loads(body) == {"error": "the model is not loaded yet"}
    assert said == ["503 Service Unavailable"] * 2
