"""Cards made here, asked of a vendor who may lie, or the one where the other fails."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from typing import TYPE_CHECKING, Any, Final

import pytest
from clients import KEY
from vendor_server import (
    CHUNKS_CUT,
    CLOSE,
    DRIP_BODY,
    DRIP_HEAD,
    ENDLESS,
    LARGE,
    NOT_HTTP,
    RESET,
    STALL,
    STALL_IN_BODY,
    TRUNCATED,
    Act,
    Asked,
    VendorServer,
    reply,
)

from asynchronous import run
from candidate_cards import Candidate, load_labels
from candidate_cards.errors import (
    InputError,
    RenderingError,
    VendorAnswerError,
    VendorAuthenticationError,
    VendorConnectionError,
    VendorError,
    VendorNotFoundError,
    VendorPermissionError,
    VendorRateLimitError,
    VendorRequestError,
    VendorTimeoutError,
    VendorUnavailableError,
)
from candidate_cards.instaview import AsyncClient, Client
from candidate_cards.models import ErrorCode
from candidate_cards.privacy import load_profile
from candidate_cards.privacy.codes import BlindKey
from candidate_cards.relay import Mode, RelayedCards, render_html, render_html_async
from hostile_corpus import PAYLOADS, SHORT_PAYLOADS
from inert_html import faults_of, words_of
from relaying import KINDS, Kind, finder, html_of, outcome, relayed, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOWHERE: Final = "http://127.0.0.1:9"  # the port "discard", on which nobody listens
ELEVEN: Final = [f"p{number}" for number in range(11)]
LATER: Final = ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE

#: Why a vendor was not heard, and what is raised where nothing can take its place.
TROUBLE: Final[Mapping[Act, tuple[str, type[VendorError]]]] = {
    reply(429, {}, {"Retry-After": "3600"}): ("rate limit", VendorRateLimitError),
    reply(500, {}): ("unavailable", VendorUnavailableError),
    reply(502, b"<html>bad gateway"): ("unavailable", VendorUnavailableError),
    reply(503, {}): ("unavailable", VendorUnavailableError),
    reply(200, b"<html>maintenance"): ("unavailable", VendorAnswerError),
    reply(200, {"success": False, "error": {"code": "X"}}): ("unavailable", VendorError),
    reply(200, {"success": True}): ("unavailable", VendorAnswerError),
    reply(200, {"success": True, "renderedCount": 1, "data": [None]}): (
        "unavailable",
        VendorAnswerError,
    ),
    reply(302, b"", {"Location": "https://a.example/"}): ("unavailable", VendorError),
    CLOSE: ("connection", VendorConnectionError),
    RESET: ("connection", VendorConnectionError),
    NOT_HTTP: ("connection", VendorConnectionError),
    TRUNCATED: ("connection", VendorConnectionError),
    CHUNKS_CUT: ("connection", VendorConnectionError),
    LARGE: ("unavailable", VendorAnswerError),
    ENDLESS: ("unavailable", VendorAnswerError),
    STALL: ("timeout", VendorTimeoutError),
    STALL_IN_BODY: ("timeout", VendorTimeoutError),
    DRIP_HEAD: ("timeout", VendorTimeoutError),
    DRIP_BODY: ("timeout", VendorTimeoutError),
}
_SLOW: Final = frozenset({STALL, STALL_IN_BODY, DRIP_HEAD, DRIP_BODY})
#: What is wrong with the call itself: nothing made here would be an answer to it.
REFUSALS: Final[Mapping[int, type[VendorError]]] = {
    400: VendorRequestError,
    401: VendorAuthenticationError,
    403: VendorPermissionError,
    404: VendorNotFoundError,
    422: VendorRequestError,
}


def answer(*cards: Mapping[str, object], count: int = 1) -> Act:
    """Answer with these cards."""
    return reply(200, {"success": True, "renderedCount": count, "data": cards})


def vendor_card(profile_id: str, html: object = "<p>vendor</p>", **fields: object) -> Any:  # noqa: ANN401
    """Return a card as the vendor sends it."""
    return {"profileId": profile_id, "success": True, "htmlContent": html, **fields}


def of_all(asked: Asked) -> Act:
    """Answer with a card of each id that was asked for."""
    return answer(*(vendor_card(each, name="Vendor") for each in asked.json["profileIds"]))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each form of the relay in turn."""
    value: Kind = request.param
    return value


