"""What the vendor says, or cannot be asked, in front of callers and in the log."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import httpx
import pytest
from vendor_server import VendorServer, reply

from sandboxes import error_code
from services import serving_cards

if TYPE_CHECKING:
    from pathlib import Path

KEY: Final = "sk_live_Upstream7Upstream7Upstream7Upstream"
DAY: Final = 86_400
PLANTED: Final = "Ada Quartz prof_77"


@pytest.mark.parametrize("wait", ["1e308", "9" * 30, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_is_asked_to_wait_for_ever(wait: str) -> None:
    """However long the vendor wants to be left alone, a day is the longest that is passed on."""
    limited = reply(429, {}, {"Retry-After": wait})
    with (
        VendorServer(lambda _: limited) as vendor,
        serving_cards(mode="proxy", vendor_url=vendor.url) as running,
    ):
        refused = running.account().render_html("p")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == refused.json()["retryAfter"] == DAY


@pytest.mark.parametrize("mode", ["proxy", "fallback"])
def test_an_id_that_no_vendor_takes_is_no_wrong_key(mode: str) -> None:
    """A blank id is a mistake in the body; a key that cannot be sent is one of the caller."""
    with VendorServer() as vendor, serving_cards(mode=mode, vendor_url=vendor.url) as running:
        blank = running.account().render_html(" ")
        assert (blank.status_code, error_code(blank)) == (400, "INVALID_PAYLOAD")
        assert "profileIds" in blank.json()["error"]["message"]
        odd = running.client("two words").post("/sourcing/render-html", json={"profileIds": ["p"]})
        assert (odd.status_code, error_code(odd)) == (401, "UNAUTHORIZED")
        assert vendor.requests == []


def test_the_log_does_not_repeat_the_vendor(tmp_path: Path) -> None:
    """Not even where a call is made again, which another package takes note of."""
    limited = reply(429, {"error": {"code": PLANTED, "message": PLANTED}}, {"Retry-After": "0"})
    with VendorServer(lambda _: limited) as vendor:
        settings = {"MODE": "proxy", "VENDOR_URL": vendor.url, "LOG_LEVEL": "debug"}
        with subprocess.Popen(
            [sys.executable, "-m", "candidate_cards", "serve", "--port", "0", "--json"],
            cwd=tmp_path,
            env={f"CANDIDATE_CARDS_SERVE_{name}": value for name, value in settings.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["baseUrl"]
            refused = httpx.post(
                f"{url}/sourcing/render-html",
                json={"profileIds": ["prof_77"]},
                headers={"Authorization": f"Bearer {KEY}"},
                trust_env=False,
            )
            process.terminate()
            _, log = process.communicate(timeout=30)
        assert refused.status_code == 429
        assert len(vendor.requests) > 1
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["status"] for line in lines if line["message"] == "answered"] == [429]
    for text in (PLANTED, "prof_77", KEY):
        assert text not in log
