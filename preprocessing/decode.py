"""Raw images to pixels: the part of the tf.Transform graph that preprocessing and serving share."""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from preprocessing.errors import InputError
from preprocessing.records import Bytes

_BATCH = 256
_JPEG = b"\xff\xd8\xff"
_LARGEST_RATIO = 8  # of the powers of 2 that libjpeg can divide the size by
_LEAST_REDUCTION = 2  # left to the resizing, which antialiases better than libjpeg
_REASON_CHARACTERS = 200


def check_crop(crop: float) -> None:
    """Checks the side of the centred square that is kept of images.

    Raises:
        InputError: it is no share of the shorter side.
    """
    if not 0 < crop <= 1:
        raise InputError(f"crop={crop:g}: expected a share of the shorter side above 0, 1 at most")


def decode_images(images: Any, image_shape: Sequence[int], crop: float | None = None) -> Any:
    """Returns raw images as uint8 [N, H, W, C]: a part of a TensorFlow graph.

    A raw image is its pixels, as the examples have them: a string of H * W * C bytes that does
    not look like an encoded image. Any other is decoded as JPEG, PNG, GIF or BMP, cropped,
    stretched to H x W (bilinear, antialiased) and rounded. One that is H x W already is taken as
    it is, as pixels are: nobody keeps faces or digits of just this size with a frame to cut off.

    A JPEG is decoded to a half, a quarter or an eighth of its size, as its format allows, where
    that leaves at least twice H x W. Less is left to resize, and the pixels differ by half a level
    on average, which is less than two libraries do that decode the whole.

    Args:
        images: strings [N].
        image_shape: (height, width, channels).
        crop: side of the centred square that is kept, as a share of the shorter side; None to keep
            all.
    """
    import tensorflow as tf

    channels = image_shape[-1]
    size = math.prod(image_shape)
    right_size = tf.strings.length(images) == size
    filled = tf.where(right_size, images, bytes(size))
    is_pixels = right_size & ~_looks_encoded(filled)

    def from_pixels(strings: Any) -> Any:
        return tf.reshape(tf.io.decode_raw(strings, tf.uint8), [-1, *image_shape])

    def decoded(string: Any) -> Any:
        def jpeg() -> tuple[Any, Any, Any]:
            size = tf.io.extract_jpeg_shape(string)[:2]
            _, kept = _kept(size, image_shape[:2], crop)
            largest = tf.reduce_min(kept // image_shape[:2]) // _LEAST_REDUCTION

            # Conditions within each other, since tf.Transform cannot analyze a switch_case.
            def reduced(ratio: int) -> Any:
                def here() -> tuple[Any, Any]:
                    return tf.io.decode_jpeg(string, channels, ratio), tf.constant(ratio)

                if ratio == _LARGEST_RATIO:
                    return here()
                return tf.cond(largest < 2 * ratio, here, lambda: reduced(2 * ratio))

            return *reduced(1), size

        def other() -> tuple[Any, Any, Any]:
            image = tf.io.decode_image(string, channels=channels, expand_animations=False)
            return image, tf.constant(1), tf.shape(image)[:2]

        is_jpeg = tf.strings.substr(string, 0, len(_JPEG)) == _JPEG
        image, ratio, size = tf.cond(is_jpeg, jpeg, other)
        resized = _resized(image, size, ratio, image_shape[:2], crop)
        return tf.saturate_cast(tf.round(resized), tf.uint8)

    def one(string_and_flag: tuple[Any, Any]) -> Any:
        string, flag = string_and_flag
        return tf.cond(flag, lambda: from_pixels(string)[0], lambda: decoded(string))

    return tf.cond(
        tf.reduce_all(is_pixels),
        lambda: from_pixels(images),
        lambda: tf.map_fn(one, (images, is_pixels), fn_output_signature=tf.uint8),
    )


def _kept(size: Any, wanted: Sequence[int], crop: float | None) -> tuple[Any, Any]:
    """Returns where the part of an image that is kept begins, and its size: (row, column) each."""
    import tensorflow as tf

    if crop is None:
        return tf.zeros_like(size), size
    shorter = tf.cast(tf.reduce_min(size), tf.float32)
    side = tf.maximum(tf.cast(tf.round(crop * shorter), tf.int32), 1)
    kept = tf.where(tf.reduce_all(size == wanted), size, side)
    return (size - kept) // 2, kept


def _resized(image: Any, size: Any, ratio: Any, wanted: Sequence[int], crop: float | None) -> Any:
    """Returns what is kept of an image as float32 [height, width, C], bilinear and antialiased.

    Args:
        image: uint8 [H, W, C].
        size: (height, width) of the whole image, before it was decoded to a part of that.
        ratio: of `size` to H x W, whose last row and column may stand for fewer pixels than others.
        wanted: (height, width).
        crop: as `decode_images` takes it.
    """
    import tensorflow as tf

    start, kept = _kept(size, wanted, crop)
    first, last = start // ratio, (start + kept - 1) // ratio
    # tf.image.resize would take H x W for the size: half a pixel too much where that is odd.
    return tf.raw_ops.ScaleAndTranslate(
        images=image[tf.newaxis, first[0] : last[0] + 1, first[1] : last[1] + 1],
        size=wanted,
        scale=tf.cast(wanted * ratio / kept, tf.float32),
        translation=tf.cast((first * ratio - start) * wanted / kept, tf.float32),
        kernel_type="triangle",
    )[0]


def _looks_encoded(strings: Any) -> Any:
    """Returns, for each of some strings of 64 bytes or more, whether it is a PNG, JPEG or GIF."""
    import tensorflow as tf

    def has(position: int, *texts: bytes) -> Any:
        found = tf.strings.substr(strings, position, len(texts[0]))
        return tf.reduce_any([found == text for text in texts], axis=0)

    # Three bytes begin a JPEG: pixels may have these, so one more mark is asked for.
    is_jpeg = has(0, _JPEG) & (has(6, b"JFIF", b"Exif") | has(-2, b"\xff\xd9"))
    return is_jpeg | has(0, b"\x89PNG\r\n\x1a\n") | has(0, b"GIF87a", b"GIF89a")


def give_each_image_one_thread() -> None:
    """Lets TensorFlow work on each image with one thread, if it has not started yet.

    Images are decoded side by side, so to share the work on one costs more than it gains.
    """
    import tensorflow as tf

    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)


