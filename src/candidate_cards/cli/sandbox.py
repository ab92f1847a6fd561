"""``sandbox``: serve it, and say what to type next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from candidate_cards.sandbox import READY_MADE, Settings, open_server

if TYPE_CHECKING:
    from candidate_cards.sandbox import ErrorForm, Server


def serve(  # noqa: PLR0913  the options of the command
    *,
    host: str,
    port: int,
    allow_network: bool,
    data: str | None,
    speed: float,
    error_form: ErrorForm,
    as_json: bool,
) -> None:
    """Serve until interrupted. Ctrl-C is how it ends, so it is no failure.

    Raises:
        CandidateCardsError: As `open_server`.
        OSError: The same.
    """
    settings = Settings(data=data, speed=speed, error_form=error_form)
    with open_server(settings, host=host, port=port, allow_network=allow_network) as server:
        if allow_network:
            click.echo("Warning: other machines may call, and everybody knows the keys.", err=True)
        try:
            click.echo(_as_json(server, data) if as_json else _as_text(server, data, speed))
            server.run()
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)


def _as_json(server: Server, data: str | None) -> str:
    keys = {
        key.name: {"apiKey": key.api_key, "companyId": key.company, "about": key.about}
        for key in READY_MADE
    }
    return json.dumps({"baseUrl": server.base_url, "data": data, "keys": keys})


def _as_text(server: Server, data: str | None, speed: float) -> str:
    url = server.base_url
    width = max(len(key.api_key) for key in READY_MADE)
    keys = "\n".join(f"  {key.api_key:{width}}  {key.name}: {key.about}" for key in READY_MADE)
    return f"""\
Sourcing API sandbox, for development only: synthetic people, public keys.

Base URL   {url}
State      {data or "in memory, gone when it stops"}
Speed      {speed:g} times the vendor's
OpenAPI    {url}/openapi.json

API keys
{keys}

Try it
  curl -X POST {url}/sourcing \\
    -H 'Authorization: Bearer {READY_MADE[0].api_key}' \\
    -H 'Content-Type: application/json' \\
    -d '{{"title": "Rust engineer", "jobDescription": "Own our storage engine."}}'
  curl {url}/sourcing/REQUEST_ID/results \\
    -H 'Authorization: Bearer {READY_MADE[0].api_key}'

Ctrl-C stops it."""
