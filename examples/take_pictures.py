"""Take the README's picture of both themes: ``python examples/take_pictures.py``.

Needs the system's Chromium and the test dependencies.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from candidate_cards import load_shortlist, render_card

HERE = Path(__file__).parent


def main() -> None:
    """Write ``pictures/themes.png``."""
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
        browser.close()


if __name__ == "__main__":
    main()
