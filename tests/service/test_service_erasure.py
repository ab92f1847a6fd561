"""Who is erased is nowhere any more: not in the database's files, caches, logs or other files."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from sandboxes import eventually
from services import Account, LocalService, serving_cards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Words that stand in every part of a record and nowhere else.
MARKERS: Final = tuple(
    f"Zyx{part}Quartz"
    for part in (
        *("Name", "Headline", "Place", "Company", "Role", "Rationale", "Skill", "Point", "Flag"),
        *("Highlight", "Unknown", "mail", "link"),
    )
)
PROFILE_ID: Final = "ZyxIdQuartz"
_NAME: Final = MARKERS[0]
_PASSWORD: Final = "opens one dossier, not logged"  # noqa: S105  as it says
_SECRET: Final = "known to everybody, and long enough"  # noqa: S105  as it says


def _record() -> dict[str, Any]:
    named = {marker.removeprefix("Zyx").removesuffix("Quartz"): marker for marker in MARKERS}
    return {
        "profileId": PROFILE_ID,
        "name": named["Name"],
        "headline": named["Headline"],
        "location": named["Place"],
        "currentCompany": named["Company"],
        "currentRole": named["Role"],
        "rationale": named["Rationale"],
        "skills": [named["Skill"]],
        "aiFitPoints": [named["Point"]],
        "aiRedFlags": [named["Flag"]],
        "detailedExperience": [{"role": "Role", "highlights": [named["Highlight"]]}],
        "emails": [f"{named['mail']}@acme.example"],
        "linkedinUrl": f"https://www.linkedin.com/in/{named['link']}",
        "ourOwnField": {"deep": [named["Unknown"]]},
    }


class _Kept(logging.Handler):
    """Keeps all that is logged, at every level, as text; but of the tests' own client, nothing."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("http"):
            self.texts.append(f"{record.getMessage()} {vars(record)!r}")


@contextmanager
def _logged() -> Iterator[list[str]]:
    handler, root = _Kept(), logging.getLogger()
    ours = logging.getLogger("candidate_cards")
    levels = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    try:
        yield handler.texts
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


def _serving() -> AbstractContextManager[LocalService]:
    return serving_cards(
        pdf_workers=1,
        log_level="debug",
        embed_secrets=[_SECRET],
        blind_secret=_SECRET,
        public_url="http://127.0.0.1",
    )


