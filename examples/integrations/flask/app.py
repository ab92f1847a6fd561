"""A Flask application with candidate cards.

    pip install candidate-cards flask
    flask --app examples/integrations/flask/app.py run

What to take over:

- ``{{ cards }}``. What `render_shortlist` returns is ``markupsafe.Markup``, as Flask's own.
- A shortlist is one ``element``: one shadow root and one style sheet for all its people.
- The policy allows no style attribute and no script. Each answer has a nonce of its own, which
  admits the cards' style sheet, and ``fallback=False`` leaves out what hosts without a parser
  need. An answer that may be cached takes the hash instead (`style_source`), as the other
  projects beside this one do.
- ``heading_level``: names come below the page's own headings, or are the heading of a page about
  one person.

``/embedded`` is for applications in any other language, and for candidates that only the service
has (``candidate-cards serve``; give its address and a key with the scope ``cards:render`` in
``CARDS_SERVICE`` and ``CARDS_KEY_FILE``). The page gets addresses that hold nothing about anybody,
and each card comes in a sandboxed frame, so the policy admits the service's script and frames and
no style of the cards. The service has to know this application's origin: it is one of its
``frame_ancestors``. Where the application has the candidates itself, the other pages are simpler
and faster: no request, no frame.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from flask import Flask, abort, g, render_template, request

from candidate_cards import load_shortlist, render_card, render_shortlist

if TYPE_CHECKING:
    from flask import Response

HERE = Path(__file__).resolve().parent
PAYLOAD = os.environ.get("SHORTLIST", HERE.parents[1] / "payloads" / "shortlist.json")
SERVICE = os.environ.get("CARDS_SERVICE")
KEY_FILE = os.environ.get("CARDS_KEY_FILE", "")
THEMES = ("light", "dark")
POLICY = (
    "default-src 'none'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

app = Flask(__name__, static_folder=HERE.parent / "static")

shortlist = load_shortlist(PAYLOAD)  # your own query, in your project
people = dict(enumerate(shortlist.candidates, 1))


@app.before_request
def prepare() -> None:
    """Make a nonce, and find out which theme the reader chose, now or earlier."""
    g.nonce = secrets.token_urlsafe()
    theme = request.args.get("theme", request.cookies.get("theme"))
    g.theme = theme if theme in THEMES else THEMES[0]


@app.after_request
def finish(response: Response) -> Response:
    """Send the policy with every answer, and keep candidates out of shared caches."""
    policy = POLICY.format(nonce=g.nonce)
    if request.endpoint == "embedded":
        policy += f"; script-src {SERVICE}; frame-src {SERVICE}"
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "private, no-store"
        response.set_cookie("theme", g.theme, httponly=True, samesite="Lax")
    return response


@app.context_processor
def shared() -> dict[str, object]:
    """Return what every page shows."""
    return {"themes": THEMES, "people": people}


@app.get("/")
def index() -> str:
    """Show everybody of the shortlist."""
    cards = render_shortlist(
        shortlist,
        format="element",
        fallback=False,
        nonce=g.nonce,
        theme=g.theme,
        heading_level=3,
        show_emails=False,
    )
    return render_template("page.html", shortlist=shortlist, cards=cards)


@app.get("/candidates/<int:number>")
def detail(number: int) -> str:
    """Show one person with all that is known."""
    if number not in people:
        abort(404)
    card = render_card(
        people[number],
        format="element",
        fallback=False,
        nonce=g.nonce,
        theme=g.theme,
        density="detail",
        heading_level=1,
        profile="internal",
    )
    return render_template("page.html", candidate=people[number], card=card)


@app.get("/embedded")
def embedded() -> str:
    """Show everybody of the shortlist, as the service has them."""
    if SERVICE is None:
        abort(404)
    key = Path(KEY_FILE).read_text("utf-8").strip()
    answer = httpx.post(
        f"{SERVICE}/embeds",
        headers={"Authorization": f"Bearer {key}"},
        json={
            "profileIds": [person.profile_id for person in people.values()],
            "theme": g.theme,
        },
    )
    if not answer.is_success:
        abort(502)
    made = answer.json()
    embeds = zip(people.values(), made["data"], strict=True)  # in the order of the ids
    return render_template("page.html", shortlist=shortlist, embeds=embeds, script=made["script"])
