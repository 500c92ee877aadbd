"""Pictures that anybody may have sent."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.errors import InputError
from workbench.tasks import pictures


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of *side* x *side* black pixels in a few kilobytes; the header is what has to be believed."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def test_a_path_bytes_and_an_image_are_the_same_picture(tmp_path: Path) -> None:
    image = Image.new("RGB", (5, 4), (10, 20, 30))
    path = tmp_path / "a.png"
    path.write_bytes(encoded(image))
    for item in (path, str(path), path.read_bytes(), image):
        assert np.asarray(pictures.read(item)).tolist() == np.asarray(image).tolist()


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_a_decompression_bomb_is_refused_from_its_header(side: int) -> None:
    with pytest.raises(InputError, match=r"too large: images of at most 89,478,485 pixels are read"):
        pictures.read(bomb(side))


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    for form in ("PNG", "JPEG", "GIF", "BMP"):
        path = tmp_path / f"cut.{form.lower()}"
        content = encoded(Image.fromarray(noise), form)
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(InputError, match="cannot be decoded") as caught:
            pictures.read(path)
        assert str(path) in caught.value.message
        assert "cut off" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 64])
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        pictures.read(content)


def test_every_flipped_byte_is_read_or_refused_but_never_a_crash() -> None:
    content = encoded(Image.new("P", (16, 16), 3), "GIF")
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        damaged[random.integers(0, len(damaged))] = int(random.integers(0, 256))
        with contextlib.suppress(InputError):
            assert pictures.read(bytes(damaged)).mode == "RGB"


def test_a_missing_file_and_a_wrong_thing_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        pictures.read(tmp_path / "none.png")
    with pytest.raises(InputError, match="There is no file"):
        pictures.read(tmp_path)
    with pytest.raises(InputError, match="got ndarray") as caught:
        pictures.read(np.zeros((4, 4)))
    assert "fromarray" in caught.value.hint


def test_a_photo_is_turned_upright() -> None:
    image = Image.new("RGB", (6, 4), "white")
    image.putpixel((0, 0), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter clockwise to be seen upright
    upright = pictures.read(encoded(image, "PNG", exif=exif))
    assert upright.size == (4, 6)
    assert upright.getpixel((3, 0)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    assert pictures.read(Image.new(mode, (3, 2))).mode == "RGB"


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    deep = Image.fromarray(np.array([[0, 32896, 65535]], np.uint16))
    assert [pictures.read(encoded(deep)).getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]


def test_what_is_transparent_is_seen_on_white() -> None:
    clear = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    assert pictures.read(clear).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (2, 2), 0)
    assert pictures.read(encoded(palette, "PNG", transparency=0)).getpixel((0, 0)) == (255, 255, 255)


def test_of_an_animation_the_first_frame_is_read() -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    for form in ("GIF", "WEBP", "PNG"):
        content = encoded(
            frames[0], form, save_all=True, append_images=frames[1:], **({"lossless": True} if form == "WEBP" else {})
        )
        assert pictures.read(content).getpixel((1, 1)) == (255, 0, 0)


def test_the_image_that_was_given_is_not_changed() -> None:
    image = Image.new("RGB", (200, 100))
    pictures.thumbnail(pictures.read(image))
    assert image.size == (200, 100)


def test_a_jpeg_of_any_size_is_seen_at_a_glance_and_other_pictures_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100_000)
    image = Image.new("RGB", (1600, 900), "white")
    image.paste("red", (0, 0, 800, 900))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.jpg", exif=exif)
    width, height, thumb = pictures.glance(tmp_path / "a.jpg")
    seen = Image.open(io.BytesIO(thumb))
    assert (width, height, seen.size) == (900, 1600, (54, 96))
    green = seen.getchannel("G").load()
    assert green is not None
    assert green[27, 5] < 60 < 200 < green[27, 90]
    with pytest.raises(InputError, match="too large"):
        pictures.read(tmp_path / "a.jpg")
    image.save(tmp_path / "a.png")
    with pytest.raises(InputError, match="too large"):
        pictures.glance(tmp_path / "a.png")


def test_a_glance_sees_what_is_cut_off(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), "JPEG")
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
    for path in (tmp_path / "a.jpg", tmp_path / "none.jpg"):
        with pytest.raises(InputError, match=r"cannot be decoded|There is no file"):
            pictures.glance(path)
