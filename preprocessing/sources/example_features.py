"""Features of serialized tf.Examples, a batch at a time, by way of Arrow."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing.errors import InputError
from preprocessing.files import first_line


def decode_features(
    kinds: dict[str, bool], examples: list[bytes], record_name: Callable[[int], str]
) -> Any:
    """Returns the features of tf.Examples as a RecordBatch; an error names the record.

    Args:
        kinds: for each feature wanted, whether it is bytes; else it is int64.
        examples: serialized.
        record_name: what a message calls the example of a place.

    Raises:
        InputError: one of them is no tf.Example, or a feature has another type.
    """
    decoder = _decoder(kinds)
    try:
        return decoder.DecodeBatch(examples)
    except RuntimeError:
        for place, example in enumerate(examples):
            try:
                decoder.DecodeBatch([example])
            except RuntimeError as error:
                expected = ", ".join(
                    f"{name!r} ({'bytes' if is_bytes else 'int64'})"
                    for name, is_bytes in kinds.items()
                )
                raise InputError(
                    f"{record_name(place)}: not a tf.Example with the features {expected}"
                    f" ({first_line(error)}); write it with these"
                ) from None
        raise


def feature_values(
    batch: Any, name: str, missing: Any, record_name: Callable[[int], str]
) -> npt.NDArray[Any]:
    """Returns the value of a feature of each record, or `missing`.

    Args:
        batch: from `decode_features`.
        name: of the feature.
        missing: stands for it where a record does not have it.
        record_name: what a message calls the record of a place.

    Raises:
        InputError: a record has two values.
    """
    import pyarrow.compute as pc

    lists = batch[name]
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
    if (bad := np.flatnonzero(lengths > 1)).size:
        raise InputError(
            f"{record_name(int(bad[0]))}: {lengths[bad[0]]} values in the feature {name!r};"
            " expected one"
        )
    filled = pc.if_else(pc.equal(pc.list_value_length(lists), 0), None, lists)
    values = pc.list_element(filled, 0)
    return np.asarray(pc.fill_null(values, missing))


def _decoder(kinds: dict[str, bool]) -> Any:
    """Returns tfx_bsl's decoder of tf.Examples to Arrow for these features: bytes, or int64."""
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx_bsl.coders import example_coder

    schema = schema_pb2.Schema(
        feature=[
            schema_pb2.Feature(name=name, type=schema_pb2.BYTES if is_bytes else schema_pb2.INT)
            for name, is_bytes in kinds.items()
        ]
    )
    return example_coder.ExamplesToRecordBatchDecoder(schema.SerializeToString())
