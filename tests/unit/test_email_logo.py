"""A logo in a message is a picture that every mail program shows, or the brand's name alone."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from candidate_cards import InputError, load_theme
from candidate_cards.themes import Logo

if TYPE_CHECKING:
    from pathlib import Path

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'
BRAND = 'extends = "light"\n[logo]\nfile = "{}"\nalt = "Acme"\n'


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    """Return a plain picture."""
    file = BytesIO()
    Image.new("RGB", (width, height), "#0d6b70").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((40, 40), (40, 40)),
        ((144, 144), (40, 40)),
        ((20, 20), (40, 40)),
        ((900, 60), (200, 13)),
        ((3000, 4), (200, 1)),
        ((2, 900), (1, 40)),
    ],
)
def test_its_size_fits_the_head(size: tuple[int, int], shown: tuple[int, int]) -> None:
    """It is 40 px high and at most 200 px wide, and keeps its proportions down to a pixel."""
    email = Logo(picture(*size), "image/png", "Acme").email
    assert email is not None
    assert (email.width, email.height) == shown


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_pictures_that_mail_programs_show_go_as_they_are(kind: str) -> None:
    """PNG, JPEG and GIF are carried byte by byte, under a name made of their bytes."""
    data = picture(30, 40, kind)
    media_type = f"image/{kind.lower()}"
    email = Logo(data, media_type, "Acme").email
    again = Logo(data, media_type, "Another").email
    assert email is not None
    assert again is not None
    assert (email.data, email.media_type) == (data, media_type)
    assert email.data_uri == f"cid:{email.content_id}" == again.data_uri


def test_an_svg_needs_a_raster() -> None:
    """An SVG alone is left out of messages; with a raster that one is carried."""
    assert Logo(SVG, "image/svg+xml", "Acme").email is None
    raster = picture(80, 40)
    email = Logo(SVG, "image/svg+xml", "Acme", raster).email
    assert email is not None
    assert (email.data, email.media_type, email.width) == (raster, "image/png", 80)


def test_a_file_names_its_raster(tmp_path: Path) -> None:
    """``raster`` is a file beside the theme."""
    (tmp_path / "acme.svg").write_bytes(SVG)
    (tmp_path / "acme.png").write_bytes(picture(10, 10))
    path = tmp_path / "acme.toml"
    path.write_text(BRAND.format("acme.svg") + 'raster = "acme.png"\n')
    logo = load_theme(path).logo
    assert logo is not None
    assert logo.raster == picture(10, 10)


@pytest.mark.parametrize("raster", ["acme.svg", "absent.png", "../acme.png", "", "text.png"])
def test_what_is_no_raster_is_refused(tmp_path: Path, raster: str) -> None:
    """Another SVG, a missing file, another folder and no picture are problems of that field."""
    (tmp_path / "acme.svg").write_bytes(SVG)
    (tmp_path / "text.png").write_bytes(b"not a picture")
    path = tmp_path / "acme.toml"
    path.write_text(BRAND.format("acme.svg") + f'raster = "{raster}"\n')
    with pytest.raises(InputError) as caught:
        load_theme(path)
    assert [problem.field for problem in caught.value.problems] == ["logo.raster"]


GIF_WITHOUT_SIZE = b"GIF89a" + bytes(4) + b"\x00\x00\x00;"


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\nrest", GIF_WITHOUT_SIZE])
def test_a_picture_that_cannot_be_read_is_left_out(data: bytes) -> None:
    """Bytes that only begin like a picture leave a message with the words; as raster, an error."""
    media_type = "image/gif" if data.startswith(b"GIF") else "image/png"
    assert Logo(data, media_type, "Acme").email is None
    with pytest.raises(ValueError, match=r"is no picture that can be read|without a width"):
        Logo(SVG, "image/svg+xml", "Acme", data)
