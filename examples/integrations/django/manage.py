"""A Django project with candidate cards, in one file and a template.

    pip install candidate-cards django
    python examples/integrations/django/manage.py runserver

What to take over:

- ``{{ cards }}``. What `render_shortlist` returns is safe to insert as it is, and Django knows.
- A shortlist is one ``element``: one shadow root and one style sheet for all its people.
- The middleware's policy allows no style attribute and no script. The cards' style sheets are
  admitted by their hashes, and ``fallback=False`` leaves out what hosts without a parser need.
  From Django 6.0 the setting ``SECURE_CSP`` does what the middleware does.
- ``heading_level``: names come below the page's own headings, or are the heading of a page about
  one person.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import Http404
from django.shortcuts import render
from django.urls import path

from candidate_cards import load_shortlist, render_card, render_shortlist, style_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

HERE = Path(__file__).resolve().parent
PAYLOAD = os.environ.get("SHORTLIST", HERE.parents[1] / "payloads" / "shortlist.json")

settings.configure(
    DEBUG=True,
    SECRET_KEY=secrets.token_hex(),  # nothing here is signed with it
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.staticfiles"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        f"{__name__}.content_security_policy",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [HERE / "templates"],
        }
    ],
    STATIC_URL="static/",
    STATICFILES_DIRS=[HERE.parent / "static"],
)

THEMES = ("light", "dark")
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'self' {' '.join(map(style_source, THEMES))}",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
)

shortlist = load_shortlist(PAYLOAD)  # your own query, in your project
people = dict(enumerate(shortlist.candidates, 1))


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Send the policy with every answer, and keep candidates out of shared caches."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def index(request: HttpRequest) -> HttpResponse:
    """Show everybody of the shortlist."""
    theme = chosen_theme(request)
    cards = render_shortlist(
        shortlist,
        format="element",
        fallback=False,
        theme=theme,
        heading_level=3,
        show_emails=False,
    )
    return page(request, theme, {"shortlist": shortlist, "cards": cards})


def detail(request: HttpRequest, number: int) -> HttpResponse:
    """Show one person with all that is known."""
    if number not in people:
        raise Http404
    theme = chosen_theme(request)
    card = render_card(
        people[number],
        format="element",
        fallback=False,
        theme=theme,
        density="detail",
        heading_level=1,
        profile="internal",
    )
    return page(request, theme, {"candidate": people[number], "card": card})


def chosen_theme(request: HttpRequest) -> str:
    """Return what the reader chose now, or earlier."""
    theme = request.GET.get("theme", request.COOKIES.get("theme"))
    return theme if theme in THEMES else THEMES[0]


def page(request: HttpRequest, theme: str, context: dict[str, object]) -> HttpResponse:
    """Answer with the one template, in the reader's theme."""
    context |= {"theme": theme, "themes": THEMES, "people": people.values()}
    response = render(request, "page.html", context)
    response.set_cookie("theme", theme, httponly=True, samesite="Lax")
    return response


urlpatterns = [
    path("", index, name="index"),
    path("candidates/<int:number>", detail, name="detail"),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
