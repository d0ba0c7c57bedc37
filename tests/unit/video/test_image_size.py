import io

import pytest
from PIL import Image

from ferfusion.video.image_size import (
    MAX_PIXELS,
    count_pages,
    encoded_size,
    why_too_large,
    why_too_many_channels,
)

SIZE = (37, 21)


@pytest.mark.parametrize(
    ("form", "settings"),
    [
        ("AVIF", {}),
        ("BMP", {}),
        ("GIF", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + b"\xff\xc0\0\x11\x08" * 9}),
        ("JPEG2000", {}),
        ("JPEG2000", {"no_jp2": True}),
        ("PNG", {}),
        ("PPM", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"big_tiff": True}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0"}),
    ],
)
def test_encoded_size_is_that_of_the_image(form: str, settings: dict[str, object]) -> None:
    file = io.BytesIO()
    Image.new("RGB", SIZE, (9, 90, 200)).save(file, form, **settings)
    assert encoded_size(file.getvalue()) == SIZE


@pytest.mark.parametrize(
    ("encoded", "size"),
    [
        (b"P5\n# a comment\n640 # another\n480\n255\n", (640, 480)),
        (b"P1 3\n\n2 0 1 0", (3, 2)),
        (b"P6\n# a comment\r9000 9001\n3 2\n", (9000, 9001)),
        (b"P6 9000#9001 3\n2 255\n", (9000, 9001)),
        (b"BM" + bytes(12) + b"\x0c\0\0\0\x10\0\x20\0", (16, 32)),  # the header of OS/2
        (b"BM" + bytes(12) + b"\x28\0\0\0" + b"\x10\0\0\0" + b"\xe0\xff\xff\xff", (16, 32)),  # -32: top first
        # an image of 8 x 8 with a tile of 65,535 x 65,535
        (
            b"MM\0*\0\0\0\x08\0\4"
            + b"".join(
                tag.to_bytes(2, "big") + b"\0\3\0\0\0\1" + side.to_bytes(2, "big") + b"\0\0"
                for tag, side in ((256, 8), (257, 8), (322, 65535), (323, 65535))
            ),
            (65535, 65535),
        ),
    ],
)
def test_encoded_size_by_the_standard(encoded: bytes, size: tuple[int, int]) -> None:
    assert encoded_size(encoded) == size


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"no image",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\0",
        b"\xff\xd8" + b"\xff" * 100_000,
        b"\x89PNG\r\n\x1a\n\0",
        b"BM",
        b"GIF8",
        b"RIFF\0\0\0\0WEBPVP8X",
        b"II*\0",
        b"II*\0\xff\xff\xff\x7f",
        b"P6",
        b"P6 3",
        b"P6 a b",
        b"\0\0\0\x20ftypavif",
        b"\0\0\0\x20ftypavif" + bytes(20) + b"ispe\0",
        b"\0\0\0\x0cjP  ",
        b"\xff\x4f\xff\x51",
        b"\x89PNG\r\n\x1a\n\0\0\0\x08teXt" + bytes(8),
        b"RIFF\0\0\0\0WEBPJUNK" + bytes(40),
        b"II*\0\x08\0\0\0\xff\xff" + bytes(99_999),  # a directory whose size comes late
        b"II*\0\x08\0\0\0\x01\0" + b"\x00\x01\x10\0\x01\0\0\0\x20\0\0\0" + bytes(99),  # 8 bytes elsewhere
        b"MM\0+\0\x08\0\0" + bytes(7) + b"\x10" + bytes(99),  # no size
    ],
)
def test_encoded_size_of_a_damaged_header_is_none(encoded: bytes) -> None:
    assert encoded_size(encoded) is None


@pytest.mark.parametrize(
    "encoded", [b"", b"II*\0", b"II*\0\x08\0\0\0\xff\xff", b"MM\0+" + bytes(40), b"no image"]
)
def test_count_pages_of_a_damaged_file_ends(encoded: bytes) -> None:
    assert count_pages(encoded) <= 1


def test_why_too_large_from_the_first_pixel_above_the_limit() -> None:
    assert MAX_PIXELS == 8192 * 8192
    assert why_too_large(8192, 8192) == why_too_large(9504, 6336) == ""  # 8K square; a full-frame camera
    assert why_too_large(8192, 8193).startswith("8,192 x 8,193 pixels are more than 67,108,864")
    assert why_too_large(65_500, 1024) == why_too_large(1, 65_500) == ""
    assert why_too_large(65_501, 1) == (
        "65,501 x 1 pixels have a side of more than 65,500, the most that is read; make it smaller"
    )


def jpeg2000(*, mode: str = "RGB", raw: bool = False) -> bytes:
    file = io.BytesIO()
    Image.new(mode, SIZE).save(file, "JPEG2000", no_jp2=raw)
    return file.getvalue()


def test_encoded_size_of_jpeg_2000_is_that_of_the_image_inside() -> None:
    encoded = jpeg2000()
    at = encoded.index(b"\xff\x4f\xff\x51") + 8
    large = encoded[:at] + (16_000).to_bytes(4, "big") * 2 + encoded[at + 8 :]
    assert encoded_size(large) == (16_000, 16_000)  # the box of the header keeps the small size


def test_encoded_size_of_avif_is_the_largest_of_its_boxes() -> None:
    file = io.BytesIO()
    Image.new("RGB", SIZE).save(file, "AVIF")
    encoded = file.getvalue()
    first = int.from_bytes(encoded[:4], "big")
    decoy = b"\0\0\0\x18freeispe" + bytes(4) + (8).to_bytes(4, "big") * 2 + b"\0\0\0\x0cfreemdat"
    assert encoded_size(encoded[:first] + decoy + encoded[first:]) == SIZE


def test_why_too_many_channels_counts_the_numbers_of_jpeg_2000() -> None:
    for raw in (False, True):
        encoded = jpeg2000(mode="RGBA", raw=raw)
        at = encoded.index(b"\xff\x4f\xff\x51") + 8
        for side, reason in (
            (7094, ""),
            (8000, "8,000 x 8,000 pixels of 4 channels have more than 201,326,592"),
        ):
            large = encoded[:at] + side.to_bytes(4, "big") * 2 + encoded[at + 8 :]
            assert why_too_many_channels(large).startswith(reason)
            assert bool(why_too_many_channels(large)) == bool(reason)
    assert why_too_many_channels(b"\xff\x4f\xff\x51") == why_too_many_channels(b"P6") == ""
