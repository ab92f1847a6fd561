"""Plain HTML pages with candidate cards: made here, served by anything.

    python examples/integrations/plain/build.py
    python -m http.server --bind 127.0.0.1 --directory examples/integrations
    # and open /plain/pages/index.html

``index.html`` and ``candidate-*.html`` hold the cards themselves, for pages that are made anew when
candidates change:

- A shortlist is one ``element``: one shadow root and one style sheet for all its people.
- Files cannot know the reader's theme, so the cards are there twice, light and dark, and the page's
  own style sheet shows what the reader's system asks for.
- The policy stands in the page, admits both themes by their hashes and nothing else inline.
  ``frame-ancestors 'none'`` works in a header only: let your server add it.

``embedded.html`` takes the cards from the service (``candidate-cards serve``): for pages that are
not made anew, and for applications in any language. Each card comes in a sandboxed frame; an
address that has expired, or whose candidate was erased, shows none. The application's own server
makes the addresses, since the key is its secret; ``integrations/flask`` shows how.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from candidate_cards import load_shortlist, render_card, render_shortlist, style_source

HERE = Path(__file__).resolve().parent
PAYLOAD = HERE.parents[1] / "payloads" / "shortlist.json"
THEMES = ("light", "dark")
SERVICE = "https://cards.example"  # yours


def pages(payload: Path = PAYLOAD) -> dict[str, str]:
    """Return every page by its name."""
    shortlist = load_shortlist(payload)
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    template = environment.get_template("page.html")
    people = list(enumerate(shortlist.candidates, 1))
    environment.globals.update(shortlist=shortlist, people=people, service=SERVICE)

    inline = _policy(f"style-src 'self' {' '.join(map(style_source, THEMES))}")
    embedded = _policy(f"style-src 'self'; script-src {SERVICE}; frame-src {SERVICE}")
    made = {
        "index.html": template.render(
            policy=inline,
            cards={
                theme: render_shortlist(
                    shortlist,
                    format="element",
                    fallback=False,
                    theme=theme,
                    heading_level=3,
                    show_emails=False,
                )
                for theme in THEMES
            },
        ),
        "embedded.html": template.render(policy=embedded, cards={}),
    }
    for rank, candidate in people:
        made[f"candidate-{rank}.html"] = template.render(
            policy=inline,
            candidate=candidate,
            cards={
                theme: render_card(
                    candidate,
                    format="element",
                    fallback=False,
                    theme=theme,
                    density="detail",
                    heading_level=1,
                    profile="internal",
                )
                for theme in THEMES
            },
        )
    return made


def _policy(sources: str) -> Markup:
    return Markup(  # its quotes stay as they are, for people who read the page's source
        f"default-src 'none'; {sources}; img-src 'self' data:; base-uri 'none'; form-action 'self'"
    )


def main() -> None:
    """Write all pages."""
    for name, html in pages().items():
        path = HERE / "pages" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(html, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
