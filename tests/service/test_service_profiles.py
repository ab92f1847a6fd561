"""What leaves the service under a profile: every route and field, embeds, caches, settings."""

from __future__ import annotations

import email
import itertools
import json
import threading
from dataclasses import replace
from email import policy
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from candidate_cards import load_labels
from candidate_cards.errors import InputError
from candidate_cards.exports import get_exporter
from candidate_cards.models import Candidate
from candidate_cards.privacy import apply_profile, list_profiles, load_profile
from candidate_cards.privacy.codes import BlindKey
from candidate_cards.privacy.fields import FIELDS, PATHS
from candidate_cards.service import Company, Settings
from candidate_cards.service.manners import Manners
from candidate_cards.service.settings import variable
from embedding import LOOK
from services import Account, LocalService, person, serving_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from candidate_cards.privacy import Profile
    from candidate_cards.privacy.decisions import Decision
    from candidate_cards.privacy.fields import Field

SECRET: Final = "a secret of a test, long enough."  # noqa: S105  as it says
EMBED_SECRET: Final = "s" * 32
ID: Final = "zqidentityz"

#: A word of its own for each field, as a text of that field has it.
MARKERS: Final = {path: f"Zq{number:02}x" for number, path in enumerate(PATHS)}
TEXTS: Final = {
    **MARKERS,
    "linkedin_url": f"https://www.linkedin.com/in/{MARKERS['linkedin_url'].lower()}",
    "emails": f"{MARKERS['emails'].lower()}@acme.example",
}
SCORE: Final = 87


def _values(fields: tuple[Field, ...], before: str = "") -> dict[str, Any]:
    """Return a record with every field that the models have, by their names."""
    values: dict[str, Any] = {}
    for each in fields:
        path = f"{before}{each.name}"
        if each.kind == "score":
            values[each.name] = SCORE
        elif each.kind == "entries":
            values[each.name] = [_values(each.fields, f"{path}.")]
        else:
            values[each.name] = [TEXTS[path]] if each.kind == "texts" else TEXTS[path]
    return values


RECORD: Final = Candidate.model_validate({"profile_id": ID, **_values(FIELDS)}).to_wire()


def _found(text: str) -> set[str]:
    lower = text.lower()
    return {path for path, marker in MARKERS.items() if marker.lower() in lower}


