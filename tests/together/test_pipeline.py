"""The commands as somebody types them, against the sandbox's own command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from pathlib import Path

PIPELINE = """
run() { "$PYTHON" -m candidate_cards "$@"; }
echo 'Own our storage engine: RocksDB, Linux, Tokio.' |
run source --title 'Rust engineer' --description-file - --limit 8 --interval 0 |
run enrich - --top 5 --interval 0 |
tee enriched.jsonl |
run render - --emails -o page.html
echo "${PIPESTATUS[1]} ${PIPESTATUS[2]} ${PIPESTATUS[4]}"
"""


def test_search_enrich_and_render_in_one_line(tmp_path: Path) -> None:
    """Of five people one fails: the command that lost an address says so, the page has all five."""
    sandbox = [sys.executable, "-m", "candidate_cards", "sandbox", "--port", "0", "--json"]
    with subprocess.Popen(
        [*sandbox, "--speed", "1000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            told = json.loads(process.stdout.readline())
            key = told["keys"]["acme"]["apiKey"]
            faults = [{"fault": "profile-failed", "method": "POST", "path": "/sourcing/enrich"}]
            planned = httpx.put(f"{told['baseUrl']}/sandbox/faults", json={"faults": faults})
            assert planned.status_code == 200
            done = subprocess.run(
                ["bash", "-c", PIPELINE],
                cwd=tmp_path,
                env={
                    **os.environ,
                    "PYTHON": sys.executable,
                    "INSTAVIEW_API_KEY": key,
                    "INSTAVIEW_BASE_URL": told["baseUrl"],
                },
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            usage = httpx.get(f"{told['baseUrl']}/sandbox/companies/company-acme").json()
        finally:
            process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    codes = done.stdout.splitlines()[-1].split()
    # Who renders a result in which somebody failed says so as well.
    assert codes == ["0", "3", "3"], done.stderr
    page = (tmp_path / "page.html").read_text("utf-8")
    results = [json.loads(line) for line in (tmp_path / "enriched.jsonl").read_text().splitlines()]
    items = [item for result in results for item in result.get("data", ())]
    enriched = [item["candidate"] for item in items if item["success"]]
    assert (len(items), len(enriched)) == (5, 4)
    # The sandbox, like any source, knows no address of some people.
    addresses = {address for candidate in enriched for address in candidate["emails"]}
    assert addresses
    assert page.count("mailto:") == len(addresses)
    people = [person for result in results for person in result.get("candidates", ())]
    assert len(people) == 5
    assert all(person["name"] in page for person in people)
    assert (usage["charged"], usage["held"]) == (8 + 4, 0)
    assert "PROFILE_FAILED" in done.stderr
    for text in (page, done.stdout, done.stderr, said):
        assert key not in text
