"""Embeds over HTTP: signed addresses, pages that say nothing to others, and their undoing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from candidate_cards.rendering import TemplateFolder
from candidate_cards.service import Company, Settings
from candidate_cards.service.tokens import Tokens
from embedding import LOOK, SECRET, Embedding, embedding
from hostile_corpus import harmless_candidate, read_wires

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from candidate_cards import Candidate

KEY: Final = SECRET.encode()
SOON: Final = datetime(2030, 1, 1, tzinfo=UTC)
NOW: Final = int(SOON.timestamp() * 1000) - 1000
PARTNER: Final = "https://ats.acme.example"


@cache
def person(profile_id: str = "p1", **fields: str) -> Candidate:
    """Return a candidate with every part."""
    return read_wires([{**harmless_candidate(profile_id), **fields}]).candidates[0]


@pytest.fixture(scope="module")
def service() -> Iterator[Embedding]:
    """A service whose company ``acme`` has a place for its cards, and candidates."""
    companies = {"acme": Company(frame_ancestors=(PARTNER, "https://*.acme.example"))}
    with embedding(companies=companies) as running:
        running.save(person("p1"), person("p2"), person("p3"))
        running.save(person("p1"), person("theirs"), company="other")
        yield running


def _get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False)


# Tokens


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), st.datetimes(timezones=st.just(UTC)))
@settings(deadline=None)
def test_a_token_is_read_until_it_expires(embed_id: str, expires_at: datetime) -> None:
    """What was signed is read to the second, and holds id and expiry but nothing else."""
    expires_at = expires_at.replace(microsecond=0)
    assume(expires_at.timestamp() > 0)
    tokens = Tokens([KEY])
    token = tokens.sign(embed_id, expires_at)
    end = int(expires_at.timestamp())
    assert tokens.read(token, end * 1000 - 1) == embed_id
    assert tokens.read(token, end * 1000) is None
    assert token.startswith(f"1.{embed_id}.{end}.")
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)


@given(st.data())
@settings(deadline=None)
def test_a_changed_token_is_none(data: st.DataObject) -> None:
    """Whatever is changed in a token, however little, there is no second way to spell it."""
    tokens = Tokens([KEY])
    token = tokens.sign("h5V4R1RfeYB25l5sAxealdaT", SOON)
    start = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(start, min(start + 2, len(token))))
    new = data.draw(
        st.text(max_size=2) | st.text("0123456789.-_=AZaz\n٣é", max_size=3), label="put there"
    )
    changed = token[:start] + new + token[end:]
    assert (tokens.read(changed, NOW) is None) == (changed != token)


@given(st.text())
@settings(deadline=None)
def test_any_text_is_no_token(text: str) -> None:
    """Nobody's text is taken for a token, and none makes the reader fail."""
    assert Tokens([KEY]).read(text, NOW) is None
    assert Tokens([]).read(text, NOW) is None


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=4, unique=True))
@settings(deadline=None)
def test_secrets_rotate(keys: list[bytes]) -> None:
    """The first key signs; what any of the keys has signed is read, until that key is gone."""
    old, *rest = keys
    token = Tokens([old]).sign("id", SOON)
    assert Tokens([*rest, old]).read(token, NOW) == "id"
    assert Tokens(rest).read(token, NOW) is None
    assert Tokens([*rest, old]).sign("id", SOON) == Tokens(rest).sign("id", SOON)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("embed_secrets", ("s" * 31,)),
        ("companies", {"acme": {"frame_ancestors": ["https://a.example; script-src *"]}}),
        ("companies", {"acme": {"frame_ancestors": ["https://a.example https://b.example"]}}),
        ("companies", {"acme": {"frame_ancestors": ["https://a.example/path"]}}),
        ("companies", {"acme": {"frame_ancestors": ["*"]}}),
        ("companies", {"acme": {"frame_ancestors": ["https://a.example\n"]}}),
    ],
)
def test_settings_that_would_weaken_embeds_are_refused(field: str, value: object) -> None:
    """A short secret, and a place that would say more in a policy than a place, start nothing."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({field: value})
    assert "s" * 31 not in str(caught.value)


# Making and erasing


def test_embeds_are_made_of_stored_profiles(service: Embedding) -> None:
    """Each stored profile gets an address of its own; unknown and foreign ones the same refusal."""
    made = service.make("p1", "nobody", "theirs", "p2", "p1")
    assert [each["profileId"] for each in made] == ["p1", "nobody", "theirs", "p2"]
    refused = {"success": False, "errorCode": "PROFILE_NOT_FOUND"}
    assert made[1] == {"profileId": "nobody", **refused}
    assert made[2] == {"profileId": "theirs", **refused}
    for each in (made[0], made[3]):
        assert each["success"] is True
        assert each["url"] == f"{service.url}/embed/{each['token']}"
        assert each["token"].split(".")[1] == each["id"]
        assert each["url"] in each["frameHtml"]
        assert each["url"] in each["scriptHtml"]
        assert f'src="{service.url}/embed.js"' in each["scriptHtml"]
    assert made[0]["id"] != made[3]["id"]


@given(seconds=st.integers(60, 90 * 86_400) | st.none())
@settings(max_examples=10, deadline=None)
def test_an_embed_lasts_as_long_as_was_asked(service: Embedding, seconds: int | None) -> None:
    """The answer says until when; seven days if nothing was asked."""
    asked: dict[str, Any] = {} if seconds is None else {"lifetimeSeconds": seconds}
    before = datetime.now(UTC).replace(microsecond=0)
    (made,) = service.make("p1", **asked)
    ends = datetime.fromisoformat(made["expiresAt"])
    lasts = timedelta(seconds=7 * 86_400 if seconds is None else seconds)
    assert before + lasts <= ends <= datetime.now(UTC) + lasts
    assert int(made["token"].split(".")[2]) == ends.timestamp()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lifetimeSeconds", 59),
        ("lifetimeSeconds", 90 * 86_400 + 1),
        ("lifetimeSeconds", "600"),
        ("theme", "no-such-theme"),
        ("theme", "./acme.toml"),
        ("theme", "/etc/passwd.toml"),
        ("theme", "light\n"),
        ("density", "poster"),
        ("headingLevel", 0),
        ("headingLevel", 7),
        ("profileIds", []),
        ("format", "pdf"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(service: Embedding, field: str, value: object) -> None:
    """What cannot be had is answered with 400 and the field; nothing is made."""
    body = {"profileIds": ["p1"], field: value}
    answer = service.http().post("/embeds", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "INVALID_PAYLOAD"
    assert [problem["field"] for problem in error["details"]["problems"]] == [field]


def test_only_a_key_for_it_makes_and_erases(service: Embedding) -> None:
    """Without a key, and with one that is for something else, nothing is made or erased."""
    (made,) = service.make("p1")
    _, secret = service.store.add_key("acme", scopes=["enrich:write"], at=datetime.now(UTC))
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        for header, status in (("", 401), (f"Bearer {secret.get_secret_value()}", 403)):
            headers = {"Authorization": header}
            body = {"profileIds": ["p1"]}
            assert client.post("/embeds", json=body, headers=headers).status_code == status
            url = f"/embeds/{made['id']}"
            assert client.delete(url, headers=headers).status_code == status
    assert _get(made["url"]).status_code == 200


def test_an_embed_is_erased_by_its_company_once(service: Embedding) -> None:
    """Another company's embed, an unknown one and one erased before get the same bytes."""
    (made,) = service.make("p1")
    path = f"/embeds/{made['id']}"
    refusals = [
        service.http("other").delete(path),
        service.http().delete("/embeds/nothing"),
    ]
    assert _get(made["url"]).status_code == 200
    assert service.http().delete(path).status_code == 204
    refusals.append(service.http().delete(path))
    assert {answer.status_code for answer in refusals} == {404}
    assert len({answer.text.partition('"timestamp"')[0] for answer in refusals}) == 1
    assert _get(made["url"]).status_code == 404


