"""Raw images to pixels: what is pixels stays so, what is damaged is told apart from the rest."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from preprocessing.decode import ImageDecoder, decode_images
from tests.preprocessing.raw_data import encoded

SHAPE = (8, 8, 3)
SIZE = 8 * 8 * 3
JPEG, PNG = encoded(1), encoded(2, form="PNG")


def has_marks(image: bytes) -> bool:
    """Says whether bytes begin as a PNG or GIF does, or have two marks of a JPEG."""
    begins_as_jpeg = image.startswith(b"\xff\xd8\xff")
    return image.startswith((b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (
        begins_as_jpeg and (image[6:10] in (b"JFIF", b"Exif") or image.endswith(b"\xff\xd9"))
    )


blocks = st.binary(min_size=SIZE, max_size=SIZE)
starts = st.sampled_from([b"\xff\xd8\xff\xe0", b"\x89PNG", b"GIF8", b"BM", b"\xff\xd8"])
like_others = st.builds(lambda start, block: (start + block)[:SIZE], starts, blocks)
pixels = (blocks | like_others).filter(lambda image: not has_marks(image))


@pytest.fixture(scope="module")
def decode() -> ImageDecoder:
    return ImageDecoder(lambda images: decode_images(images, SHAPE), SIZE)


def expected(image: bytes) -> Any:
    """Returns an image decoded and resized one step after the other."""
    import tensorflow as tf

    decoded = tf.io.decode_image(image, channels=3, expand_animations=False)
    resized = tf.image.resize(decoded, SHAPE[:2], antialias=True).numpy()
    return np.round(resized).clip(0, 255).astype(np.uint8).ravel()


@settings(max_examples=50, deadline=None)
@given(images=st.lists(pixels, max_size=5))
@example(images=[])
@example(images=[b"\xff\xd8\xff" + bytes(SIZE - 3)])
@example(images=[bytes(SIZE - 2) + b"\xff\xd9"])
def test_pixels_stay_as_they_are(decode: ImageDecoder, images: list[bytes]) -> None:
    decoded, bad = decode(images)
    assert bad == {}
    assert decoded.shape == (len(images), SIZE)
    assert decoded.tobytes() == b"".join(images)


def test_an_image_of_as_many_bytes_as_pixels_is_decoded() -> None:
    image = encoded(0, 4, 4)
    padded = image + bytes(-len(image) % 3)  # as some cameras do, so that it has no end mark
    shape = (1, len(padded) // 3, 3)
    decode = ImageDecoder(lambda images: decode_images(images, shape), len(padded))
    plain, padded_too = decode([image, padded])[0]
    assert (plain == padded_too).all()
    assert plain.tobytes() != image


@pytest.mark.parametrize(
    ("width", "height", "form"),
    [(100, 75, "PNG"), (31, 100, "JPEG")]
    + [
        (width, height, form)
        for width, height in ((8, 8), (3, 5), (1, 1), (2_000, 1))
        for form in ("JPEG", "PNG")
    ],
)
def test_any_size_is_resized(decode: ImageDecoder, width: int, height: int, form: str) -> None:
    image = encoded(0, width, height, form)
    decoded, bad = decode([image])
    assert bad == {}
    assert (decoded[0] == expected(image)).all()


@pytest.mark.parametrize("crop", [None, 0.6, 0.83])
@pytest.mark.parametrize(("width", "height"), [(61, 43), (131, 77), (401, 299), (150, 1_111)])
def test_a_large_jpeg_is_all_but_what_its_pixels_give(
    width: int, height: int, crop: float | None
) -> None:
    """It is decoded to a part of its size, whose edges lie where those of the whole do."""
    shades = np.random.default_rng(4).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    jpeg, whole = io.BytesIO(), io.BytesIO()
    Image.fromarray(shades).resize((width, height)).save(jpeg, "JPEG")
    Image.open(jpeg).save(whole, "PNG")
    decode = ImageDecoder(lambda images: decode_images(images, SHAPE, crop), SIZE)
    from_jpeg, from_pixels = decode([jpeg.getvalue(), whole.getvalue()])[0].astype(int)
    assert np.abs(from_jpeg - from_pixels).mean() < 3  # of noise; of photos 0.5


def test_a_photo_is_what_jpeg_decoding_and_resizing_make_of_it(decode: ImageDecoder) -> None:
    import tensorflow as tf

    decoded = tf.image.resize(tf.io.decode_jpeg(JPEG, channels=3), (8, 8), antialias=True)
    assert (decode([JPEG])[0].reshape(SHAPE) == np.round(decoded.numpy())).all()


@pytest.mark.parametrize(
    ("width", "height", "square"),
    [
        (20, 10, (7, 2, 13, 8)),
        (9, 31, (2, 13, 7, 18)),
        (8, 7, (2, 1, 6, 5)),
        (8, 8, (0, 0, 8, 8)),  # has its size already
        (1, 90, (0, 44, 1, 45)),
    ],
)
def test_a_crop_is_the_square_in_the_middle(
    decode: ImageDecoder, width: int, height: int, square: tuple[int, int, int, int]
) -> None:
    cropping = ImageDecoder(lambda images: decode_images(images, SHAPE, crop=0.6), SIZE)
    whole = encoded(3, width, height, "PNG")
    cut = io.BytesIO()
    Image.open(io.BytesIO(whole)).crop(square).save(cut, "PNG")
    assert (cropping([whole])[0] == decode([cut.getvalue()])[0]).all()


@pytest.mark.parametrize(
    ("form", "mode"),
    [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "RGBA"),
     ("PNG", "1"), ("PNG", "I;16")],
)  # fmt: skip
def test_any_kind_of_colour_becomes_rgb(decode: ImageDecoder, form: str, mode: str) -> None:
    """A red picture stays red, or becomes grey."""
    picture = Image.new("RGB", (20, 20), (200, 30, 30))
    picture = picture.convert("L").convert(mode) if mode == "I;16" else picture.convert(mode)
    file = io.BytesIO()
    picture.save(file, form)
    decoded, bad = decode([file.getvalue()])
    assert bad == {}
    red, green, blue = decoded.reshape(64, 3).astype(int).mean(axis=0)
    assert green == pytest.approx(blue, abs=3)
    assert (red > green + 100) if mode in ("CMYK", "P", "RGBA") else red == green


def test_a_grey_challenge_gets_one_channel(decode: ImageDecoder) -> None:
    grey = ImageDecoder(lambda images: decode_images(images, (8, 8, 1)), 64)
    for mode in ("L", "RGB"):
        decoded, bad = grey([encoded(5, form="PNG", mode=mode)])
        assert bad == {}
        assert decoded.shape == (1, 64)


def test_a_mixed_batch_keeps_its_order(decode: ImageDecoder) -> None:
    images = [JPEG, bytes(range(SIZE)), PNG, b"\xff\xd8\xff" + bytes(SIZE - 3), JPEG]
    decoded, bad = decode(images)
    assert bad == {}
    assert decoded[1].tobytes() == images[1]
    assert decoded[3].tobytes() == images[3]
    for place in (0, 2, 4):
        assert (decoded[place] == expected(images[place])).all()


DAMAGED = [b"", b"text", JPEG[:-30], PNG[:-30], bytes(SIZE - 1), b"\x89PNG\r\n\x1a\n"]
GOOD = [JPEG, PNG, bytes(SIZE)]


@settings(max_examples=15, deadline=None)
@given(images=st.lists(st.sampled_from(DAMAGED + GOOD), max_size=12))
@example(images=DAMAGED)
def test_each_bad_image_has_its_reason_and_the_others_their_pixels(
    decode: ImageDecoder, images: list[bytes]
) -> None:
    decoded, bad = decode(images)
    assert list(bad) == [place for place, image in enumerate(images) if image in DAMAGED]
    for reason in bad.values():
        assert reason
        assert "\n" not in reason
        assert "{{" not in reason
        assert not reason.endswith(".")
    for place in set(range(len(images))) - set(bad):
        if images[place] != bytes(SIZE):
            assert (decoded[place] == expected(images[place])).all()


def test_more_images_than_a_batch(decode: ImageDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preprocessing.decode._BATCH", 4)
    images = [JPEG] * 10
    images[6] = b"text"
    decoded, bad = decode(images)
    assert list(bad) == [6]
    assert (np.delete(decoded, 6, axis=0) == expected(JPEG)).all()
