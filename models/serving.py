"""An exported model as a batch prediction uses it: serialized examples in, JSON out."""

from typing import Any

import numpy as np
import orjson

from preprocessing.errors import InputError
from preprocessing.folders import local_folder

SAVED_MODEL = "saved_model"
"""The SavedModel's folder in the model's folder."""

OUTPUTS = ("image_id", "class_indexes", "predictions")

INVALID_ARGUMENT = 3
"""The `google.rpc.Code` of a record that the model cannot take."""

_REASON_CHARACTERS = 200


class ServedModel:
    """A SavedModel, loaded.

    Args:
        folder: of the SavedModel, local or `gs://`. Its `serving_default` takes `example_bytes`
            string[None] and returns `image_id` string[None], `class_indexes` int32[None, k] and
            `predictions` float32[None, k].

    Raises:
        InputError: it has no such signature.
    """

    def __init__(self, folder: str) -> None:
        import tensorflow as tf  # takes seconds, which the process that starts a run need not wait

        with local_folder(folder) as path:
            self._loaded = tf.saved_model.load(path)
        signature = self._loaded.signatures.get("serving_default")
        inputs = signature and signature.structured_input_signature[1]
        outputs = signature and signature.structured_outputs
        if not signature or set(inputs) != {"example_bytes"} or not set(outputs) >= set(OUTPUTS):
            raise InputError(
                f"{folder}: expected a signature serving_default(example_bytes) ->"
                f" {', '.join(OUTPUTS)}; export the model again"
            )
        self._folder = folder
        self._signature = signature
        self._constant = tf.constant
        self._errors = (tf.errors.OpError, UnicodeDecodeError)

    def predict(self, examples: list[bytes]) -> list[bytes | str]:
        """Returns for each serialized tf.Example its prediction as JSON, or why it failed."""
        try:
            outputs = self._signature(example_bytes=self._constant(examples))
        except self._errors as error:
            if len(examples) == 1:
                return [_reason(error)]
            # Halves single out the bad ones in fewer runs than one by one.
            half = len(examples) // 2
            return self.predict(examples[:half]) + self.predict(examples[half:])
        ids, classes, scores = (outputs[name].numpy() for name in OUTPUTS)
        if not len(ids) == len(classes) == len(scores) == len(examples):
            raise InputError(
                f"{self._folder}: the model answers {len(scores)} predictions for {len(examples)}"
                " examples; expected one for each: export the model again"
            )
        rows = zip(
            map(_json_id, ids.tolist()), _json_rows(classes), _json_rows(scores), strict=True
        )
        return [
            b'{"image_id":%b,"class_indexes":[%b],"predictions":[%b]}' % row
            if finite
            else "the model's predictions are not finite"
            for row, finite in zip(rows, np.isfinite(scores).all(axis=1), strict=True)
        ]


def json_line(image_id: bytes, answer: bytes | str) -> bytes:
    """Returns the line of one record, as Vertex AI batch prediction writes it.

    Args:
        image_id: the record's.
        answer: what `ServedModel.predict` returned for it.
    """
    if isinstance(answer, bytes):
        return b'{"instance":{"image_id":%b},"prediction":%b}\n' % (_json_id(image_id), answer)
    error = orjson.dumps({"code": INVALID_ARGUMENT, "message": answer})
    return b'{"instance":{"image_id":%b},"error":%b}\n' % (_json_id(image_id), error)


def _json_id(image_id: bytes) -> bytes:
    """Returns an id as a JSON string, without the zeros that pad it."""
    return orjson.dumps(image_id.rstrip(b"\0").decode(errors="replace"))


def _json_rows(values: np.ndarray[Any, Any]) -> list[bytes]:
    """Returns the numbers of each row `[n, k]`, each the shortest text that reads back as it."""
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")


def _reason(error: Exception) -> str:
    """Returns TensorFlow's own words, without what it tells of its graph and of the whole record.

    Where it quotes bytes that are no UTF-8, Python cannot even raise its message.
    """
    if isinstance(error, UnicodeDecodeError):
        return "not a record that the model can parse"
    words = str(error).split("<stack traces unavailable>\n")[-1].splitlines()
    return words[0][:_REASON_CHARACTERS]
