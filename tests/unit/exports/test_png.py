"""Pictures for previews: 600 by 315 px of one candidate, or of a shortlist's first three."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image

from candidate_cards import Candidate, Shortlist, export_candidates, load_theme, parse_shortlist
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.exports.png import render_picture
from candidate_cards.themes import list_themes
from command_line import candidate, invoke, sourcing
from hostile_corpus import SHORT_PAYLOADS, TEXT_FIELDS, harmless_candidate, replace_texts

if TYPE_CHECKING:
    from pathlib import Path

_ADA: Final = Candidate.model_validate(harmless_candidate())
_LIST: Final = Shortlist(
    candidates=(_ADA, *(_ADA.model_copy(update={"profile_id": f"p{n}"}) for n in range(5))),
    title="Staff Engineer",
)


def _picture(data: bytes) -> Image.Image:
    assert data.startswith(b"\x89PNG\r\n")
    return Image.open(BytesIO(data))


def _pixel(picture: Image.Image, x: int, y: int) -> str:
    color = picture.getpixel((x, y))
    assert isinstance(color, tuple)
    return "#" + bytes(color).hex()


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("content", [_ADA, _LIST], ids=["one", "list"])
def test_a_picture_has_its_size(content: Candidate | Shortlist, scale: int) -> None:
    """It is 600 by 315 px, times the scale, and opaque."""
    picture = _picture(render_picture(content, scale=scale))
    assert picture.size == (600 * scale, 315 * scale)
    assert picture.mode == "RGB"


@pytest.mark.parametrize("scale", [0, 5, -1])
def test_other_scales_are_refused(scale: int) -> None:
    """The error says what is possible."""
    with pytest.raises(ValueError, match="between 1 and 4"):
        render_picture(_ADA, scale=scale)


@pytest.mark.parametrize("theme", [info.name for info in list_themes()])
def test_a_theme_colours_the_picture(theme: str) -> None:
    """The page is around the frame, the surface in it, and there is text on that."""
    picture = _picture(render_picture(_ADA, theme=theme))
    tokens = load_theme(theme).tokens
    assert _pixel(picture, 2, 2) == tokens["color-page"]
    assert _pixel(picture, 300, 270) == tokens["color-surface"]
    assert len(picture.getcolors(100_000) or ()) > 50


def test_twice_the_scale_shows_the_same() -> None:
    """The picture at 2x, made smaller, is nearly the one at 1x."""
    small = _picture(render_picture(_ADA)).convert("L")
    large = _picture(render_picture(_ADA, scale=2)).convert("L").resize(small.size)
    pairs = zip(small.tobytes(), large.tobytes(), strict=True)
    difference = sum(abs(a - b) for a, b in pairs) / (600 * 315)
    assert difference < 3


def test_the_same_candidate_makes_the_same_bytes() -> None:
    """Twice, and by way of the formats."""
    assert render_picture(_ADA) == render_picture(_ADA)
    assert export_candidates(_ADA, format="png") == render_picture(_ADA)


def test_other_text_makes_another_picture() -> None:
    """Name, role, place, score and reason are all to be seen."""
    pictures = {render_picture(_ADA)}
    for change in (
        {"name": "Bo Other"},
        {"current_role": "Designer"},
        {"location": "Oslo"},
        {"match_score": 12},
        {"rationale": "Another reason."},
    ):
        pictures.add(render_picture(_ADA.model_copy(update=change)))
    assert len(pictures) == 6


def test_a_shortlist_shows_its_first_three() -> None:
    """A fourth candidate changes nothing but the number of them, a third does."""

    def changed(at: int) -> Shortlist:
        people = list(_LIST.candidates)
        people[at] = people[at].model_copy(update={"name": "Somebody Else"})
        return _LIST.model_copy(update={"candidates": tuple(people)})

    original = render_picture(_LIST)
    assert render_picture(changed(2)) != original
    assert render_picture(changed(3)) == original


@pytest.mark.parametrize("content", [Shortlist(), Candidate(profile_id="p")], ids=["none", "bare"])
def test_nothing_to_show_is_a_picture_too(content: Candidate | Shortlist) -> None:
    """An empty shortlist and a candidate without fields have one."""
    assert _picture(render_picture(content)).size == (600, 315)


def test_hostile_text_stays_in_the_frame() -> None:
    """Payloads of every group leave the page's margin as it is."""
    groups = {payload.group: payload.text for payload in SHORT_PAYLOADS}
    page = load_theme("dark").tokens["color-page"]
    for group, text in groups.items():
        wire = replace_texts(harmless_candidate(), dict.fromkeys(TEXT_FIELDS, text))
        (person,) = parse_shortlist(sourcing(wire)).candidates
        picture = _picture(render_picture(person))
        edge = {_pixel(picture, x, y) for x in range(600) for y in (3, 8, 306, 311)}
        assert edge == {page}, group


def test_long_text_ends_in_the_frame() -> None:
    """What does not fit is out of sight, and costs no margin."""
    person = _ADA.model_copy(update={"name": "Maximiliane " * 50, "rationale": "word " * 2000})
    picture = _picture(render_picture(person))
    page = load_theme("dark").tokens["color-page"]
    assert {_pixel(picture, x, 309) for x in range(600)} == {page}


def test_the_command_writes_one(tmp_path: Path) -> None:
    """`-o card.png` is the dark picture of the only candidate."""
    path = tmp_path / "in.json"
    path.write_text(sourcing(candidate("p1")), "utf-8")
    result = invoke("render", path, "-o", tmp_path / "card.png")
    assert result.exit_code == 0, result.stderr
    expected = render_picture(Candidate.model_validate(candidate("p1")))
    assert (tmp_path / "card.png").read_bytes() == expected


@pytest.mark.parametrize("scale", [1, 2])
def test_the_command_draws_for_sharp_screens(tmp_path: Path, scale: int) -> None:
    """`--scale` says how many pixels a CSS pixel has."""
    path = tmp_path / "ada.json"
    path.write_text(_ADA.model_dump_json(by_alias=True), "utf-8")
    result = invoke("render", path, "-o", tmp_path / "card.png", "--scale", scale)
    assert result.exit_code == 0, result.stderr
    with Image.open(tmp_path / "card.png") as picture:
        assert picture.size == (600 * scale, 315 * scale)


@pytest.mark.parametrize(
    ("output", "option", "reason"),
    [
        ("card.html", ("--scale", "2"), "--scale is for pictures"),
        ("card.pdf", ("--scale", "2"), "--scale is for pictures"),
        ("card.pdf", ("--density", "row"), "pdf knows only one"),
        ("card.png", ("--density", "card"), "png knows only one"),
    ],
)
def test_what_a_format_does_not_know_is_wrong_usage(
    tmp_path: Path, output: str, option: tuple[str, str], reason: str
) -> None:
    """It is said, and nothing is written."""
    path = tmp_path / "ada.json"
    path.write_text(_ADA.model_dump_json(by_alias=True), "utf-8")
    result = invoke("render", path, "-o", tmp_path / output, *option)
    assert result.exit_code == ExitCode.USAGE
    assert reason in result.stderr
    assert not (tmp_path / output).exists()
