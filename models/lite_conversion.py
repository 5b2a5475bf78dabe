"""From a SavedModel to TensorFlow Lite: the float model and its int8 twin.

Both are of TensorFlow Lite's own operations, without the TensorFlow ("Flex") ones that a phone's
plain runtime lacks, and take one image at a time, as phones do and as their accelerators want.
"""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.saved_model import SIGNATURE
from preprocessing.errors import InputError
from preprocessing.records import Bytes

_FOREIGN_OPERATION = re.compile(r"'(tf\.\w+)' op is neither a custom op nor a flex op")


def convert(saved_model: Path, calibration: Bytes) -> tuple[bytes, bytes]:
    """Converts the signature `predict_images`.

    The int8 model computes in 8-bit integers, with a scale a channel of the weights and a scale
    a tensor of activations, up to the input of the last layer. That layer and the softmax stay
    in float: the scores of hundreds of classes span so wide a range that a 255th of it is more
    than what parts the best two. A network of one layer has only its softmax in float.

    Args:
        saved_model: the folder of the SavedModel.
        calibration: images `[n, H, W, C]` that tell the range of every activation.

    Returns:
        The bytes of the float and of the int8 `.tflite` file, each with the signature
        serving_default(image uint8[1, H, W, C]) -> {probabilities float32[1, classes]}.

    Raises:
        InputError: the network needs an operation that TensorFlow Lite does not have.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert_phase import ConverterError

    model = tf.saved_model.load(str(saved_model))

    @tf.function(input_signature=[tf.TensorSpec([1, *calibration.shape[1:]], tf.uint8, "image")])
    def predict_image(image: Any) -> Any:
        return model.signatures[SIGNATURE](image=image)

    def converter() -> Any:
        function = predict_image.get_concrete_function()
        return tf.lite.TFLiteConverter.from_concrete_functions([function], model)

    def images() -> Iterator[dict[str, Bytes]]:
        for image in calibration:
            yield {"image": image[None]}

    with warnings.catch_warnings(action="ignore"):  # tf.lite announces its successor
        try:
            in_float = converter().convert()
        except ConverterError as error:
            foreign = ", ".join(sorted(set(_FOREIGN_OPERATION.findall(str(error)))))
            raise InputError(
                f"{saved_model}: TensorFlow Lite has no {foreign or 'way to convert this network'};"
                " use layers that it has"
            ) from error
        quantizer = converter()
        quantizer.optimizations = [tf.lite.Optimize.DEFAULT]
        quantizer.representative_dataset = images
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=quantizer,
            debug_dataset=images,
            debug_options=tf.lite.experimental.QuantizationDebugOptions(
                denylisted_ops=["SOFTMAX"], denylisted_nodes=_last_layer(in_float)
            ),
        )
        return in_float, debugger.get_nondebug_quantized_model()


def _last_layer(model: bytes) -> list[str]:
    """Returns the name of the last of several layers with weights; nothing where there is one."""
    from tensorflow.lite.python.schema_py_generated import BuiltinOperator
    from tensorflow.lite.tools.flatbuffer_utils import convert_bytearray_to_object

    weighted = {
        BuiltinOperator.CONV_2D,
        BuiltinOperator.DEPTHWISE_CONV_2D,
        BuiltinOperator.FULLY_CONNECTED,
    }
    content = convert_bytearray_to_object(bytearray(model))
    graph = content.subgraphs[0]
    layers = [
        graph.tensors[operator.outputs[0]].name.decode()
        for operator in graph.operators
        if content.operatorCodes[operator.opcodeIndex].builtinCode in weighted
    ]
    return layers[-1:] if len(layers) > 1 else []
