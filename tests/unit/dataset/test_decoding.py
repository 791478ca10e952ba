"""Single files to numbers: shapes, types, and what is refused."""

import io
import pickle
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from nnabla_influence import machine_memory
from nnabla_influence.dataset import decoding
from nnabla_influence.dataset.decoding import CellError, decode, decoder_name, describe, float32_array


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def saved(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def sound(samples):
    stream = io.BytesIO()
    wavfile.write(stream, 8000, samples)
    return stream.getvalue()


RAMP = Image.fromarray(np.arange(0, 240, dtype=np.uint8).reshape(12, 20))  # 12 high, 20 wide


@pytest.mark.parametrize(
    "name, decoder",
    [
        ("a.PNG", "image"),
        ("a.jpeg", "image"),
        ("a.tif", "image"),
        ("b.csv", "csv"),
        ("c.NPY", "npy"),
        ("d.wav", "wav"),
        ("cat", None),
        ("a.txt", None),
        ("a.dcm", None),
        ("png", None),
    ],
)
def test_the_extension_names_the_decoder(name, decoder):
    assert decoder_name(name) == decoder


@pytest.mark.parametrize(
    "mode, channels",
    [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4), ("P", 3), ("1", 1)],
)
def test_channels_come_first(mode, channels):
    image = RAMP.convert("RGB").convert(mode) if mode == "P" else RAMP.convert(mode)
    array = decode("image", encoded(image))
    assert array.shape == (channels, 12, 20) and array.dtype == np.uint8


def test_channels_keep_their_order_and_pixels_their_place():
    pixels = np.arange(12 * 20 * 3).astype(np.uint8).reshape(12, 20, 3)
    np.testing.assert_array_equal(decode("image", encoded(Image.fromarray(pixels))), pixels.transpose(2, 0, 1))


def test_a_palette_with_transparency_has_an_alpha_channel():
    image = RAMP.convert("RGB").convert("P")
    assert decode("image", encoded(image, transparency=0)).shape[0] == 4


def test_one_bit_images_are_black_and_white():
    assert set(np.unique(decode("image", encoded(RAMP.convert("1")))).tolist()) == {0, 255}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_kept(kind):
    pixels = np.array([[0, 256, 65535], [1, 2, 3]], dtype=np.uint16)
    array = decode("image", encoded(Image.fromarray(pixels), kind))
    assert array.dtype == np.uint16
    np.testing.assert_array_equal(array[0], pixels)