def test_stored_people_are_drawn_here_and_nobody_is_asked(kind: Kind) -> None:
    """In the order asked, repeated ids once; who is not stored is not found."""
    with VendorServer(of_all) as vendor:
        cards = relayed(
            kind,
            vendor.url,
            ["b", "x", "a", "b"],
            mode="local",
            theme="light",
            find=finder(stored("ab")),
        )
    assert vendor.connections == 0
    assert outcome(cards) == {"b": "here", "x": "PROFILE_NOT_FOUND", "a": "here"}
    assert (cards.via, cards.reason, cards.response.rendered_count) == ("local", None, 2)
    assert "#ffffff" in html_of(cards)["a"]
    assert cards.response.to_wire()["data"][1] == {
        "profileId": "x",
        "success": False,
        "errorCode": "PROFILE_NOT_FOUND",
    }


def test_one_who_cannot_be_drawn_spoils_nobody_else(kind: Kind) -> None:
    """A template that fails, and text that no answer could carry, cost one card each."""
    known = stored("abc")

    def draw(candidate: Candidate) -> str:
        if candidate.profile_id == "c":
            raise RenderingError("there is no field x", "card/fragment.html", 3)
        return f"<p>{candidate.name}</p>" + ("\ud800" if candidate.profile_id == "b" else "")

    cards = relayed(kind, NOWHERE, ["a", "b", "c"], mode="local", find=finder(known), draw=draw)
    assert outcome(cards) == {"a": "here", "b": "INTERNAL_ERROR", "c": "INTERNAL_ERROR"}
    assert html_of(cards) == {"a": "<p>Stored 0</p>"}
    assert "Stored" not in repr(cards.response.data[1:])


def test_more_than_ten_are_asked_for_ten_at_a_time(kind: Kind) -> None:
    """25 ids are three calls, in their order and in the theme."""
    wanted = [f"p{number}" for number in range(25)]
    with VendorServer(of_all) as vendor:
        cards = relayed(kind, vendor.url, wanted, mode="proxy", theme="light")
    assert [asked.json["profileIds"] for asked in vendor.requests] == [
        wanted[:10],
        wanted[10:20],
        wanted[20:],
    ]
    assert {asked.json["theme"] for asked in vendor.requests} == {"light"}
    assert outcome(cards) == dict.fromkeys(wanted, "vendor")
    assert (cards.via, cards.reason, cards.response.rendered_count) == ("proxy", None, 25)


@pytest.mark.parametrize("mode", ["proxy", "fallback"])
def test_hostile_html_does_not_come_through_alive(kind: Kind, mode: Mode) -> None:
    """Each payload of the corpus, as the vendor's card, is inert in the answer's JSON."""
    payloads = {f"p{payload.number}": payload.text for payload in PAYLOADS}

    def lie(asked: Asked) -> Act:
        return answer(
            *(
                vendor_card(each, f"<p>good</p>{payloads[each]}", name=payloads[each])
                for each in asked.json["profileIds"]
            )
        )

    with VendorServer(lie) as vendor:
        cards = relayed(kind, vendor.url, list(payloads), mode=mode, find=finder({}))
    made = html_of(cards)
    assert len(made) > 0.95 * len(payloads)
    for html in made.values():
        assert faults_of(html) == []
        assert words_of(html).startswith("good")
    assert set(outcome(cards).values()) <= {"vendor", str(LATER)}


