"""``serve``: the render service, and what to type next."""

from __future__ import annotations

import gc
import json
import os
import shlex
from typing import TYPE_CHECKING, Final

import click

from candidate_cards.errors import MissingDependencyError
from candidate_cards.service import open_server

if TYPE_CHECKING:
    from candidate_cards.service import Server, Settings

_MODES: Final = {
    "local": "cards of the candidates in the store",
    "proxy": "the vendor's cards",
    "fallback": "the vendor's cards, and of the store's candidates where the vendor fails",
}


def serve(  # noqa: PLR0913  the options of the command
    *, host: str, port: int, mode: str | None, store: str | None, check: bool, as_json: bool
) -> None:
    """Serve until interrupted, which is no failure; or only check the settings.

    Raises:
        CandidateCardsError: As `open_server`.
        OSError: The same.
    """
    try:
        from candidate_cards.service.logs import configure  # noqa: PLC0415  an extra
        from candidate_cards.service.manners import Manners  # noqa: PLC0415
        from candidate_cards.service.settings import read_settings  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "the service needs: pip install 'candidate-cards[serve]'"
        raise MissingDependencyError(message) from error
    settings = read_settings(mode=mode, store=store)
    if check:
        Manners(settings)  # whose profiles are read when it starts
        click.echo(_told(settings, as_json=as_json))
        return
    configure(settings.log_level)
    with open_server(settings, host=host, port=port) as server:
        try:
            click.echo(
                json.dumps({"baseUrl": server.base_url, "mode": settings.mode})
                if as_json
                else _as_text(server, settings)
            )
            # Else the garbage collector looks at all of the code again and again, in vain.
            gc.collect()
            gc.freeze()
            server.run()
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)


def _told(settings: Settings, *, as_json: bool) -> str:
    """Return every setting as its variable, secrets masked."""
    from candidate_cards.service.settings import variable  # noqa: PLC0415  an extra

    shown = settings.model_dump(mode="json")
    shown["store"] = _store(settings)
    values = {variable(name): value for name, value in shown.items()}
    if as_json:
        return json.dumps(values)
    return "\n".join(f"{name}={_assigned(value)}" for name, value in values.items())


def _assigned(value: object) -> str:
    if value is None:
        return ""
    return shlex.quote(value if isinstance(value, str) else json.dumps(value))


def _store(settings: Settings) -> str:
    """Return the URL of the store; one of a server may hold a password."""
    url = settings.store.get_secret_value()
    return url if url.startswith("sqlite:") else str(settings.store)


def _where(settings: Settings) -> str:
    """Return what other commands have to be told, so that they find the same store."""
    from candidate_cards.service.settings import STORE  # noqa: PLC0415  an extra
    from candidate_cards.store.opening import DEFAULT_URL  # noqa: PLC0415

    url = settings.store.get_secret_value()
    if url == os.environ.get(STORE, DEFAULT_URL):
        return ""
    return f" --store {shlex.quote(url) if url.startswith('sqlite:') else 'URL'}"


def _as_text(server: Server, settings: Settings) -> str:
    url, where = server.base_url, _where(settings)
    metrics = f"{url}/metrics" if settings.metrics else "off"
    return f"""\
Base URL   {url}
Mode       {settings.mode}: {_MODES[settings.mode]}
Store      {_store(settings)}
OpenAPI    {url}/openapi.json
Metrics    {metrics}

A key for a company, and candidates of it
  candidate-cards keys add --company acme{where}
  candidate-cards store import results.json --company acme{where}

Try it
  curl -X POST {url}/sourcing/render-html \\
    -H 'Authorization: Bearer KEY' \\
    -H 'Content-Type: application/json' \\
    -d '{{"profileIds": ["PROFILE_ID"]}}'

Ctrl-C stops it."""
