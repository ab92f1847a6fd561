"""What a vendor sends who lies, as a browser gets it from the service in front of that vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import vendor_server as play
from pydantic import SecretStr

from candidate_cards.service import Company
from hostile_corpus import FLAG, PAYLOADS
from services import serving_cards

if TYPE_CHECKING:
    from harness import RecordedPage

_PLACES: Final = ("{}", '<p title="{}">a</p>', "<p {}>a</p>", '<a href="{}">a</a>', "<svg>{}")
_HOST: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>An ATS</title></head>
<body><main>{}</main></body></html>"""

_TOUCH: Final = """() => {
  addEventListener("click", (event) => event.preventDefault());
  for (const element of document.querySelectorAll("main *")) {
    for (const kind of ["pointerenter", "mouseover", "focusin", "animationstart", "load", "error"])
      element.dispatchEvent(new Event(kind, { bubbles: true }));
    element.focus?.();
    element.click?.();
  }
}"""


def _hostile(number: int) -> str:
    """Return a payload in every place."""
    return "".join(place.replace("{}", PAYLOADS[number].text) for place in _PLACES)


def _lie(asked: play.Asked) -> play.Act:
    data = [
        {
            "profileId": each,
            "success": True,
            "name": f"<img src=x onerror='{FLAG}=1'>",
            "htmlContent": _hostile(int(each)),
        }
        for each in asked.json["profileIds"]
    ]
    return play.reply(200, {"success": True, "renderedCount": len(data), "data": data})


@pytest.fixture(scope="module", params=["proxy", "fallback"])
def cards(request: pytest.FixtureRequest) -> list[str]:
    """The markup that an ATS gets, of every payload in every place."""
    found: list[str] = []
    total = len(PAYLOADS)
    assert total < 500  # fifty calls a minute, ten ids each
    companies = {"acme": Company(vendor_key=SecretStr("sk_live_of_the_company_acme"))}
    options: dict[str, Any] = {"profile_limit": 100, "vendor_patience": 60.0}
    with (
        play.VendorServer(_lie) as vendor,
        serving_cards(
            mode=request.param,
            vendor_url=vendor.url,
            companies=companies,
            request_seconds=120.0,
            **options,
        ) as service,
    ):
        account = service.account("acme")
        for first in range(0, total, 100):
            ids = [str(number) for number in range(first, min(first + 100, total))]
            body = account.render_html(*ids).json()
            found += [card["htmlContent"] for card in body["data"] if card["success"]]
    assert len(found) > total * 0.9
    return found


def test_nothing_of_it_is_alive(page: RecordedPage, cards: list[str]) -> None:
    """No script, no request, no dialog and no navigation, as markup and put in by script."""
    slots = "".join(f"<section>{card}</section>" for card in cards)
    tab = page.show(_HOST.format(slots))
    tab.evaluate(_TOUCH)
    tab.wait_for_timeout(200)
    assert tab.evaluate(f"window.{FLAG}") is None
    assert page.noise() == []
    tab = page.show(_HOST.format("<section></section>"))
    tab.evaluate(
        """(cards) => {
          for (const html of cards) {
            const slot = document.createElement("section");
            slot.innerHTML = html;
            document.querySelector("main").append(slot);
          }
        }""",
        cards,
    )
    tab.evaluate(_TOUCH)
    tab.wait_for_timeout(200)
    assert tab.evaluate(f"window.{FLAG}") is None
    assert page.noise() == []
    assert tab.evaluate("document.querySelectorAll('main > section').length") == len(cards) + 1
    assert [url for url in page.requests if "127.0.0.1" not in url] == []


def test_the_same_alive_would_be_seen(page: RecordedPage) -> None:
    """The test can fail: without the service the vendor's HTML does run."""
    raw = list(map(_hostile, range(len(PAYLOADS))))
    tab = page.show(_HOST.format("<section></section>"))
    tab.evaluate("(cards) => { document.querySelector('main').innerHTML = cards.join('') }", raw)
    tab.wait_for_timeout(500)
    assert tab.evaluate(f"window.{FLAG}") is not None or page.noise() != []