def test_without_a_secret_nothing_is_made(tmp_path: Path) -> None:
    """It says which variable to set; in development a secret is made up for as long as it runs."""
    store = f"sqlite:///{tmp_path / 'cards.sqlite3'}"
    with embedding(secrets=(), store=store) as running:
        running.save(person())
        answer = running.http().post("/embeds", json={"profileIds": ["p1"]})
        assert answer.status_code == 501
        assert "CANDIDATE_CARDS_SERVE_EMBED_SECRETS" in answer.json()["error"]["message"]
        assert _get(f"{running.url}/embed/1.a.9999999999.{'A' * 43}").status_code == 404
    with embedding(secrets=(), store=store, development=True) as running:
        (made,) = running.make("p1")
        assert _get(made["url"]).status_code == 200
    with embedding(secrets=(), store=store, development=True) as running:
        assert _get(f"{running.url}/embed/{made['token']}").status_code == 404


# The page


def test_the_page_shows_the_card_under_a_policy_of_hashes(service: Embedding) -> None:
    """Its one script and its styles are admitted by hash, and nothing else is; no cookie is set."""
    (made,) = service.make("p1", theme="light", density="detail", headingLevel=3)
    answer = _get(made["url"])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert not {"Set-Cookie", "X-Frame-Options", "Access-Control-Allow-Origin"} & set(
        answer.headers
    )
    policy = dict(part.split(" ", 1) for part in _policy(answer).split("; "))
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("script-src") == _hashes(answer.text, "script")
    assert policy.pop("style-src") == _hashes(answer.text, "style")
    assert policy == {
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": f"{PARTNER} https://*.acme.example",
        "img-src": "data:",
        "sandbox": "allow-scripts allow-popups allow-popups-to-escape-sandbox",
    }
    assert re.search(r'<h3 class="cc-name">', answer.text)
    assert 'class="cc-timeline' in answer.text
    assert ' style="' not in answer.text


