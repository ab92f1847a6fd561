"""What a browser test works with: a loopback server, a page that records, pictures to compare."""

from __future__ import annotations

import io
import re
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageChops

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from playwright.sync_api import (
        Browser,
        ConsoleMessage,
        Dialog,
        FloatRect,
        Page,
        Request,
        ViewportSize,
        WebSocket,
    )

HTML = "text/html; charset=utf-8"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".html": HTML,
}

#: What Chromium says where its compositor has no frame to give, now and then on a busy machine.
#: Asked again it takes the same picture (MarketSquare/robotframework-browser, issue 5237).
NO_FRAME: Final = "Unable to capture screenshot"
_TIMES_ASKED: Final = 5
_PAUSE: Final = 250  # ms
_PATIENCE: Final = 120_000  # ms; a page of dossiers takes a busy machine more than half a minute


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    headers: tuple[tuple[str, str], ...]


class PageServer:
    """A real HTTP server on 127.0.0.1 whose pages live in memory.

    Below ``/node_modules/`` it serves the packages installed for the tests.

    Attributes:
        origin: ``http://127.0.0.1:<port>``, without a closing slash.
    """

    def __init__(self, node_modules: Path | None = None) -> None:
        self._answers: dict[str, _Answer] = {}
        self._count = 0
        answers = self._answers

        class Handler(BaseHTTPRequestHandler):
            # A connection that Chromium opens ahead of need and never uses must not stay for ever.
            timeout: ClassVar[float] = 10.0

            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                answer = answers.get(path)
                if answer is None and node_modules is not None:
                    answer = _file_below(node_modules, path)
                if answer is None:
                    # 204 for the icon: a 404 would be an error on the console of every page.
                    self.send_response(204 if path == "/favicon.ico" else 404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the test output quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def put(
        self,
        body: str | bytes,
        *,
        path: str | None = None,
        media_type: str = HTML,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Serve ``body`` and return its address.

        Args:
            body: The content; text is sent as UTF-8.
            path: Path on the server, ``/...``; a fresh one if not given.
            media_type: Value of ``Content-Type``.
            headers: Further response headers, such as ``Content-Security-Policy``.
        """
        if path is None:
            self._count += 1
            path = f"/page-{self._count}.html"
        data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        self._answers[path] = _Answer(
            data, (("Content-Type", media_type), *(headers or {}).items())
        )
        return self.origin + path

    def remove(self, url: str) -> None:
        """Forget a page, so that a big one does not stay in memory for the whole run."""
        self._answers.pop(urlsplit(url).path, None)


def _file_below(node_modules: Path, path: str) -> _Answer | None:
    prefix = "/node_modules/"
    if not path.startswith(prefix) or ".." in path:
        return None
    file = node_modules / path.removeprefix(prefix)
    if not file.is_file():
        return None
    media_type = _MEDIA_TYPES.get(file.suffix, "application/octet-stream")
    return _Answer(file.read_bytes(), (("Content-Type", media_type),))


@dataclass
class RecordedPage:
    """A browser tab, and everything that happened in it.

    Attributes:
        tab: The Playwright page.
        server: Where ``show`` puts its pages.
        console_errors: Texts of console errors, policy violations and failed loads included.
        page_errors: Exceptions that no script caught.
        dialogs: Texts of alerts, confirms and prompts; each was dismissed.
        popups: Addresses of windows that the page opened; each was closed.
        requests: Every address asked for, in order, ``data:`` excepted (it never leaves the page).
        outside: Those of ``requests`` that were not to the test server or a friend of it; each was
            aborted.
        viewport: What ``clear`` sets again, in CSS px.
        color_scheme: What ``clear`` sets again.
        friends: Further origins that the page may ask.
    """

    tab: Page
    server: PageServer
    viewport: ViewportSize
    color_scheme: Literal["dark", "light"] = "light"
    friends: tuple[str, ...] = ()
    console_errors: list[str] = field(default_factory=list)
    page_errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    popups: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab.on("console", self._on_console)
        self.tab.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self.tab.on("dialog", self._on_dialog)
        self.tab.on("websocket", self._on_websocket)
        self.tab.on("popup", self._on_popup)
        # The context's event also tells of requests from workers and popups.
        self.tab.context.on("request", self._on_request)

    def show(
        self,
        html: str | bytes,
        *,
        path: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Serve a whole document, load it until its ``load`` event, and return the tab."""
        url = self.server.put(html, path=path, headers=headers)
        self.tab.goto(url)
        self.server.remove(url)
        return self.tab

    def noise(self) -> list[str]:
        """Everything recorded that a page of cards should never cause, labelled."""
        kinds = {
            "console error": self.console_errors,
            "script error": self.page_errors,
            "dialog": self.dialogs,
            "popup": self.popups,
            "request": self.outside,
        }
        return [f"{kind}: {text}" for kind, texts in kinds.items() for text in texts]

    def forget(self) -> None:
        """Empty every record, for a test that loads several pages in one tab."""
        for record in (
            self.console_errors,
            self.page_errors,
            self.dialogs,
            self.popups,
            self.requests,
            self.outside,
        ):
            record.clear()

    def clear(self) -> None:
        """Leave no document, record, window or emulated medium to the next who works with this tab.

        What listens to the tab, and what its debugger was told, stays.
        """
        self.tab.goto("about:blank")
        for other in self.tab.context.pages:
            if other is not self.tab:
                other.close()
        if self.tab.viewport_size != self.viewport:
            self.tab.set_viewport_size(self.viewport)
        self.tab.emulate_media(media="null", color_scheme=self.color_scheme)
        self.forget()

    def picture(self, *, clip: FloatRect | None = None) -> Image.Image:
        """Return the viewport, or the part of it in ``clip`` (CSS px), as an RGB image."""
        return Image.open(io.BytesIO(self._screenshot(clip))).convert("RGB")

    def _screenshot(self, clip: FloatRect | None, again: int = _TIMES_ASKED - 1) -> bytes:
        from playwright.sync_api import Error  # noqa: PLC0415  may be missing

        try:
            # "initial": hiding the caret would add a style sheet to the page under test.
            return self.tab.screenshot(clip=clip, caret="initial")
        except Error as error:
            if not again or NO_FRAME not in error.message:
                raise
        self.tab.wait_for_timeout(_PAUSE)
        return self._screenshot(clip, again - 1)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)

    def _on_dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _on_websocket(self, socket: WebSocket) -> None:
        self.requests.append(socket.url)
        self.outside.append(socket.url)

    def _on_popup(self, popup: Page) -> None:
        self.popups.append(popup.url)
        popup.close()

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)
        origins = [f"{origin}/" for origin in (self.server.origin, *self.friends)]
        if not request.url.startswith((*origins, "blob:")):
            self.outside.append(request.url)