def _own_profile(hidden: list[str], **choices: str) -> str:
    lines = ['extends = "internal"', *(f'{name} = "{value}"' for name, value in choices.items())]
    return "\n".join([*lines, "[fields]", *(f"{path} = false" for path in hidden)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Own profiles: each hides every third field, beginning with another one."""
    folder = tmp_path_factory.mktemp("profiles")
    for start in range(3):
        (folder / f"third-{start}.toml").write_text(_own_profile(list(PATHS[start::3])))
    (folder / "no-employers.toml").write_text(_own_profile([], employers="hidden"))
    return folder


OWN: Final = ("third-0", "third-1", "third-2", "no-employers")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[LocalService]:
    """A service with own profiles and codes."""
    with serving_cards(
        profiles=folder,
        blind_secret=SECRET,
        embed_secrets=[EMBED_SECRET],
        pdf_workers=1,
        companies={
            f"shown-{name}": Company(profile=name, lang="de") for name in (*list_profiles(), *OWN)
        },
    ) as service:
        yield service


@pytest.fixture(scope="module")
def account(running: LocalService) -> Account:
    """A company that has the person with a word in each field."""
    account = running.account()
    assert account.http.post("/candidates", json=[RECORD]).status_code == 200
    return account


def _profile(running: LocalService, name: str, company: str) -> Profile:
    """Return a profile as the library has it, with the company's key."""
    key = BlindKey(SECRET.encode()).derived(company)
    own = running.service.settings.profiles
    assert own is not None
    return load_profile(own / f"{name}.toml" if name in OWN else name, key=key)


# Every profile, every route, every field


def _message(content: bytes) -> str:
    message = email.message_from_bytes(content, policy=policy.default)
    parts = [part.get_content() for part in message.walk() if part.get_content_type()[:4] == "text"]
    return "\n".join([*map(str, message.values()), *parts])


def _embedded(account: Account, **query: str) -> str:
    # Of an embed addresses have to be asked for.
    shows_emails = query["profile"] in {"internal", "third-0", "third-2", "no-employers"}
    body = {"profileIds": [ID], "density": "detail", "showEmails": shows_emails, **query}
    answer = account.http.post("/embeds", json=body)
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()["data"]
    return account.http.get(f"/embed/{made['token']}").text


def _shown(path: str) -> Callable[..., str]:
    def show(account: Account, **query: str) -> str:
        answer = account.http.get(f"/candidates/{ID}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return _message(answer.content) if path == "email" else answer.text

    return show


def _posted(path: str) -> Callable[..., str]:
    def post(account: Account, **query: str) -> str:
        answer = account.http.post(f"/render/{path}", json=RECORD, params=query)
        assert answer.status_code == 200, answer.text
        return _message(answer.content) if path == "email" else answer.text

    return post


_DETAIL: Final = {"density": "detail"}
ROUTES: Final[Mapping[str, tuple[Callable[..., str], dict[str, str]]]] = {
    **{f"GET {name}": (_shown(name), _DETAIL) for name in ("page", "fragment", "element", "email")},
    **{
        f"POST {name}": (_posted(name), _DETAIL)
        for name in ("page", "fragment", "element", "email")
    },
    "embed": (_embedded, {}),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", [*list_profiles(), *OWN])
def test_a_field_is_there_if_the_profile_shows_it(
    running: LocalService, account: Account, name: str, route: str
) -> None:
    """Of what a route shows to the house, a profile lets through what the library says it does."""
    show, query = ROUTES[route]
    house = _found(show(account, **query, profile="internal"))
    assert len(house) > len(MARKERS) * 2 / 3
    profile = _profile(running, name, account.company)
    disclosed = apply_profile(Candidate.model_validate(RECORD), profile).content
    text = show(account, **query, profile=name)
    assert _found(text) == house & _found(repr(disclosed))
    hidden = {path for path, shown in profile.fields.items() if not shown}
    assert not _found(text) & hidden
    assert (f">{SCORE}<" in text or f"{SCORE}/100" in text or str(SCORE) in text) == (
        profile.fields["match_score"]
    )
    if profile.identity == "coded":
        assert ID not in text
        assert profile.key is not None
        assert profile.key.code(ID) in text


@pytest.mark.parametrize("name", [*list_profiles(), *OWN])
def test_render_html_shows_what_the_company_s_setting_says(
    running: LocalService, name: str
) -> None:
    """The vendor's contract has no word for it: profile and language are the company's."""
    account = running.account(f"shown-{name}")
    account.http.post("/candidates", json=[RECORD])
    (card,) = account.render_html(ID).json()["data"]
    page = account.http.get(f"/candidates/{ID}/fragment", params={"profile": name, "lang": "de"})
    assert card["htmlContent"] == page.text
    assert 'lang="de"' in page.text
    profile = _profile(running, name, account.company)
    if profile.key is not None and profile.identity == "coded":
        assert card["name"] == profile.key.code(ID)
    else:
        assert card.get("name") == (MARKERS["name"] if profile.fields["name"] else None)
    assert card["profileId"] == ID  # its caller has just said it


def test_what_is_sent_out_is_for_clients_unless_people_are_coded(running: LocalService) -> None:
    """The default of a message is `client`, or the company's own profile if that has codes."""
    for name in (*list_profiles(), *OWN):
        account = running.account(f"shown-{name}")
        account.http.post("/candidates", json=[RECORD])
        usual = account.http.get(f"/candidates/{ID}/email")
        expected = "blind" if name == "blind" else "client"
        params = {"profile": expected, "lang": "de"}
        asked = account.http.get(f"/candidates/{ID}/email", params=params)
        assert usual.content == asked.content
        page = account.http.get(f"/candidates/{ID}/page")
        asked = account.http.get(f"/candidates/{ID}/page", params={"profile": name, "lang": "de"})
        assert page.content == asked.content


@pytest.mark.parametrize("name", ["internal", "client", *OWN])
def test_e_mail_addresses_follow_the_profile_or_the_query(
    running: LocalService, account: Account, name: str
) -> None:
    """Three ways: nothing said is as the profile says, anything said is obeyed."""
    address = TEXTS["emails"]
    texts = {
        said: account.http.get(
            f"/candidates/{ID}/page",
            params={"profile": name, **({} if said is None else {"showEmails": said})},
        ).text
        for said in (None, "true", "false")
    }
    assert address in texts["true"]
    assert address not in texts["false"]
    shown = _profile(running, name, account.company).fields["emails"]
    assert (address in texts[None]) == shown


def test_codes_and_addresses_exclude_each_other(account: Account) -> None:
    """Who asks for both is told which field it is."""
    answers = [
        account.http.get(
            f"/candidates/{ID}/page", params={"profile": "blind", "showEmails": "true"}
        ),
        account.http.post(
            "/embeds", json={"profileIds": [ID], "profile": "blind", "showEmails": True}
        ),
    ]
    for answer in answers:
        assert answer.status_code == 400
        (problem,) = answer.json()["error"]["details"]["problems"]
        assert problem["field"] == "showEmails"


@pytest.mark.parametrize(
    "value", ["", "nobody", "./acme.toml", "/etc/passwd", "Internal", "a" * 99]
)
def test_a_profile_is_asked_for_by_a_name_that_is_there(account: Account, value: str) -> None:
    """A path would be read; an unknown name is refused with those that there are."""
    for answer in (
        account.http.get(f"/candidates/{ID}/page", params={"profile": value}),
        account.http.post("/render/page", json=RECORD, params={"profile": value}),
        account.http.post("/embeds", json={"profileIds": [ID], "profile": value}),
    ):
        assert answer.status_code == 400
        (problem,) = answer.json()["error"]["details"]["problems"]
        assert problem["field"] == "profile"
        if value == "nobody":
            assert all(name in problem["message"] for name in (*list_profiles(), *OWN))


@pytest.mark.parametrize("value", ["xx", "", "de-XX", "../de"])
def test_a_language_is_one_of_those_that_are_there(account: Account, value: str) -> None:
    """The field is named."""
    answer = account.http.get(f"/candidates/{ID}/page", params={"lang": value})
    assert answer.status_code == 400
    (problem,) = answer.json()["error"]["details"]["problems"]
    assert problem["field"] == "lang"


# Caches


def test_two_profiles_or_languages_are_never_mixed(account: Account, running: LocalService) -> None:
    """Many requests at once, each of another profile and language: each its own bytes and tag."""
    looks = [
        {"profile": name, "lang": lang}
        for name in (*list_profiles(), *OWN)
        for lang in ("en", "de", "ar")
    ]
    url = f"/candidates/{ID}/fragment"
    first = [account.http.get(url, params=look) for look in looks]
    expected = [(answer.content, answer.headers["ETag"]) for answer in first]
    assert len({tag for _, tag in expected}) == len(looks)
    assert len({content for content, _ in expected}) == len(looks)
    wrong: list[object] = []

    def ask(start: int) -> None:
        client = running.client(account.key.get_secret_value())
        for step in range(len(looks)):
            at = (start * 5 + step) % len(looks)
            other = expected[(at + 1) % len(looks)][1]
            answer = client.get(url, params=looks[at], headers={"If-None-Match": other})
            if (answer.content, answer.headers["ETag"]) != expected[at]:
                wrong.append(looks[at])

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_kept_cards_of_companies_with_other_profiles_are_apart(running: LocalService) -> None:
    """The same id, asked for again and again by companies that show something else of it."""
    accounts = {name: running.account(f"shown-{name}") for name in (*list_profiles(), *OWN)}
    plain = running.account()
    for account in (*accounts.values(), plain):
        account.http.post("/candidates", json=[RECORD])
    first = {name: account.render_html(ID) for name, account in accounts.items()}
    tags = [answer.headers["ETag"] for answer in first.values()]
    assert len({*tags, plain.render_html(ID).headers["ETag"]}) == len(tags) + 1
    for _ in range(3):
        for name, account in accounts.items():
            for theme in ("dark", "light"):
                answer = account.render_html(ID, theme=theme)
                same = answer.content == first[name].content
                assert same == (theme == "dark")
    assert MARKERS["ai_red_flags"] in plain.render_html(ID).text


# Embeds


def test_an_embed_keeps_the_profile_that_it_was_made_with(folder: Path, tmp_path: Path) -> None:
    """Settings that change later do not show more of a card that is out there, nor less."""
    store = f"sqlite:///{tmp_path / 'cards.sqlite3'}"
    common: dict[str, Any] = {
        "store": store,
        "embed_secrets": [EMBED_SECRET],
        "blind_secret": SECRET,
        "public_url": "https://cards.test",
    }
    with serving_cards(**common, profiles=folder, profile="third-1", lang="pl") as running:
        account = running.account("acme")
        account.http.post("/candidates", json=[RECORD])
        tokens = {}
        for name in (None, "blind", "client"):
            body = {"profileIds": [ID], "density": "detail", "profile": name}
            (made,) = account.http.post("/embeds", json=body).json()["data"]
            tokens[name] = made["token"]
            assert f'title="{load_labels("pl").candidate}"' in made["frameHtml"]
        before = {name: running.http.get(f"/embed/{token}") for name, token in tokens.items()}
        assert {answer.status_code for answer in before.values()} == {200}
        assert 'lang="pl"' in before[None].text
    with serving_cards(**common, profiles=folder) as running:
        for name, token in tokens.items():
            assert running.http.get(f"/embed/{token}").text == before[name].text
    # A profile or a secret that is there no more: the card is not there either.
    with serving_cards(store=store, embed_secrets=[EMBED_SECRET]) as running:
        statuses = {
            name: running.http.get(f"/embed/{token}").status_code for name, token in tokens.items()
        }
        assert statuses == {None: 404, "blind": 404, "client": 200}


def test_embeds_of_before_there_were_profiles_show_no_address(running: LocalService) -> None:
    """Nor do new ones, unless it is asked for: whoever has the address of an embed sees it."""
    account = running.account()
    account.http.post("/candidates", json=[RECORD])
    embeds = running.service.embeds
    at = running.now().replace(year=running.now().year + 1)
    old = running.service.store.add_embed(account.company, ID, look=LOOK, expires_at=at)
    token = embeds._tokens.sign(old, at)
    (new,) = account.http.post("/embeds", json={"profileIds": [ID]}).json()["data"]
    for each in (token, new["token"]):
        page = running.http.get(f"/embed/{each}").text
        assert MARKERS["name"] in page
        assert TEXTS["emails"] not in page


# Settings


def _manners(**fields: Any) -> Manners:  # noqa: ANN401  of `Settings`
    return Manners(Settings(**fields))


def test_what_is_wrong_with_profiles_is_told_at_the_start(tmp_path: Path) -> None:
    """Every problem of every file and every default in one go, each with its place."""
    (tmp_path / "broken.toml").write_text("[fields\n")
    (tmp_path / "lacking.toml").write_text('employers = "shown"\n[fields]\nname = true\n')
    (tmp_path / "client.toml").write_text('extends = "internal"\n')
    (tmp_path / "Not a name.toml").write_text('extends = "internal"\n')
    (tmp_path / "fine.toml").write_text('extends = "client"\n')
    (tmp_path / "notes.txt").write_text("anything")
    companies = {"acme": {"profile": "nobody"}, "bolt": {"profile": "blind"}}
    with pytest.raises(InputError) as caught:
        _manners(profiles=tmp_path, profile="absent", companies=companies)
    told = {str(problem) for problem in caught.value.problems}
    text = "\n".join(told)
    for word in ("broken.toml", "lacking.toml", "client.toml", "Not a name.toml"):
        assert word in text
    assert "fine.toml" not in text
    assert "notes.txt" not in text
    paths = {problem.path for problem in caught.value.problems}
    assert (variable("profile"),) in paths
    assert (variable("companies"), "acme", "profile") in paths
    assert (variable("companies"), "bolt", "profile") in paths  # codes take a secret
    assert _manners(profile="client").names == list_profiles()


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """By the name of its variable."""
    with pytest.raises(InputError) as caught:
        _manners(profiles=tmp_path / "nowhere")
    assert [problem.path for problem in caught.value.problems] == [(variable("profiles"),)]


@pytest.mark.parametrize("name", [*list_profiles(), "third-0"])
def test_the_vendor_s_html_goes_out_only_where_all_may_be_shown(folder: Path, name: str) -> None:
    """In the mode proxy there is nothing but the vendor's HTML, so other profiles start nothing."""
    fields = {"mode": "proxy", "profiles": folder, "blind_secret": SecretStr(SECRET)}
    for chosen in ({"profile": name}, {"companies": {"acme": {"profile": name}}}):
        if name == "internal":
            _manners(**fields, **chosen)
        else:
            with pytest.raises(InputError, match="proxy"):
                _manners(**fields, **chosen)


@pytest.mark.parametrize("secret", ["", "s" * 31])
def test_a_short_secret_starts_nothing(secret: str) -> None:
    """And the message does not repeat it."""
    with pytest.raises(ValueError, match="32 characters") as caught:
        Settings.model_validate({"blind_secret": secret})
    assert not secret or secret not in str(caught.value)


@given(st.dictionaries(st.sampled_from(PATHS), st.booleans()), st.sampled_from(["en", "de"]))
@settings(max_examples=40, deadline=None)
def test_what_shows_otherwise_is_kept_apart(fields: dict[str, bool], lang: str) -> None:
    """Signs, which caches go by, are equal if and only if profile, language and company are."""
    manners = _manners(blind_secret=SecretStr(SECRET))
    exporter = get_exporter("fragment")
    base = load_profile("internal")
    changed = replace(base, name="own", fields={**base.fields, **fields})
    manners._profiles["own"] = changed
    own = manners.manner("a", exporter, profile="own", lang=lang)
    internal = manners.manner("a", exporter, profile="internal", lang="en")
    is_same = changed.fields == base.fields and lang == "en"
    assert (own.sign == internal.sign) == is_same
    every: tuple[dict[str, Decision], ...] = ({}, {"F-1": "keep"}, {"F-1": "remove"})
    blind = [
        manners.manner(company, exporter, profile="blind", decisions=decisions).sign
        for company, decisions in itertools.product("ab", every)
    ]
    assert len({*blind, own.sign}) == 7


def test_render_html_of_many_ids_is_as_one_by_one(running: LocalService) -> None:
    """A coded card is the same whoever is beside it, and names nobody."""
    account = running.account("shown-blind")
    people = [person(f"prof_{at}", name=f"Quillon Marwick{at}") for at in range(5)]
    running.save(account.company, *people)
    ids = [each.profile_id for each in people]
    together = account.render_html(*ids)
    alone = [account.render_html(each).json()["data"][0] for each in ids]
    assert together.json()["data"] == alone
    assert "quillon" not in together.text.lower()
    assert "marwick" not in together.text.lower()
    assert json.dumps(together.json()).count("linkedin.com") == 0