def _policy(answer: httpx.Response) -> str:
    policy: str = answer.headers["Content-Security-Policy"]
    return policy


def _hashes(html: str, element: str) -> str:
    contents = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
    assert contents
    digests = [hashlib.sha256(content.encode()).digest() for content in contents]
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def test_a_company_without_a_list_is_framed_by_the_service_only(service: Embedding) -> None:
    """The places of one company are not those of another."""
    (made,) = service.make("p1", company="other")
    assert "frame-ancestors 'self';" in _policy(_get(made["url"]))


def test_a_browser_asks_again_and_gets_304(service: Embedding) -> None:
    """An unchanged card is not sent twice; a changed one is, and so is another embed's."""
    service.save(person("changing"))
    first, second = service.make("changing")[0], service.make("changing")[0]
    tag = _get(first["url"]).headers["ETag"]
    again = _get(first["url"], **{"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    assert _policy(again) == _policy(_get(first["url"]))
    assert _get(second["url"], **{"If-None-Match": tag}).status_code == 200
    service.save(person("changing", rationale="Another reason."))
    changed = _get(first["url"], **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert "Another reason." in changed.text


def test_every_address_that_shows_nothing_answers_alike(service: Embedding) -> None:
    """Expired, forged, revoked, erased or malformed: one status, one page, one set of headers."""
    service.save(person("leaving"), person("staying"))
    service.save(person("gone"), company="closing")
    (revoked,), (erased,) = service.make("staying"), service.make("leaving")
    (valid,) = service.make("staying")
    past = datetime.now(UTC) - timedelta(seconds=5)
    later = datetime.now(UTC) + timedelta(days=1)
    tokens = Tokens([KEY])
    closed = service.store.add_embed("closing", "gone", look=LOOK, expires_at=later)
    strange = service.store.add_embed(
        "acme", "staying", look={**LOOK, "theme": "uninstalled"}, expires_at=later
    )
    expired = service.store.add_embed("acme", "staying", look=LOOK, expires_at=past)
    never = service.store.add_embed("acme", "nobody", look=LOOK, expires_at=later)
    service.http().delete(f"/embeds/{revoked['id']}")
    assert service.store.erase("acme", "leaving")
    service.store.erase_company("closing")
    shown = {
        "revoked": revoked["token"],
        "erased": erased["token"],
        "a company that left": tokens.sign(closed, later),
        "a theme that left": tokens.sign(strange, later),
        "expired": tokens.sign(expired, past),
        "never stored": tokens.sign(never, later),
        "unknown": tokens.sign("unknown", later),
        "forged": Tokens([b"f" * 32]).sign(valid["id"], later),
        "prolonged": re.sub(r"(\.1)(\d+\.)", r"\g<1>9\2", valid["token"]),
        "another version": valid["token"].replace("1.", "2.", 1),
        "malformed": "x",
        "long": "1." * 3000,
        "odd": "%00%ff%F0%9F%92%A9",
    }
    answers = {why: _get(f"{service.url}/embed/{token}") for why, token in shown.items()}
    assert {why: answer.status_code for why, answer in answers.items()} == dict.fromkeys(shown, 404)
    assert len({answer.content for answer in answers.values()}) == 1
    assert len({str(sorted(_lasting(answer))) for answer in answers.values()}) == 1
    assert _get(valid["url"]).status_code == 200
    assert shown["prolonged"] != valid["token"]
    one = answers["expired"]
    assert one.headers["Cache-Control"] == "private, no-store"
    assert "frame-ancestors *;" in _policy(one)
    assert f"script-src {_hashes(one.text, 'script')};" in _policy(one)
    assert f"style-src {_hashes(one.text, 'style')};" in _policy(one)


def _lasting(answer: httpx.Response) -> list[tuple[str, str]]:
    changing = {"date", "x-request-id"}
    return [(name, text) for name, text in answer.headers.items() if name not in changing]


# What others read


def test_nothing_but_the_page_says_who_it_is(service: Embedding) -> None:
    """Tokens, pasted HTML, oEmbed answers and the page's title hold no word of the candidate."""
    marked = {"name": "Zzyzx Marker", "profileId": "zzyzx-marker", "headline": "Zzyzx marker"}
    service.save(*read_wires([{**harmless_candidate(), **marked}]).candidates)
    (made,) = service.make("zzyzx-marker")
    page = _get(made["url"]).text
    assert "Zzyzx Marker" in page
    about = httpx.get(f"{service.url}/oembed", params={"url": made["url"]}, trust_env=False).text
    title = re.findall(r"<title>(.*?)</title>", page)
    del made["profileId"]
    assert title == ["Candidate"]
    assert "zzyzx" not in f"{made} {about}".lower()


@given(
    st.integers(1, 3000) | st.none(),
    st.integers(1, 3000) | st.none(),
    st.sampled_from(("row", "card", "detail")),
)
@settings(max_examples=25, deadline=None)
def test_oembed_keeps_to_the_room_that_there_is(
    service: Embedding, width: int | None, height: int | None, density: str
) -> None:
    """It answers a rich embed whose frame, in answer and HTML alike, fits what was asked for."""
    (made,) = service.make("p1", density=density)
    sizes = {"maxwidth": width, "maxheight": height}
    asked = {name: size for name, size in sizes.items() if size is not None}
    answer = httpx.get(
        f"{service.url}/oembed", params={"url": made["url"], **asked}, trust_env=False
    )
    assert answer.status_code == 200
    about = answer.json()
    assert (about["version"], about["type"]) == ("1.0", "rich")
    assert about["width"] <= min(width or 720, 720)
    assert about["height"] <= (height or about["height"])
    assert f'width="{about["width"]}" height="{about["height"]}"' in about["html"]
    assert f'src="{made["url"]}"' in about["html"]


def test_a_page_says_where_its_oembed_is(service: Embedding) -> None:
    """The discovery link in the page leads to the answer about that page."""
    (made,) = service.make("p1")
    link = re.search(
        r'<link rel="alternate" type="application/json\+oembed" href="([^"]+)"',
        _get(made["url"]).text,
    )
    assert link is not None
    assert made["url"] in _get(link[1]).json()["html"]


def test_oembed_knows_our_embeds_only(service: Embedding) -> None:
    """Other addresses get 404, other formats 501, and no address 400."""
    (made,) = service.make("p1")
    valid = made["url"]
    shown = {
        valid: 200,
        f"{valid}x": 404,
        f"{valid}?x=1": 404,
        f"{service.url}/embed/": 404,
        f"{service.url}/healthz": 404,
        valid.replace("127.0.0.1", "evil.invalid"): 404,
        valid.replace("http:", "https:"): 404,
        f"javascript:alert(1)//{valid}": 404,
        "": 404,
        "\x00\ud800".encode("utf-8", "surrogatepass"): 404,
    }
    for url, status in shown.items():
        answer = httpx.get(f"{service.url}/oembed", params={"url": url}, trust_env=False)
        assert answer.status_code == status, url
    for asked, status in (
        ({"url": valid, "format": "xml"}, 501),
        ({"url": valid, "maxwidth": "wide"}, 400),
        ({"url": valid, "maxheight": "0"}, 400),
        ({"url": valid, "format": "yaml"}, 400),
        ({}, 400),
    ):
        answer = httpx.get(f"{service.url}/oembed", params=asked, trust_env=False)
        assert answer.status_code == status, asked


# The script


def test_the_script_is_small_and_does_nothing_that_a_policy_forbids() -> None:
    """Under 2 kB compressed, without eval, handlers or markup made of text."""
    script = TemplateFolder().read("embed/embed.js")
    assert len(gzip.compress(script.encode(), 9)) < 2000
    code = re.sub(r"^\s*//.*", "", script, flags=re.MULTILINE)
    assert '"use strict"' in code
    for word in ("eval", "Function(", "HTML(", "innerHTML", "outerHTML", "document.write", ".on"):
        assert word not in code, word
    assert 'setAttribute("style"' not in code


def test_the_script_is_kept_by_its_version(service: Embedding) -> None:
    """At the address with its version it is kept for a year, at the plain one for an hour."""
    answer = service.http().post("/embeds", json={"profileIds": ["p1"]}).json()["script"]
    plain = _get(f"{service.url}/embed.js")
    pinned = _get(answer["url"])
    assert pinned.content == plain.content == TemplateFolder().read("embed/embed.js").encode()
    assert plain.headers["Cache-Control"] == "public, max-age=3600"
    assert pinned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in _get(f"{answer['url']}0").headers["Cache-Control"]
    digest = base64.b64encode(hashlib.sha384(pinned.content).digest()).decode()
    assert answer["integrity"] == f"sha384-{digest}"
    for each in (plain, pinned):
        assert each.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert each.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        again = _get(str(each.url), **{"If-None-Match": each.headers["ETag"]})
        assert again.status_code == 304


def test_addresses_are_those_that_browsers_reach() -> None:
    """Behind a proxy everything that is pasted begins with the address that settings give."""
    with embedding(public_url="https://cards.acme.example/shown/") as running:
        running.save(person())
        answer = running.http().post("/embeds", json={"profileIds": ["p1"]}).json()
        (made,) = answer["data"]
        base = "https://cards.acme.example/shown"
        assert made["url"] == f"{base}/embed/{made['token']}"
        assert answer["script"]["url"].startswith(f"{base}/embed.js?v=")
        assert running.url not in str(answer)
        about = httpx.get(f"{running.url}/oembed", params={"url": made["url"]}, trust_env=False)
        assert about.status_code == 200


# OpenAPI

CAN_BE_WRONG: Final = {"POST /embeds", "GET /oembed"}
CHECKS: Final = [
    not_a_server_error,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_is_as_the_document_says(
    service: Embedding, mode: schemathesis.GenerationMode
) -> None:
    """Whatever the document allows of embeds, and what it does not, is answered as it says."""
    client = service.http()
    schema: Any = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    schema.config.update(base_url=service.url)
    asked: set[str] = set()
    statuses: set[int] = set()
    for result in schema.include(path_regex="^/(embed|oembed)").get_all_operations():
        operation = result.ok()
        if mode is schemathesis.GenerationMode.NEGATIVE and operation.label not in CAN_BE_WRONG:
            continue
        asked.add(operation.label)

        @settings(
            max_examples=15,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            case.headers["Authorization"] = client.headers["Authorization"]
            statuses.add(case.call_and_validate(checks=CHECKS).status_code)

        ask()
    if mode is schemathesis.GenerationMode.POSITIVE:
        others = {"GET /embed/{token}", "DELETE /embeds/{embed_id}", "GET /embed.js"}
        assert asked == CAN_BE_WRONG | others
        assert statuses >= {200, 201, 404}
    else:
        assert asked == CAN_BE_WRONG
        assert 400 in statuses