@contextmanager
def recorded_page(
    browser: Browser,
    server: PageServer,
    *,
    friends: tuple[str, ...] = (),
    **options: Any,  # noqa: ANN401  # Playwright checks them
) -> Iterator[RecordedPage]:
    """Open a recorded page in a context of its own, which reaches ``server`` and ``friends`` only.

    ``options`` go to ``Browser.new_context``; ``viewport`` is 1000 x 1200 CSS px if not given.
    """
    options.setdefault("viewport", {"width": 1000, "height": 1200})
    context = browser.new_context(service_workers="block", **options)
    context.set_default_timeout(_PATIENCE)
    try:
        origins = "|".join(map(re.escape, (server.origin, *friends)))
        outside = re.compile(rf"^(?!({origins})/)")
        context.route(outside, lambda route: route.abort())
        viewport, scheme = options["viewport"], options.get("color_scheme", "light")
        yield RecordedPage(context.new_page(), server, viewport, scheme, friends)
    finally:
        context.close()


class PagePool:
    """Recorded pages that one test after another borrows.

    Why: a new page costs Chromium a process, and ten times what loading a document costs it.
    """

    def __init__(self, browser: Browser, server: PageServer) -> None:
        self._browser = browser
        self._server = server
        self._opened = ExitStack()
        self._idle: dict[str, list[RecordedPage]] = {}

    @contextmanager
    def borrowed(self, **options: Any) -> Iterator[RecordedPage]:  # noqa: ANN401  # Playwright checks them
        """Lend a blank page; ``options`` are those of ``recorded_page``.

        One that cannot be cleared afterwards, as its process has died, is not lent again.
        """
        idle = self._idle.setdefault(repr(sorted(options.items())), [])
        page = idle.pop() if idle else self._open(**options)
        yield page
        page.clear()
        idle.append(page)

    def _open(self, **options: Any) -> RecordedPage:  # noqa: ANN401  # Playwright checks them
        return self._opened.enter_context(recorded_page(self._browser, self._server, **options))

    def close(self) -> None:
        """Close every page."""
        self._opened.close()


def changed_share(first: Image.Image, second: Image.Image) -> float:
    """Return the share of pixels that differ in any channel, from 0 to 1.

    Pictures of different sizes are laid on each other at the top left; what only one of them
    covers counts as changed.
    """
    width, height = max(first.width, second.width), max(first.height, second.height)
    common = (0, 0, min(first.width, second.width), min(first.height, second.height))
    difference = ImageChops.difference(first.crop(common), second.crop(common))
    bands = difference.split()
    worst = bands[0]
    for band in bands[1:]:
        worst = ImageChops.lighter(worst, band)
    same = worst.histogram()[0]
    return 1 - same / (width * height)


def violations(tab: Page, axe: str, options: Mapping[str, Any]) -> list[str]:
    """Return one line for each rule of axe-core that the page breaks."""
    # Through the debugger, which no content security policy of the page stops.
    tab.evaluate(axe)
    # What it has to say of every element that is right would be megabytes.
    looked, found = tab.evaluate(
        """async (options) => {
          const { passes, violations } = await axe.run(options);
          return [passes.length, violations];
        }""",
        options,
    )
    assert looked, "axe-core looked at something"
    return [
        f"{violation['id']}: {violation['help']}: "
        + "; ".join(str(node["target"]) + node["failureSummary"] for node in violation["nodes"][:3])
        for violation in found
    ]
