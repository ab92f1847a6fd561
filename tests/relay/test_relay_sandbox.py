"""The relay with a sandbox for a vendor: healthy, limited, failing, slow and cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards.errors import (
    VendorAuthenticationError,
    VendorConnectionError,
    VendorError,
    VendorPermissionError,
    VendorRateLimitError,
    VendorTimeoutError,
    VendorUnavailableError,
)
from candidate_cards.models import ErrorCode
from inert_html import faults_of, words_of
from relaying import KINDS, Kind, finder, html_of, outcome, relayed, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandboxes import Account, LocalSandbox

PATH: Final = "/sourcing/render-html"
LATER: Final = ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE

#: What goes wrong with one call, and what comes of it.
FAULTS: Final[dict[str, tuple[str, type[VendorError]]]] = {
    "rate-limit=3600": ("rate limit", VendorRateLimitError),
    "unavailable": ("unavailable", VendorUnavailableError),
    "internal-error": ("unavailable", VendorUnavailableError),
    "truncated": ("connection", VendorConnectionError),
    "slow=3600": ("timeout", VendorTimeoutError),
}


@dataclass(frozen=True)
class Vendor:
    """An account of the sandbox with people in it."""

    account: Account
    people: Sequence[str]

    @property
    def url(self) -> str:
        """Where the sandbox is."""
        return self.account.sandbox.base_url

    def key(self, **options: Any) -> str:  # noqa: ANN401  of `LocalSandbox.account`
        """Return a new key of the company; each may ask fifty times a minute."""
        account = self.account.sandbox.account(self.account.company_id, **options)
        header: str = account.http.headers["Authorization"]
        return header.removeprefix("Bearer ")

    def plan(self, *faults: str | None) -> None:
        """Lay out what happens to the next calls, one a fault."""
        plan = [{"fault": fault or "slow=0", "path": PATH} for fault in faults]
        self.account.sandbox.admin("PUT", "/faults", {"faults": plan})

    @property
    def left(self) -> int:
        """How much of what was laid out has not happened."""
        faults: list[dict[str, Any]] = self.account.sandbox.admin("GET", "/faults")["faults"]
        return sum(fault["count"] for fault in faults)


@pytest.fixture(scope="module")
def vendor(sandbox: LocalSandbox) -> Vendor:
    """25 people whom the vendor has found, and a key that may ask for their cards."""
    account = sandbox.account()
    people = tuple(each["profileId"] for each in account.sourced(limit=25))
    assert len(people) == 25
    return Vendor(account, people)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each form of the relay in turn."""
    value: Kind = request.param
    return value


@pytest.mark.parametrize("mode", ["proxy", "fallback"])
def test_25_ids_are_three_calls(kind: Kind, vendor: Vendor, mode: Any) -> None:  # noqa: ANN401
    """As the sandbox counts them; each card is the vendor's, inert and whole."""
    vendor.plan(*[None] * 5)
    cards = relayed(
        kind, vendor.url, vendor.people, key=vendor.key(), mode=mode, find=finder(stored("x"))
    )
    assert vendor.left == 5 - 3
    vendor.plan()
    assert outcome(cards) == dict.fromkeys(vendor.people, "vendor")
    assert (cards.via, cards.reason, cards.response.rendered_count) == ("proxy", None, 25)
    answered = vendor.account.http.post(PATH, json={"profileIds": vendor.people[:10]}).json()
    for each in answered["data"]:
        made = html_of(cards)[each["profileId"]]
        assert faults_of(made) == []
        assert words_of(made) == words_of(each["htmlContent"])


def test_local_mode_makes_no_call(kind: Kind, vendor: Vendor) -> None:
    """Though there is a vendor."""
    vendor.plan(None)
    known = finder(stored(vendor.people))
    cards = relayed(kind, vendor.url, vendor.people, key=vendor.key(), mode="local", find=known)
    assert vendor.left == 1
    vendor.plan()
    assert outcome(cards) == dict.fromkeys(vendor.people, "here")


def test_keys_that_may_not_are_the_callers(kind: Kind, vendor: Vendor) -> None:
    """A wrong key and one without the scope, in both modes that ask."""
    weak_key = vendor.key(scopes=["sourcing:read"])
    known = finder(stored(vendor.people))
    for key, error in (("sk_test_x", VendorAuthenticationError), (weak_key, VendorPermissionError)):
        for mode in ("proxy", "fallback"):
            with pytest.raises(error):
                relayed(kind, vendor.url, ["a"], key=key, mode=mode, find=known)


def test_another_company_sees_what_a_stranger_sees(kind: Kind, vendor: Vendor) -> None:
    """Ids of one company are unknown ids to the next, and stay that in fallback."""
    other = vendor.account.sandbox.account()
    key = other.http.headers["Authorization"].removeprefix("Bearer ")
    wanted = [vendor.people[0], "nobody"]
    for mode in ("proxy", "fallback"):
        cards = relayed(kind, vendor.url, wanted, key=key, mode=mode, find=finder(stored(wanted)))
        assert outcome(cards) == dict.fromkeys(wanted, "PROFILE_NOT_FOUND")


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    faults=st.lists(st.sampled_from([None, None, *FAULTS]), min_size=3, max_size=3),
    known_here=st.sets(st.integers(0, 29)),
    known_there=st.sets(st.integers(0, 24)),
    count=st.integers(1, 30),
)
def test_any_sequence_of_faults_has_its_outcome(  # noqa: PLR0913, PLR0917  what is drawn
    kind: Kind,
    vendor: Vendor,
    faults: Sequence[str | None],
    known_here: set[int],
    known_there: set[int],
    count: int,
) -> None:
    """Per ten ids: what came from the vendor stays, the rest is made here, or says why not."""
    # Whom the vendor knows keeps an id of its own; the others are strangers to it.
    wanted = [
        vendor.people[number] if number in known_there else f"stranger-{number}"
        for number in range(count)
    ]
    here = finder(stored(wanted[number] for number in known_here if number < count))
    calls = (count + 9) // 10
    broken = next((n for n, fault in enumerate(faults[:calls]) if fault is not None), calls)
    heard = {
        each: "vendor" if each in vendor.people else "PROFILE_NOT_FOUND"
        for each in wanted[: 10 * broken]
    }
    rest = wanted[10 * broken :]
    fault = faults[broken] if broken < calls else None
    reason, error = FAULTS[fault] if fault else (None, VendorError)
    for mode in ("fallback", "proxy"):
        expected = heard | {
            each: "here" if mode == "fallback" and here([each]) else str(LATER) for each in rest
        }
        vendor.plan(*faults)
        seconds = 1.0 if "slow=3600" in faults else 20.0
        options: dict[str, Any] = {"key": vendor.key(), "mode": mode, "timeout": seconds}
        options |= {"patience": seconds, "find": here}
        if fault and not {"vendor", "here"}.intersection(expected.values()):
            with pytest.raises(error):
                relayed(kind, vendor.url, wanted, **options)
        else:
            cards = relayed(kind, vendor.url, wanted, **options)
            assert outcome(cards) == expected
            assert cards.reason == reason
            made_here = "here" in expected.values()
            via = ("mixed" if heard else "local") if made_here else "proxy"
            assert cards.via == via
            for html in html_of(cards).values():
                assert "<div" in html
        assert vendor.left == 3 - min(broken + 1, calls)
        vendor.plan()