def test_only_known_fields_come_through(kind: Kind) -> None:
    """What the contract does not know could hold anything; names and codes are one clean line."""
    with VendorServer(
        lambda _: reply(
            200,
            {
                "success": True,
                "renderedCount": 99,
                "html": "<script>",
                "data": [
                    vendor_card("a", name="Ada\n\u202eNovák\x00 " + "x" * 1000, preview="<script>"),
                    {
                        "profileId": "b",
                        "success": False,
                        "errorCode": "PROFILE_NOT_FOUND",
                        "errorMessage": "gone\x1b[2J",
                        "htmlContent": "<script>",
                    },
                ],
            },
        )
    ) as vendor:
        cards = relayed(kind, vendor.url, ["a", "b"], mode="proxy")
    wire = cards.response.to_wire()
    assert "<script" not in json.dumps(wire)
    assert set(wire) == {"success", "renderedCount", "data"}
    assert wire["renderedCount"] == 1
    name = wire["data"][0].pop("name")
    assert name.startswith("Ada Novák x")
    assert len(name) == 300
    assert set(wire["data"][0]) == {"profileId", "success", "htmlContent"}
    assert wire["data"][1:] == [
        {
            "profileId": "b",
            "success": False,
            "errorCode": "PROFILE_NOT_FOUND",
            "errorMessage": "gone[2J",
        },
    ]


