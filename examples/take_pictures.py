"""Take the README's pictures: ``python examples/take_pictures.py``.

Needs the system's Chromium and the test dependencies.
"""

from __future__ import annotations

import base64
import shutil
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright
from pypdfium2 import PdfDocument

from candidate_cards import Shortlist, load_shortlist, render_card, render_email
from candidate_cards.exports.pdf import DossierFacts, render_dossier

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent


def main() -> None:
    """Write ``pictures/themes.png`` and the others."""
    candidate = load_shortlist(HERE / "payloads" / "sourcing-completed.json").candidates[0]
    dark, light = (
        render_card(candidate, format="element", theme=theme) for theme in ("dark", "light")
    )
    page_html = (
        '<!DOCTYPE html><meta charset="utf-8"><body style="margin:0;display:flex">'
        f'<div style="flex:1;padding:28px;background:#0b1120">{dark}</div>'
        f'<div style="flex:1;padding:28px;background:#f1f5f9">{light}</div>'
    )
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1120, "height": 300}, device_scale_factor=1.5)
        page.set_content(page_html)
        page.screenshot(path=HERE / "pictures" / "themes.png", full_page=True)
        _picture_of_mail(browser)
        browser.close()
    _picture_of_dossier()


def _picture_of_dossier() -> None:
    """Write ``pictures/dossier.png``: cover, overview, and the first candidate's two pages."""
    shortlist = load_shortlist(HERE / "payloads" / "shortlist.json")
    facts = DossierFacts(issued=date(2026, 3, 2), keep_until=date(2026, 9, 2))
    document = PdfDocument(render_dossier(shortlist, facts=facts))
    pages = [document[number].render(scale=1.0).to_pil().convert("RGB") for number in range(4)]
    width, height, gap = pages[0].width, pages[0].height, 12
    sheet = Image.new("RGB", (len(pages) * (width + gap) + gap, height + 2 * gap), "#cbd5e1")
    for number, page in enumerate(pages):
        sheet.paste(page, (gap + number * (width + gap), gap))
    sheet.save(HERE / "pictures" / "dossier.png", optimize=True)


def _picture_of_mail(browser: Browser) -> None:
    """Write ``pictures/email.png``: light and dark at 600 px, and a phone, each in a frame.

    A frame has its own width for media queries, but not its own colour scheme: three pages it is.
    """
    whole = load_shortlist(HERE / "payloads" / "shortlist.json")
    shortlist = Shortlist(candidates=whole.candidates[:2], title=whole.title, client=whole.client)
    mail = escape(str(render_email(shortlist, reply_to="ana@acme.example").html))
    pictures: list[str] = []
    for scheme, width in (("light", 640), ("dark", 640), ("light", 360)):
        page = browser.new_page(
            viewport={"width": width, "height": 1180},
            color_scheme="dark" if scheme == "dark" else "light",
            device_scale_factor=1.25,
        )
        page.set_content(
            f'<body style="margin:0"><iframe srcdoc="{mail}" style="width:{width}px;height:1180px;'
            'border:0"></iframe>'
        )
        data = base64.b64encode(page.screenshot()).decode()
        pictures.append(f'<img src="data:image/png;base64,{data}" width="{width}" alt="">')
        page.close()
    page = browser.new_page(viewport={"width": 1712, "height": 1220}, device_scale_factor=1)
    page.set_content(
        '<body style="margin:0;display:flex;align-items:start;gap:16px;padding:20px;'
        'background:#cbd5e1">' + "".join(pictures)
    )
    page.screenshot(path=HERE / "pictures" / "email.png", full_page=True)
    page.close()


if __name__ == "__main__":
    main()
