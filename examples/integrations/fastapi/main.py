"""A FastAPI application with candidate cards, on its pages and behind a script.

    pip install candidate-cards fastapi jinja2 uvicorn
    uvicorn --app-dir examples/integrations/fastapi main:app

What to take over:

- ``{{ cards }}``. What `render_shortlist` returns is ``markupsafe.Markup``, which Jinja2 inserts
  as it is.
- A shortlist is one ``element``: one shadow root and one style sheet for all its people.
- The policy allows no style attribute, and no script but one file. The cards' style sheets are
  admitted by their hashes, and ``fallback=False`` leaves out what hosts without a parser need.
- ``/cards/...`` answers with an ``element`` too, and ``static/quick-look.js`` inserts it with
  ``setHTMLUnsafe``, which makes the shadow root. htmx, jQuery and ``innerHTML`` make none: they
  need a ``fragment``, whose style attributes this policy forbids. Without script the links lead
  to whole pages.
- ``heading_level``: names come below the page's own headings, or are the heading of a page about
  one person.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from candidate_cards import Candidate, load_shortlist, render_card, render_shortlist, style_source

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HERE = Path(__file__).resolve().parent
PAYLOAD = os.environ.get("SHORTLIST", HERE.parents[1] / "payloads" / "shortlist.json")
THEMES = ("light", "dark")
HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            f"style-src 'self' {' '.join(map(style_source, THEMES))}",
            "script-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

app = FastAPI(openapi_url=None)  # pages for people, not for programs
app.mount("/static", StaticFiles(directory=HERE.parent / "static"), name="static")
templates = Jinja2Templates(HERE / "templates")

shortlist = load_shortlist(PAYLOAD)  # your own query, in your project
people = dict(enumerate(shortlist.candidates, 1))


@app.middleware("http")
async def add_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Send the policy with every answer, and keep candidates out of shared caches."""
    response = await call_next(request)
    response.headers.update(HEADERS)
    if not request.url.path.startswith("/static/"):
        response.headers["Cache-Control"] = "private, no-store"
    return response


def chosen_theme(request: Request) -> str:
    """Return what the reader chose now, or earlier."""
    theme = request.query_params.get("theme", request.cookies.get("theme"))
    return theme if theme in THEMES else THEMES[0]


ChosenTheme = Annotated[str, Depends(chosen_theme)]


@app.get("/")
def index(request: Request, theme: ChosenTheme) -> Response:
    """Show everybody of the shortlist."""
    cards = render_shortlist(
        shortlist,
        format="element",
        fallback=False,
        theme=theme,
        density="row",
        heading_level=3,
        show_emails=False,
    )
    return page(request, theme, {"shortlist": shortlist, "cards": cards})


@app.get("/candidates/{number}")
def detail(request: Request, number: int, theme: ChosenTheme) -> Response:
    """Show one person with all that is known."""
    candidate = known_candidate(number)
    card = whole_card(candidate, theme, heading_level=1)
    return page(request, theme, {"candidate": candidate, "card": card})


@app.get("/cards/{number}")
def quick_look(number: int, theme: ChosenTheme) -> HTMLResponse:
    """Return one person's card, for the script."""
    return HTMLResponse(whole_card(known_candidate(number), theme, heading_level=2))


def known_candidate(number: int) -> Candidate:
    """Return the candidate of a number."""
    if number not in people:
        raise HTTPException(404)
    return people[number]


def whole_card(candidate: Candidate, theme: str, heading_level: int) -> str:
    """Return a card with all that is known."""
    return render_card(
        candidate,
        format="element",
        fallback=False,
        theme=theme,
        density="detail",
        heading_level=heading_level,
        profile="internal",
    )


def page(request: Request, theme: str, context: dict[str, object]) -> Response:
    """Answer with the one template, in the reader's theme."""
    context |= {"theme": theme, "themes": THEMES, "people": people}
    response = templates.TemplateResponse(request, "page.html", context)
    response.set_cookie("theme", theme, httponly=True, samesite="lax")
    return response