LIES: Final[Mapping[str, tuple[Callable[[str], Mapping[str, object]], str]]] = {
    "another id": (lambda each: vendor_card(f"not-{each}"), "does not name it"),
    "no reason": (lambda each: {"profileId": each, "success": False}, "gives no reason"),
    "no html": (lambda each: vendor_card(each, None), "shows nothing"),
    "empty html": (lambda each: vendor_card(each, " "), "shows nothing"),
    "nothing but script": (lambda each: vendor_card(each, "<script>x</script>"), "shows nothing"),
    "ten thousand tags": (
        lambda each: vendor_card(each, "<hr>" * 10_000),
        "has more than 4,000 tags",
    ),
    "a megabyte": (
        lambda each: vendor_card(each, "x" * 1_000_000),
        "has more than 131,072 characters",
    ),
    "a bomb": (
        lambda each: vendor_card(
            each, "<p>" + "".join(f"<b title={n}>" for n in range(500)) + "<p>x" * 3000
        ),
        "has too many elements such as <b> and <a>",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_card_that_cannot_be_used_is_reported_or_made_here(kind: Kind, lie: str) -> None:
    """One bad card costs nobody else's; ids that were not asked for are nowhere in the answer."""
    make, reason = LIES[lie]
    with VendorServer(lambda _: answer(vendor_card("a"), make("b"), vendor_card("c"))) as vendor:
        proxied = relayed(kind, vendor.url, ["a", "b", "c"], mode="proxy")
        mixed = relayed(
            kind, vendor.url, ["a", "b", "c"], mode="fallback", find=finder(stored("b"))
        )
        unknown = relayed(kind, vendor.url, ["a", "b", "c"], mode="fallback", find=finder({}))
    for cards in (proxied, unknown):
        assert outcome(cards) == {"a": "vendor", "b": LATER, "c": "vendor"}
        assert (cards.via, cards.reason) == ("proxy", "unavailable")
        assert reason in str(cards.response.data[1].error_message)
    assert outcome(mixed) == {"a": "vendor", "b": "here", "c": "vendor"}
    assert (mixed.via, mixed.reason) == ("mixed", "unavailable")
    assert mixed.response.rendered_count == 3


def test_an_id_has_one_card_in_the_answer(kind: Kind) -> None:
    """However often the vendor names it."""
    with VendorServer(
        lambda _: answer(vendor_card("a", "<p>x</p>"), vendor_card("a"), vendor_card("b"))
    ) as vendor:
        cards = relayed(kind, vendor.url, ["a", "b"], mode="proxy")
    assert [card.profile_id for card in cards.response.data] == ["a", "b"]


def test_an_answer_of_ten_megabytes_is_none(kind: Kind) -> None:
    """It is not read to its end; cards are made here, or it is an error."""

    def lie(asked: Asked) -> Act:
        return answer(*(vendor_card(each, "x" * 11 * 2**20) for each in asked.json["profileIds"]))

    with VendorServer(lie) as vendor:
        cards = relayed(kind, vendor.url, ["a"], mode="fallback", find=finder(stored("a")))
        with pytest.raises(VendorAnswerError):
            relayed(kind, vendor.url, ["a"], mode="proxy")
    assert (outcome(cards), cards.reason) == ({"a": "here"}, "unavailable")


@pytest.mark.parametrize("trouble", TROUBLE, ids=str)
def test_cards_are_made_here_where_the_vendor_fails(kind: Kind, trouble: Act) -> None:
    """It is asked once; who is not stored has a code that says to come back."""
    with VendorServer(lambda _: trouble) as vendor:
        cards = relayed(
            kind,
            vendor.url,
            [*ELEVEN, "x"],
            mode="fallback",
            patience=1.0 if trouble in _SLOW else 30.0,
            find=finder(stored(ELEVEN)),
        )
    assert outcome(cards) == {**dict.fromkeys(ELEVEN, "here"), "x": LATER}
    assert (cards.via, cards.reason) == ("local", TROUBLE[trouble][0])
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("trouble", TROUBLE, ids=str)
def test_the_vendors_error_is_raised_where_there_is_no_card(kind: Kind, trouble: Act) -> None:
    """By itself, and where nobody is stored either."""
    timeout = 0.3 if trouble in _SLOW else 30.0
    with VendorServer(lambda _: trouble) as vendor:
        with pytest.raises(TROUBLE[trouble][1]):
            relayed(kind, vendor.url, ELEVEN, mode="proxy", timeout=timeout)
        with pytest.raises(TROUBLE[trouble][1]):
            relayed(kind, vendor.url, ELEVEN, mode="fallback", patience=timeout, find=finder({}))


@pytest.mark.parametrize("trouble", TROUBLE, ids=str)
def test_what_came_before_the_trouble_stays(kind: Kind, trouble: Act) -> None:
    """Ten cards of the vendor, and the eleventh made here or reported with the reason."""
    seconds = 1.0 if trouble in _SLOW else 30.0
    known = finder(stored(ELEVEN))
    ten = dict.fromkeys(ELEVEN[:10], "vendor")
    first = of_all(Asked("POST", "/", body=json.dumps({"profileIds": ELEVEN[:10]}).encode()))
    for mode, last, via in (("fallback", "here", "mixed"), ("proxy", None, "proxy")):
        with VendorServer(lambda _: trouble, [first]) as vendor:
            cards = relayed(
                kind,
                vendor.url,
                ELEVEN,
                mode=mode,
                timeout=seconds,
                patience=seconds,
                find=known,
            )
        found = outcome(cards)
        assert found.pop("p10") == (last or LATER)
        assert found == ten
        assert (cards.via, cards.reason) == (via, TROUBLE[trouble][0])
        assert cards.response.rendered_count == (11 if mode == "fallback" else 10)


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("mode", ["proxy", "fallback"])
def test_a_call_that_is_wrong_is_the_callers(kind: Kind, mode: Mode, status: int) -> None:
    """Nothing is made here for a key that is not one; after the first ten it is reported."""
    known = finder(stored(ELEVEN))
    refusal = reply(status, {"success": False, "error": {"code": "SAID_NO", "message": "no"}})
    with VendorServer(lambda _: refusal) as vendor:
        with pytest.raises(REFUSALS[status]):
            relayed(kind, vendor.url, ELEVEN, mode=mode, find=known)
        assert len(vendor.asked) == 1
    first = of_all(Asked("POST", "/", body=json.dumps({"profileIds": ELEVEN[:10]}).encode()))
    with VendorServer(lambda _: refusal, [first]) as vendor:
        cards = relayed(kind, vendor.url, ELEVEN, mode=mode, find=known)
    assert outcome(cards) == {**dict.fromkeys(ELEVEN[:10], "vendor"), "p10": "SAID_NO"}
    assert (cards.via, cards.reason) == ("proxy", None)


@pytest.mark.parametrize("mode", ["proxy", "fallback"])
def test_what_the_vendor_says_of_a_profile_stays(kind: Kind, mode: Mode) -> None:
    """Though the profile is stored here: the vendor was heard."""
    refused = {"profileId": "b", "success": False, "errorCode": "PROFILE_NOT_FOUND"}
    known = finder(stored("ab"))
    with VendorServer(lambda _: answer(vendor_card("a"), refused)) as vendor:
        cards = relayed(kind, vendor.url, ["a", "b"], mode=mode, find=known)
    assert outcome(cards) == {"a": "vendor", "b": "PROFILE_NOT_FOUND"}
    assert (cards.via, cards.reason) == ("proxy", None)


def test_no_vendor_is_no_trouble_where_everybody_is_stored(kind: Kind) -> None:
    """Nobody listens; cards are made here without waiting for anybody."""
    cards = relayed(kind, NOWHERE, ["a"], mode="fallback", find=finder(stored("a")))
    assert (outcome(cards), cards.via, cards.reason) == ({"a": "here"}, "local", "connection")
    with pytest.raises(VendorConnectionError):
        relayed(kind, NOWHERE, ["a"], mode="proxy", timeout=0.5)


def test_a_client_without_a_turn_is_a_rate_limit(kind: Kind) -> None:
    """The vendor's calls a minute are kept, and cards made here meanwhile."""

    def call(client: Any, relay: Callable[..., Any]) -> Any:  # noqa: ANN401  either kind
        return relay(["a"], mode="fallback", client=client, patience=5, find=finder(stored("a")))

    cards: list[RelayedCards] = []
    with VendorServer(of_all) as vendor:
        if kind == "blocking":
            with Client(KEY, base_url=vendor.url) as client:
                cards += [call(client, render_html) for _ in range(51)]
        else:

            async def main() -> None:
                async with AsyncClient(KEY, base_url=vendor.url) as client:
                    for _ in range(51):
                        cards.append(await call(client, render_html_async))

            run(main())
    assert [each.via for each in cards] == ["proxy"] * 50 + ["local"]
    assert cards[-1].reason == "rate limit"
    assert len(vendor.asked) == 50


def test_time_that_is_over_is_not_spent_again(kind: Kind) -> None:
    """After calls that took all of it, the next is not made."""
    pause = threading.Event()

    def slowly(asked: Asked) -> Act:
        pause.wait(0.4)
        return of_all(asked)

    wanted = [f"p{number}" for number in range(100)]
    with VendorServer(slowly) as vendor:
        cards = relayed(
            kind, vendor.url, wanted, mode="fallback", patience=1.0, find=finder(stored(wanted))
        )
    assert 1 <= len(vendor.asked) <= 3
    assert (cards.via, cards.reason) == ("mixed", "timeout")
    assert cards.response.rendered_count == 100


def test_nothing_holds_up_the_loop() -> None:
    """Looking up, drawing and cleaning happen in threads; a coroutine is awaited on the loop."""
    threads: dict[str, int] = {}
    known = stored(["a"])

    def find(_: Sequence[str]) -> Mapping[str, Candidate]:
        threads["find"] = threading.get_ident()
        return known

    async def find_awaiting(_: Sequence[str]) -> Mapping[str, Candidate]:
        await asyncio.sleep(0)
        return known

    def draw(_: Candidate) -> str:
        threads["draw"] = threading.get_ident()
        return "<p>x</p>"

    async def main() -> None:
        threads["loop"] = threading.get_ident()
        cards = await render_html_async(["a"], mode="local", find=find, draw=draw)
        assert outcome(cards) == {"a": "here"}
        cards = await render_html_async(["a"], mode="local", find=find_awaiting)
        assert outcome(cards) == {"a": "here"}

    run(main())
    assert threads["loop"] not in {threads["find"], threads["draw"]}


@pytest.mark.parametrize(
    ("profile_ids", "options", "field"),
    [
        ([], {"mode": "local", "find": finder({})}, "profile_ids"),
        ("a", {"mode": "local", "find": finder({})}, "profile_ids"),
        (["a", " "], {"mode": "local", "find": finder({})}, "profile_ids[1]"),
        (["a\ud800"], {"mode": "local", "find": finder({})}, "profile_ids[0]"),
        (["a"], {"mode": "local"}, "find"),
        (["a"], {"mode": "proxy"}, "client"),
        (["a"], {"mode": "fallback", "find": finder({})}, "client"),
    ],
)
def test_what_cannot_be_done_is_refused(
    profile_ids: Any,  # noqa: ANN401  some are wrong
    options: dict[str, Any],
    field: str,
) -> None:
    """With the name of what is missing."""
    with pytest.raises(InputError) as raised:
        render_html(profile_ids, **options)
    assert [problem.field for problem in raised.value.problems] == [field]


@pytest.mark.parametrize("patience", [0, -1, float("inf"), float("nan")])
def test_patience_is_a_number_of_seconds(kind: Kind, patience: float) -> None:
    """A limit that is none is refused, and nobody is asked."""
    with VendorServer(of_all) as vendor, pytest.raises(InputError):
        relayed(kind, vendor.url, ["a"], mode="fallback", patience=patience, find=finder({}))
    assert vendor.asked == []


def test_ids_of_any_kind_get_an_answer_each(kind: Kind) -> None:
    """Hostile ids are nobody's, in each mode, and come back as they are."""
    texts = [payload.text for payload in SHORT_PAYLOADS if payload.text.strip()]
    ids = [text for text in dict.fromkeys(texts) if not re.search("[\ud800-\udfff]", text)]
    assert len(ids) > 300
    with VendorServer(lambda _: answer()) as vendor:
        for mode, code in (("local", "PROFILE_NOT_FOUND"), ("proxy", LATER), ("fallback", LATER)):
            cards = relayed(
                kind,
                vendor.url,
                ids,
                mode=mode,
                find=finder({}),
            )
            assert outcome(cards) == dict.fromkeys(ids, code)


# What may be shown


def _told(profile_id: str) -> Candidate:
    """Return somebody of whom everything but the name is for the house alone."""
    return Candidate.model_validate(
        {
            "profileId": profile_id,
            "name": "Quillon Marwick",
            "aiRedFlags": ["Zqflagx"],
            "emails": ["zqmailx@acme.example"],
            "rationale": "Quillon Marwick wrote it (zqmailx@acme.example).",
        }
    )


@pytest.mark.parametrize("name", ["client", "blind"])
@pytest.mark.parametrize("mode", ["local", "fallback"])
def test_what_a_profile_hides_is_made_here_without_asking_the_vendor(
    kind: Kind, mode: Mode, name: str
) -> None:
    """Nothing can be taken out of the vendor's HTML, so it is not asked for; nobody is missed."""
    key = BlindKey.generate()
    with VendorServer(of_all) as vendor:
        cards = relayed(
            kind,
            vendor.url,
            ["a", "unknown"],
            mode=mode,
            find=finder({"a": _told("a")}),
            profile=load_profile(name, key=key),
            labels=load_labels("de"),
        )
    assert vendor.connections == 0
    assert outcome(cards) == {"a": "here", "unknown": "PROFILE_NOT_FOUND"}
    assert (cards.via, cards.reason) == ("local", None)
    wire = json.dumps(cards.response.to_wire(), ensure_ascii=False)
    assert "Zqflagx" not in wire
    assert "zqmailx" not in wire
    assert 'lang="de"' in html_of(cards)["a"]
    shown_name = key.code("a") if name == "blind" else "Quillon Marwick"
    assert cards.response.data[0].name == shown_name
    assert ("Marwick" in wire) == (name == "client")
    assert (load_labels("de").notice_coded in wire) == (name == "blind")


@pytest.mark.parametrize("name", ["client", "blind"])
def test_the_vendors_html_never_goes_out_for_others_than_the_house(kind: Kind, name: str) -> None:
    """Where there is nothing but the vendor's HTML, a profile that hides anything is refused."""
    with VendorServer(of_all) as vendor, pytest.raises(InputError) as caught:
        relayed(
            kind,
            vendor.url,
            ["a"],
            mode="proxy",
            profile=load_profile(name, key=BlindKey.generate()),
        )
    assert vendor.connections == 0
    assert [problem.path for problem in caught.value.problems] == [("profile",)]
