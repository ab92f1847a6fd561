"""Make the example pages from the payloads beside this file: ``python examples/build.py``."""

from __future__ import annotations

import base64
import hashlib
import json
import runpy
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup, escape

from candidate_cards import (
    Envelope,
    load_shortlist,
    message_bytes,
    render_card,
    render_email,
    render_shortlist,
    style_source,
)

HERE = Path(__file__).parent

HOST = Markup("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{policy}<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
{body}
</main>
</body>
</html>
""")

# The style of an imaginary applicant tracking system, with rules that spoil unprotected cards.
STYLE = Markup(
    "body{margin:0;padding:24px;background:#f4f1ea;color:#222;font:16px/1.6 Georgia,serif}"
    "main{max-width:720px;margin:0 auto}"
    "h2,h3{font:italic 30px Georgia,serif;color:#8a2be2;text-transform:uppercase;margin:32px 0}"
    "p{text-indent:1em}li{list-style:square inside;color:#a00}a{color:#d00}"
    "ul,ol{padding:20px}svg{width:1em}"
)


def host(title: str, text: str, body: str, policy: str = "") -> str:
    """Return a small page of an imaginary host."""
    return HOST.format(
        title=title, text=text, body=Markup(body), style=STYLE, policy=Markup(policy)
    )


def hash_of(text: str) -> str:
    """Return what admits one inline style under a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def pages() -> dict[str, str]:
    """Return every example by its path below this folder."""
    shortlist = load_shortlist(HERE / "payloads" / "shortlist.json")
    first = shortlist.candidates[0]
    made: dict[str, str] = {}
    for theme in ("dark", "light", "harbour"):
        made[f"pages/shortlist-{theme}.html"] = render_shortlist(shortlist, theme=theme)
    for density in ("row", "detail"):
        made[f"pages/shortlist-{density}.html"] = render_shortlist(
            shortlist,
            theme="light",
            density=density,
            profile="internal" if density == "detail" else "client",
        )
    made["pages/card.html"] = render_card(first, format="page", theme="light")

    element = render_card(first, format="element", theme="light")
    fragment = render_card(first, theme="light")
    made["hosts/server-rendered.html"] = host(
        "Server-rendered page",
        "The card is an element that the HTML parser turns into a shadow root.",
        element,
    )
    made["hosts/list.html"] = host(
        "A whole list",
        "One element holds every card: one shadow root, one style sheet.",
        render_shortlist(shortlist, format="element", theme="light", density="row"),
    )
    answer = json.dumps({"data": [{"profileId": first.profile_id, "htmlContent": fragment}]})
    made["hosts/inner-html.html"] = host(
        "Inserted by script",
        "A fragment, as the vendor's htmlContent, put in with innerHTML.",
        '<div id="slot"></div>\n<script type="application/json" id="answer">'
        + answer.replace("<", "\\u003c")
        + "</script>\n<script>document.getElementById('slot').innerHTML = "
        "JSON.parse(document.getElementById('answer').textContent).data[0].htmlContent</script>",
    )
    made["hosts/set-html-unsafe.html"] = host(
        "Inserted with its shadow root",
        "setHTMLUnsafe makes the shadow root that innerHTML does not.",
        '<div id="slot"></div>\n<script type="application/json" id="card">'
        + json.dumps(element).replace("<", "\\u003c")
        + "</script>\n<script>document.getElementById('slot').setHTMLUnsafe("
        "JSON.parse(document.getElementById('card').textContent))</script>",
    )
    alone = render_card(first, format="element", theme="light", fallback=False)
    sources = f"{style_source('light')} '{hash_of(str(STYLE))}'"
    made["hosts/strict-policy.html"] = host(
        "Under a strict policy",
        "style-src admits two style sheets by hash and no style attribute at all.",
        alone,
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src {sources}\">\n",
    )
    page = render_card(first, format="page", theme="light")
    made["hosts/frame.html"] = host(
        "In a frame",
        "A page in a sandboxed frame: full isolation, a height that the host must choose.",
        '<iframe title="Candidate" sandbox="allow-popups allow-popups-to-escape-sandbox" '
        f'style="width:100%;height:620px;border:0;color-scheme:light" srcdoc="{escape(str(page))}">'
        "</iframe>",
    )
    plain = runpy.run_path(str(HERE / "integrations" / "plain" / "build.py"))
    for name, html in plain["pages"]().items():
        made[f"integrations/plain/pages/{name}"] = html
    return made


def messages() -> dict[str, bytes]:
    """Return every message by its path below this folder."""
    shortlist = load_shortlist(HERE / "payloads" / "shortlist.json")
    envelope = Envelope(
        sender="Johana Kadlecová <johana@orech.example>",
        to=("Tomáš Veselý <tomas@jantar.example>",),
        date=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    )
    made: dict[str, bytes] = {}
    for theme in ("light", "dark", "harbour"):
        email = render_email(shortlist, theme=theme, reply_to="johana@orech.example")
        made[f"mails/shortlist-{theme}.eml"] = message_bytes(email.message(envelope))
    row = render_email(shortlist, density="row")
    made["mails/shortlist-row.eml"] = message_bytes(row.message(envelope))
    draft = render_email(shortlist.candidates[0])
    made["mails/draft.eml"] = message_bytes(draft.message())
    return made


def main() -> None:
    """Write all examples."""
    for name, data in messages().items():
        (HERE / name).write_bytes(data)
    for name, html in pages().items():
        (HERE / name).write_text(html, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