def _found(places: list[Path], words: tuple[str, ...]) -> list[str]:
    """Return the files that hold one of some words, in whichever encoding a file is likely to."""
    needles = [word.encode(encoding) for word in words for encoding in ("utf-8", "utf-16-le")]
    return [
        path.name
        for place in places
        for path in sorted(place.rglob("*"))
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


def _cached(running: LocalService) -> str:
    """Return all that the cache of cards holds."""
    return repr(list(running.service.cards._kept.items()))


def _use_everywhere(running: LocalService, account: Account) -> str:
    """Have a person saved, changed, rendered and shown in every way; return their embed."""
    http, record = account.http, _record()
    assert http.post("/candidates", json=[record]).status_code == 200
    assert http.put(f"/candidates/{PROFILE_ID}", json=record | {"matchScore": 7}).is_success
    assert account.render_html(PROFILE_ID).json()["renderedCount"] == 1
    assert account.render_html(PROFILE_ID, theme="light").json()["renderedCount"] == 1
    assert _NAME in http.get(f"/candidates/{PROFILE_ID}").text
    for name in ("page", "fragment", "element", "email", "pdf", "png"):
        assert http.get(f"/candidates/{PROFILE_ID}/{name}").status_code == 200
        assert http.post(f"/render/{name}", json=record).status_code == 200
    for profile in ("client", "blind"):
        asked = {"profile": profile, "lang": "de"}
        for name in ("page", "email", "pdf"):
            assert http.get(f"/candidates/{PROFILE_ID}/{name}", params=asked).status_code == 200
        body = {"profileIds": [PROFILE_ID], **asked}
        (embed,) = http.post("/embeds", json=body).json()["data"]
        assert running.http.get(f"/embed/{embed['token']}").status_code == 200
    locked = {"X-Document-Password": _PASSWORD}
    assert http.get(f"/candidates/{PROFILE_ID}/pdf", headers=locked).status_code == 200
    report = http.get(f"/candidates/{PROFILE_ID}/redaction", params={"profile": "blind"})
    assert report.status_code == 200
    codes = re.findall(
        "C(?:-[A-Z0-9]{4}){4}",
        http.get(f"/candidates/{PROFILE_ID}/page", params={"profile": "blind"}).text,
    )
    assert http.post("/codes", json={"codes": codes[:1]}).json()["data"][0]["success"]
    (embed,) = http.post("/embeds", json={"profileIds": [PROFILE_ID]}).json()["data"]
    path = f"/embed/{embed['token']}"
    assert _NAME in running.http.get(path).text
    # Refusals of every kind, which could repeat what was sent.
    for answer in (
        http.post("/candidates", json=[{**record, "profileId": None}]),
        http.post("/render/page", json=record, params={"theme": _NAME}),
        http.put(f"/candidates/{_NAME}", json=record),
        http.post("/render/page", content=f'{{"name": "{_NAME}"'.encode()),
        http.get(f"/candidates/{PROFILE_ID}/page", headers={"Accept": _NAME}),
        http.post("/sourcing/render-html", json={"profileIds": [PROFILE_ID], _NAME: 1}),
    ):
        assert 400 <= answer.status_code < 500
    return path


@pytest.mark.parametrize("whole_company", [False, True])
def test_nothing_of_an_erased_person_is_left(
    temporary: Path,
    whole_company: bool,  # noqa: FBT001
) -> None:
    """After the answer, none of the planted words is in a file, a cache or a log."""
    with _logged() as log, _serving() as running:
        account, other = running.account(), running.account()
        other.http.post("/candidates", json=[{"profileId": PROFILE_ID, "name": "Somebody Else"}])
        assert other.render_html(PROFILE_ID).json()["renderedCount"] == 1
        embedded = _use_everywhere(running, account)
        places = [running.folder, temporary]
        assert _found([running.folder], MARKERS)  # the search finds what is there
        assert _NAME in _cached(running)
        if whole_company:
            params = {"confirm": account.company}
            assert account.http.delete("/candidates", params=params).status_code == 200
        else:
            assert account.http.delete(f"/candidates/{PROFILE_ID}").status_code == 204
        assert _found(places, MARKERS) == []
        assert not [word for word in MARKERS if word in _cached(running)]
        # Another company's person of this id is still there, in the cache too.
        assert "Somebody Else" in other.http.get(f"/candidates/{PROFILE_ID}").text
        assert "Somebody Else" in _cached(running)
        gone = running.account(account.company) if whole_company else account
        assert gone.http.get(f"/candidates/{PROFILE_ID}").status_code == 404
        assert gone.render_html(PROFILE_ID).json()["renderedCount"] == 0
        assert not [word for word in MARKERS if word in running.http.get(embedded).text]
        for name in ("page", "pdf"):
            assert gone.http.get(f"/candidates/{PROFILE_ID}/{name}").status_code == 404
    assert len(log) > 20
    text = "\n".join(log)
    assert not [word for word in (*MARKERS, PROFILE_ID) if word in text]
    for secret in (account.key.get_secret_value(), _PASSWORD, _SECRET):
        assert secret not in text
    assert _found([temporary], (*MARKERS, PROFILE_ID)) == []


def test_a_document_under_way_leaves_nothing_either(temporary: Path) -> None:
    """Parts of a dossier are in files for as long as it is made; its end takes them away."""
    record = _record() | {"detailedExperience": [{"role": "r", "highlights": ["w " * 90] * 20}] * 2}
    people = [record | {"profileId": f"{PROFILE_ID}{at}"} for at in range(4)]
    with serving_cards(pdf_workers=1) as running:
        account = running.account()
        statuses: list[int] = []

        def ask() -> None:
            statuses.append(account.http.post("/render/pdf", json=people).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        eventually(lambda: list(temporary.rglob("*.pdf")), bool)
        asking.join()
        assert statuses == [200]
        (folder,) = temporary.glob("candidate-cards-papers-*")
        assert [path.name for path in folder.iterdir()] == ["lock"]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("whole_company", [False, True])
def test_a_card_that_was_being_made_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
    whole_company: bool,  # noqa: FBT001
) -> None:
    """Whoever is erased while a card of theirs is made does not come back into the cache."""
    with _serving() as running:
        account = running.account()
        account.http.post("/candidates", json=[_record()])
        store, read, erased = running.service.store, threading.Event(), threading.Event()
        load = store.load

        def held(*arguments: Any) -> Any:  # noqa: ANN401  as the store's own
            found = load(*arguments)
            read.set()
            erased.wait()
            return found

        monkeypatch.setattr(store, "load", held)
        asking = threading.Thread(target=account.render_html, args=(PROFILE_ID,))
        asking.start()
        read.wait()
        with running.client(account.key.get_secret_value()) as http:
            if whole_company:
                http.delete("/candidates", params={"confirm": account.company})
            else:
                http.delete(f"/candidates/{PROFILE_ID}")
        erased.set()
        asking.join()
        assert _NAME not in _cached(running)


def test_an_erasure_that_takes_too_long_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer is late, and the cards in memory go when the database is done all the same."""
    with serving_cards(pdf_workers=1, request_seconds=2) as running:
        account = running.account()
        account.http.post("/candidates", json=[_record()])
        store, may_end = running.service.store, threading.Event()
        erase = store.erase

        def held(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  as the store's own
            may_end.wait()
            return erase(*arguments, **options)

        monkeypatch.setattr(store, "erase", held)
        assert account.http.delete(f"/candidates/{PROFILE_ID}").status_code == 504
        assert account.render_html(PROFILE_ID).json()["renderedCount"] == 1
        assert _NAME in _cached(running)
        may_end.set()
        eventually(lambda: _cached(running), lambda cached: _NAME not in cached)
        assert _found([running.folder], MARKERS) == []


def test_no_embed_is_made_of_somebody_erased_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would name the person until it expires, and show whoever has this id later."""
    with serving_cards(embed_secrets=["x" * 40]) as running:
        account, store = running.account(), running.service.store
        account.http.post("/candidates", json=[_record()])
        versions, is_found, is_erased = store.versions, threading.Event(), threading.Event()

        def slow_versions(*which: Any) -> Any:  # noqa: ANN401  as the real one
            found = versions(*which)
            is_found.set()
            assert is_erased.wait(10)
            return found

        monkeypatch.setattr(store, "versions", slow_versions)
        answers: list[Any] = []

        def ask() -> None:
            answer = account.http.post("/embeds", json={"profileIds": [PROFILE_ID]})
            answers.extend(answer.json()["data"])

        asking = threading.Thread(target=ask)
        asking.start()
        assert is_found.wait(10)
        assert account.http.delete(f"/candidates/{PROFILE_ID}").status_code == 204
        is_erased.set()
        asking.join()
        error = {"success": False, "errorCode": "PROFILE_NOT_FOUND"}
        assert answers == [{"profileId": PROFILE_ID, **error}]
        assert _found([running.folder], (*MARKERS, PROFILE_ID)) == []
