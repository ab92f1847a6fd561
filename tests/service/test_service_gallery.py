"""The gallery over HTTP: there in development only, and closed to everything but its own."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import product
from typing import TYPE_CHECKING, Final

import pytest

from candidate_cards.themes import list_themes
from services import LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

THEMES: Final = [info.name for info in list_themes() if info.error is None]
FORMATS: Final = ("element", "fragment", "page", "email", "pdf", "png")
ROUTES: Final = (
    "/gallery",
    "/gallery/stamp",
    "/gallery/gallery.css",
    "/gallery/gallery.js",
    "/gallery/preview?format=element&theme=dark",
)


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """A service in development."""
    with serving_cards(development=True) as running:
        yield running


def test_there_is_no_gallery_outside_development() -> None:
    """Each of its routes answers as an address that leads nowhere, and none is described."""
    with serving_cards() as running:
        nowhere = running.http.get("/nowhere")
        for route in ROUTES:
            answer = running.http.get(route)
            assert answer.status_code == nowhere.status_code == 404
            assert answer.json()["error"] == nowhere.json()["error"]
        assert "gallery" not in running.http.get("/openapi.json").text


def test_the_gallery_admits_its_own_files_only(service: LocalService) -> None:
    """Its page has a policy without exceptions, and neither style nor script of its own in it."""
    for format_ in FORMATS:
        answer = service.http.get(f"/gallery?format={format_}")
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|<script(?! defer src=)| style=| on\w+=", answer.text)
        for theme in THEMES:
            assert f"theme={theme}" in answer.text


@pytest.mark.parametrize(
    ("format_", "sample"),
    list(product(("element", "fragment", "page", "email"), ("1", "all", "long"))),
)
def test_a_preview_runs_nothing(service: LocalService, format_: str, sample: str) -> None:
    """No script is admitted anywhere, and styles by hash wherever there are no style attributes."""
    for theme, density in product(THEMES, ("row", "card", "detail")):
        asked = {"format": format_, "theme": theme, "density": density, "data": sample}
        answer = service.http.get("/gallery/preview", params=asked)
        assert answer.status_code == 200
        policy = dict(
            part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
        )
        assert policy["default-src"] == "'none'"
        assert "script-src" not in policy
        styles = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        assert styles
        if " style=" in answer.text:
            assert format_ in {"fragment", "email"}
            assert policy["style-src"] == "'unsafe-inline'"
        else:
            digests = [hashlib.sha256(style.encode()).digest() for style in styles]
            hashes = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
            assert policy["style-src"].split(" ") == hashes
        assert "cid:" not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        "/gallery?format=docx",
        "/gallery?width=1000000",
        "/gallery?width=x",
        "/gallery?data=7",
        "/gallery/preview?format=element",
        "/gallery/preview?format=element&theme=../../etc/passwd.toml",
        "/gallery/preview?format=element&theme=./x.toml",
        "/gallery/preview?format=element&theme=dark&density=poster",
        "/gallery/preview?format=element&theme=dark&data=%3Cscript%3E",
    ],
)
def test_what_is_not_there_is_refused(service: LocalService, wrong: str) -> None:
    """A wrong choice gets 400, and a path is no theme."""
    assert service.http.get(wrong).status_code == 400


def test_an_unknown_theme_is_told_in_the_preview(service: LocalService) -> None:
    """Where a card would be stands what is wrong."""
    answer = service.http.get("/gallery/preview?format=element&theme=no-such-theme")
    assert answer.status_code == 200
    assert "there is no theme &#39;no-such-theme&#39;; available:" in answer.text


def test_the_stamp_stays_while_nothing_changes(service: LocalService) -> None:
    """Asked twice, it is the same, and the one that the page was made with."""
    stamp = service.http.get("/gallery/stamp").text
    assert stamp == service.http.get("/gallery/stamp").text
    assert f'data-stamp="{stamp}"' in service.http.get("/gallery").text