def test_thirty_two_bits_and_floats_are_refused():
    for pixels in (np.array([[70000]], dtype=np.int32), np.array([[0.5]], dtype=np.float32)):
        with pytest.raises(CellError, match="8 or 16 bits"):
            decode("image", encoded(Image.fromarray(pixels), "TIFF"))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_resizing_keeps_channels_and_is_pillows_bilinear(mode):
    image = RAMP.convert(mode)
    array = decode("image", encoded(image), (6, 5))
    assert array.shape == (len(image.getbands()), 6, 5)
    wanted = np.asarray(image.resize((5, 6), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(array, wanted.reshape(6, 5, -1).transpose(2, 0, 1))


def test_resizing_sixteen_bits_keeps_a_flat_image_flat():
    flat = Image.fromarray(np.full((9, 9), 40000, dtype=np.uint16))
    array = decode("image", encoded(flat), (4, 3))
    assert array.shape == (1, 4, 3) and array.dtype == np.uint16 and set(array.ravel().tolist()) == {40000}


def test_csv_cells_are_two_dimensional():
    array = decode("csv", b"\xef\xbb\xbf1,2,3\r\n4,5,6e-1\r\n\r\n")
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, np.array([[1, 2, 3], [4, 5, 0.6]], dtype=np.float32))


@pytest.mark.parametrize("dtype", ["u1", "<i8", ">f4", "f8", "?"])
def test_npy_cells_become_float32(dtype):
    source = np.array([[[0, 1], [1, 0]]], dtype=dtype)
    array = decode("npy", saved(source))
    assert array.dtype == np.float32 and array.dtype.isnative
    np.testing.assert_array_equal(array, source.astype(np.float64))


def test_npy_in_fortran_order_and_of_no_dimensions():
    source = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(decode("npy", saved(source)), source)
    assert decode("npy", saved(np.array(3.0))).shape == (1,)


def test_sounds_have_one_column_per_channel():
    assert decode("wav", sound(np.arange(5, dtype=np.int16))).shape == (5, 1)
    stereo = np.arange(10, dtype=np.int16).reshape(5, 2)
    np.testing.assert_array_equal(decode("wav", sound(stereo)), stereo)


WHOLE = encoded(RAMP)
BROKEN = {
    "image of text": ("image", b"hello"),
    "empty image": ("image", b""),
    "image cut off": ("image", WHOLE[: len(WHOLE) // 2]),
    "image with a wrong header": ("image", WHOLE[:18] + b"\7" + WHOLE[19:]),
    "JPEG cut off": ("image", encoded(RAMP, "JPEG")[:300]),
    "GIF cut off": ("image", encoded(RAMP, "GIF")[:100]),
    "TIFF cut off": ("image", encoded(RAMP, "TIFF")[:40]),
    "BMP cut off": ("image", encoded(RAMP, "BMP")[:40]),
    "CSV with text": ("csv", b"1,2\n3,cat\n"),
    "CSV ragged": ("csv", b"1,2\n3\n"),
    "CSV empty": ("csv", b"\n"),
    "CSV with NaN": ("csv", b"1,nan\n"),
    "CSV not UTF-8": ("csv", b"\xff\xfe1\n"),
    "npy with pickle": ("npy", saved(np.array([{"a": 1}], dtype=object), allow_pickle=True)),
    "npy of text": ("npy", saved(np.array(["a", "b"]))),
    "npy complex": ("npy", saved(np.array([1j]))),
    "npy cut off": ("npy", saved(np.arange(100.0))[:300]),
    "npy header cut off": ("npy", saved(np.arange(100.0))[:20]),
    "npy empty": ("npy", saved(np.zeros((0, 3)))),
    "npy infinite": ("npy", saved(np.array([1.0, np.inf]))),
    "npy beyond float32": ("npy", saved(np.array([1e300]))),
    "no npy": ("npy", b"hello"),
    "no wav": ("wav", b"hello"),
    "empty wav": ("wav", b""),
    "wav cut off": ("wav", sound(np.arange(100, dtype=np.int16))[:100]),
    "wav without sound": ("wav", sound(np.arange(100, dtype=np.int16))[:36]),
}


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_broken_files_are_cell_errors(case):
    decoder, data = BROKEN[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CellError) as caught:
            decode(decoder, data)
    message = str(caught.value)
    assert message.startswith("expected") and "got" in message and caught.value.advice
    assert "BytesIO" not in message and "\n" not in message


def test_a_decompression_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(CellError):
        decode("image", WHOLE)


def test_descriptions():
    assert describe((1, 28, 30), np.dtype(np.uint8)) == "28x30 grey image"
    assert describe((3, 2, 2), np.dtype(np.uint16)) == "2x2 colour image of 16 bits"
    assert describe((3, 4), np.dtype(np.float32)) == "array of shape (3, 4)"


def test_float32_array_counts_what_is_not_finite():
    with pytest.raises(CellError, match="got 2 that are NaN"):
        float32_array(np.array([1.0, np.nan, -np.inf]))


def test_an_error_keeps_its_advice_on_the_way_to_another_process():
    error = pickle.loads(pickle.dumps(CellError("expected a, got b", "Do x.")))
    assert (str(error), error.advice) == ("expected a, got b", "Do x.") and CellError("a").advice.startswith("Replace")


def png_of(width, height):
    """A PNG whose header says so, and that holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize("error", [TypeError, KeyError, ZeroDivisionError, IndexError, struct.error], ids=repr)
def test_whatever_pillow_raises_for_a_damaged_image_is_refused(monkeypatch, error):
    """A TIFF whose offset is a fraction ends in a TypeError (tests/soak/corpus/image)."""

    def broken(*_):
        raise error("deep inside")

    monkeypatch.setattr(decoding, "_pixels", broken)
    with pytest.raises(CellError, match="expected a readable image, got the error: .*deep inside"):
        decode("image", encoded(RAMP))


def test_an_image_larger_than_the_memory_is_refused_by_its_header(monkeypatch):
    monkeypatch.setattr(machine_memory, "machine_memory", lambda: 2**28)
    with pytest.raises(CellError, match=r"an image of 13000x13000 pixels to fit the 256.0 MiB .* at least 483.5 MiB"):
        decode("image", png_of(13_000, 13_000))


def test_running_out_of_memory_is_said_of_the_cell(monkeypatch):
    def short(image, image_size):
        raise MemoryError("Unable to allocate 1.50 GiB")

    monkeypatch.setattr(decoding, "_pixels", short)
    with pytest.raises(CellError, match="this machine can hold.*1.50 GiB"):
        decode("image", png_of(3, 3))


def test_an_array_is_no_larger_than_its_file():
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(CellError, match="declares shape .* 8,000,000,000,000 bytes, but the file holds 8"):
        decode("npy", stream.getvalue() + bytes(8))
