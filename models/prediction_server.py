"""The serving container: an exported model behind HTTP, as Vertex AI wants it of a container.

    AIP_STORAGE_URI=runs/quickdraw-.../train/model python -m models.prediction_server

    GET  $AIP_HEALTH_ROUTE   -> 200 when the model is loaded, 503 before
    POST $AIP_PREDICT_ROUTE  {"instances": [{"b64": "CgQ..."}, ...]}
                             -> 200 {"predictions": [{"image_id": ..., "class_indexes": [...],
                                "predictions": [...]}, ...]}, one for each instance, in their order

An instance is `{"b64": ...}`, as Vertex AI makes them of TFRecords and of image files, or
`{"example_bytes": {"b64": ...}}`, by the name of the model's input: a serialized tf.Example that
the model takes, or a JPEG or PNG file. One that the model cannot take has
`{"error": {"code": 3, "message": ...}}` in its place and costs no other its prediction. A request
that is not of this form is answered with 400 and `{"error": "instances[2]: ..."}`; `parameters` are
not looked at, for there are none.

Contract: https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
"""

import base64
import os
import signal
import sys
import threading
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from models.serving import INVALID_ARGUMENT, SAVED_MODEL, ServedModel
from preprocessing.errors import InputError

COMMAND = ("python", "-m", "models.prediction_server")
"""What starts it in the container."""

PORT = 8080
HEALTH_ROUTE = "/health"
PREDICT_ROUTE = "/predict"
"""What the container's specification says; Vertex AI hands them back as `AIP_...`."""

MAX_REQUEST_BYTES = 32 << 20
"""Larger requests are answered with 413. Vertex AI itself lets 1.5 MB through to an endpoint, and
for a batch prediction sends as many instances at once as its batch size says."""

_IMAGE_FILES = (b"\xff\xd8\xff", b"\x89PNG\r\n")  # a tf.Example begins with another byte

Start = Callable[[str, list[tuple[str, str]]], Any]


class PredictionServer:
    """The WSGI application.

    Args:
        health_route: where it says whether the model is loaded.
        predict_route: where it predicts.
    """

    def __init__(self, health_route: str = HEALTH_ROUTE, predict_route: str = PREDICT_ROUTE):
        self._model: ServedModel | None = None
        self._routes = {
            health_route: ("GET", lambda environ: b"{}"),
            predict_route: ("POST", self._predict),
        }

    def load(self, folder: str) -> None:
        """Loads the model.

        Args:
            folder: what the training wrote, local or `gs://`; `saved_model` is in it.

        Raises:
            InputError: it has no model with the signature that is served.
        """
        self._model = ServedModel(f"{folder.rstrip('/')}/{SAVED_MODEL}")

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answers a request, as WSGI (PEP 3333) wants it."""
        try:
            status, body = "200 OK", self._answer(environ)
        except _RefusedError as refused:
            status, body = refused.status, _error(str(refused))
        except InputError as error:
            status, body = "500 Internal Server Error", _error(str(error))
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> bytes:
        route = self._routes.get(environ["PATH_INFO"])
        if route is None:
            raise _RefusedError("404 Not Found", f"there are: {', '.join(self._routes)}")
        method, answer = route
        if environ["REQUEST_METHOD"] != method:
            raise _RefusedError("405 Method Not Allowed", f"expected {method}")
        if self._model is None:
            raise _RefusedError("503 Service Unavailable", "the model is not loaded yet")
        return answer(environ)

    def _predict(self, environ: dict[str, Any]) -> bytes:
        examples = _read_examples(environ["wsgi.input"].read())
        assert self._model is not None
        answers = self._model.predict(examples) if examples else []
        return b'{"predictions":[%b]}' % b",".join(map(_prediction, answers))


class _RefusedError(Exception):
    """A request is not answered; with the HTTP status."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def _bad_request(reason: str) -> _RefusedError:
    return _RefusedError("400 Bad Request", reason)


def _read_examples(body: bytes) -> list[bytes]:
    """Returns the serialized tf.Examples that a request holds."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _bad_request(f"the request is not JSON ({error})") from None
    instances = request.get("instances") if isinstance(request, dict) else None
    if not isinstance(instances, list):
        raise _bad_request('expected {"instances": [...]}')
    return [_read_example(instance, place) for place, instance in enumerate(instances)]


def _read_example(instance: Any, place: int) -> bytes:
    inner = instance.get("example_bytes", instance) if isinstance(instance, dict) else None
    text = inner.get("b64") if isinstance(inner, dict) else None
    if not isinstance(text, str):
        raise _bad_request(
            f'instances[{place}]: expected {{"b64": ...}} or {{"example_bytes": {{"b64": ...}}}}'
        )
    try:
        data = base64.b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise _bad_request(f"instances[{place}]: b64 is not base64 ({error})") from None
    return _example_of_image(data) if data.startswith(_IMAGE_FILES) else data


def _example_of_image(image: bytes) -> bytes:
    from tensorflow.core.example import example_pb2, feature_pb2  # there with the model

    feature = feature_pb2.Feature(bytes_list=feature_pb2.BytesList(value=[image]))
    features = feature_pb2.Features(feature={"image": feature})
    serialized: bytes = example_pb2.Example(features=features).SerializeToString()
    return serialized


def _prediction(answer: bytes | str) -> bytes:
    if isinstance(answer, bytes):
        return answer
    return orjson.dumps({"error": {"code": INVALID_ARGUMENT, "message": answer}})


def _error(message: str) -> bytes:
    return orjson.dumps({"error": message})


def main() -> int:
    """Serves until SIGTERM; returns the exit status."""
    from waitress import create_server

    environment = os.environ
    folder = environment.get("AIP_STORAGE_URI", "")
    if not folder:
        return _fail("AIP_STORAGE_URI: not set; name the folder of the model, local or gs://")
    signal.signal(signal.SIGTERM, _stop)
    application = PredictionServer(
        environment.get("AIP_HEALTH_ROUTE", HEALTH_ROUTE),
        environment.get("AIP_PREDICT_ROUTE", PREDICT_ROUTE),
    )
    port = environment.get("AIP_HTTP_PORT", str(PORT))
    try:
        server = create_server(
            application, listen=f"*:{port}", max_request_body_size=MAX_REQUEST_BYTES
        )
    except (OSError, ValueError) as error:
        return _fail(f"AIP_HTTP_PORT={port}: cannot be listened on ({error}); free it")
    failures: list[str] = []

    def load() -> None:
        try:
            application.load(folder)
            print(f"{folder}: loaded; serving on port {port}", flush=True)
        except Exception as error:
            failures.append(str(error) if isinstance(error, InputError) else f"{folder}: {error}")
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=load, daemon=True).start()  # health checks are answered meanwhile
    server.run()
    return _fail(failures[0]) if failures else 0


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