class ImageDecoder:
    """Decodes batches in which some images may be damaged.

    Args:
        decode: strings [N] to uint8 [N, H, W, C]; fails if one of them cannot be decoded.
        image_bytes: height * width * channels.
    """

    def __init__(self, decode: Callable[[Any], Any], image_bytes: int) -> None:
        import tensorflow as tf

        self._decode = tf.function(decode, input_signature=[tf.TensorSpec([None], tf.string)])
        self._constant = tf.constant
        self._error = tf.errors.OpError
        self._image_bytes = image_bytes

    def __call__(self, images: list[bytes]) -> tuple[Bytes, dict[int, str]]:
        """Returns the pixels `[N, image_bytes]`, and for the place of each bad image the reason."""
        pixels = np.zeros((len(images), self._image_bytes), np.uint8)
        bad: dict[int, str] = {}
        for start in range(0, len(images), _BATCH):
            self._fill(images[start : start + _BATCH], start, pixels, bad)
        return pixels, bad

    def _fill(self, images: list[bytes], start: int, pixels: Bytes, bad: dict[int, str]) -> None:
        try:
            decoded = self._decode(self._constant(images)).numpy()
        except self._error as error:
            if len(images) == 1:
                bad[start] = _reason(error.message)
                return
            # Halves single out the bad ones in fewer runs than one by one.
            half = len(images) // 2
            self._fill(images[:half], start, pixels, bad)
            self._fill(images[half:], start + half, pixels, bad)
        else:
            pixels[start : start + len(images)] = decoded.reshape(len(images), -1)


def _reason(message: str) -> str:
    """Returns TensorFlow's own words, without the name that it gives the function."""
    words = message.strip().splitlines()[0]
    return re.sub(r"^(\{\{.*?\}\} )+", "", words)[:_REASON_CHARACTERS].rstrip(". ")
