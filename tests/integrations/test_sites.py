"""The example integrations as a client of theirs sees them, without a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from candidate_cards import load_shortlist, style_source
from sites import APPLICATIONS, FLASK, FOLDER, SITES, Site, running

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTLIST = load_shortlist(FOLDER.parent / "payloads" / "shortlist.json")


@pytest.fixture(scope="module", params=SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    """Each integration in turn."""
    value: Site = request.param
    return value


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[httpx.Client]:
    """A client of an integration that runs."""
    with (
        running(site) as origin,
        httpx.Client(base_url=origin, trust_env=False) as client,
    ):
        yield client


def _policy(answer: httpx.Response) -> dict[str, list[str]]:
    """Return the sources of each directive, from the header, or from the page of a plain site."""
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', answer.text)
    text = found[1] if found else answer.headers["Content-Security-Policy"]
    directives = [directive.split() for directive in text.split(";")]
    assert len({name for name, *_ in directives}) == len(directives)
    return {name: sources for name, *sources in directives}


def test_integrations_are_all_here() -> None:
    """Each folder of examples/integrations is an integration that the tests run."""
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"static"}
    assert folders == {site.name for site in SITES}


def test_pages_hold_cards_under_a_strict_policy(site: Site, client: httpx.Client) -> None:
    """A page's policy admits nothing inline but the cards' sheet, and the page needs no more."""
    for path in (site.index, site.detail.format(2)):
        answer = client.get(path)
        assert answer.status_code == 200
        policy = _policy(answer)
        styles = policy.pop("style-src")
        scripts = {policy.pop("script-src", None) is None, policy.pop("connect-src", None) is None}
        assert len(scripts) == 1
        ancestors = policy.pop("frame-ancestors", None)
        assert ancestors == (["'none'"] if site in APPLICATIONS else None)
        assert policy == {
            "default-src": ["'none'"],
            "img-src": ["'self'", "data:"],
            "base-uri": ["'none'"],
            "form-action": ["'self'"],
        }
        (nonce,) = set(re.findall(r'<style nonce="([^"]+)">', answer.text)) or {""}
        hashes = [style_source(theme) for theme in ("light", "dark")]
        assert styles == ["'self'", *([f"'nonce-{nonce}'"] if nonce else hashes)]
        assert "<template shadowrootmode" in answer.text
        assert " style=" not in answer.text
        assert not re.search(r"<script(?! type=\"module\" src=)|\son[a-z]+=", answer.text)


def test_a_shortlist_is_one_element(site: Site, client: httpx.Client) -> None:
    """Everybody is on the page, and a theme has one element with one style sheet for them all."""
    text = client.get(site.index).text
    themes = len(re.findall(r"<template shadowrootmode", text))
    assert themes == (1 if site in APPLICATIONS else 2)
    assert len(re.findall(r"<style", text)) == themes
    assert len(re.findall(r'role="article"', text)) == themes * len(SHORTLIST.candidates)


def test_each_person_has_a_page_of_their_own(site: Site, client: httpx.Client) -> None:
    """A number leads to a page about that person, with the addresses that lists leave out."""
    for number, person in enumerate(SHORTLIST.candidates, 1):
        text = client.get(site.detail.format(number)).text
        assert f"<title>{person.name} - Hiring</title>" in text
        assert all(email in text for email in person.emails)
        assert text.count('aria-current="page"') == 1
        assert all(email not in client.get(site.index).text for email in person.emails)
    for other in ("0", str(len(SHORTLIST.candidates) + 1), "x"):
        assert client.get(site.detail.format(other)).status_code in {404, 422}


@pytest.mark.parametrize("site", APPLICATIONS, ids=lambda site: site.name, scope="module")
def test_a_theme_is_kept(site: Site, client: httpx.Client) -> None:
    """What a reader chose stays chosen, and no other value reaches the page."""
    for theme in ("dark", "light"):
        client.get(site.index, params={"theme": theme})
        assert f'data-theme="{theme}"' in client.get(site.detail.format(1)).text
    text = client.get(site.index, params={"theme": '"><script>'}).text
    assert 'data-theme="light"' in text
    assert "<script>" not in text


@pytest.mark.parametrize("site", APPLICATIONS, ids=lambda site: site.name, scope="module")
def test_pages_with_people_are_in_no_shared_cache(site: Site, client: httpx.Client) -> None:
    """Pages are private and carry the usual headers; the style sheet may be kept."""
    for path in (site.index, site.detail.format(1)):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    sheet = client.get("/static/ats.css")
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert "no-store" not in sheet.headers.get("Cache-Control", "")


@pytest.mark.parametrize("site", [FLASK], ids=lambda site: site.name, scope="module")
def test_a_nonce_is_never_the_same(site: Site, client: httpx.Client) -> None:
    """Each answer has a nonce of its own, long enough."""
    policies = [_policy(client.get(site.index))["style-src"][1] for _ in range(5)]
    assert len(set(policies)) == len(policies)
    assert all(len(policy) > 32 for policy in policies)
