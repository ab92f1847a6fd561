"""The vendor's API for the command line: where it is, who calls, and what would be asked of it."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import click
from click.core import ParameterSource
from pydantic import SecretStr, ValidationError

from candidate_cards._validation import problems_in
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.key_files import key_in
from candidate_cards.cli.option_groups import OptionGroup
from candidate_cards.cli.report import counted
from candidate_cards.cli.usage import usage_error
from candidate_cards.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidate_cards.instaview import Client
    from candidate_cards.instaview._endpoints import Endpoint
    from candidate_cards.models._base import RequestModel

Body = TypeVar("Body", bound="RequestModel")

API_KEY: Final = "INSTAVIEW_API_KEY"

#: What settings and the fields of requests are called on the command line.
_NAMES: Final = {
    "api_key": "the API key",
    "base_url": "--base-url",
    "company_id": "--company-id",
    "title": "--title",
    "job_description": "--description-file",
    "query": "--query",
    "limit": "--limit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorOptions(OptionGroup):
    """What the command line says of the vendor.

    Attributes:
        base_url: ``None`` for the vendor's own.
        api_key_file: Path, or ``None`` for the variable.
        company_id: For keys that manage several companies, or ``None``.
    """

    base_url: str | None = None
    api_key_file: str | None = None
    company_id: str | None = None

    def client(self) -> Client:
        """Return a client, which is to be closed.

        Raises:
            UsageError: There is no key, or a setting cannot be.
            InputError: The file of the key is not text.
            OSError: It cannot be read.
        """
        from candidate_cards.instaview import Client  # noqa: PLC0415  loads what speaks HTTP

        key = self._key()
        settings: dict[str, Any] = {"company_id": self.company_id}
        if self.base_url is not None:
            settings["base_url"] = self.base_url
        try:
            return Client(key, **settings)
        except InputError as error:
            problems = error.problems
        raise usage_error(
            "; ".join(f"{_named(problem.path)}: {problem.message}" for problem in problems)
        )

    def _key(self) -> SecretStr:
        if self.api_key_file is not None:
            return SecretStr(key_in(self.api_key_file))
        key = os.environ.get(API_KEY)
        if not key:
            raise usage_error(f"the API key is missing: set {API_KEY}, or name an --api-key-file")
        return SecretStr(key)

    def command(self, name: str, arguments: Sequence[str]) -> str:
        """Return another command line for the same vendor, to paste into a shell.

        What the environment says, it says the next time too.
        """
        words = [word for option in self.named() for word in option]
        return shlex.join(["candidate-cards", name, *arguments, *words])

    def named(self) -> list[tuple[str, str]]:
        """Return the options that are on the command line, with their values."""
        context = click.get_current_context()
        return [
            (f"--{option.replace('_', '-')}", getattr(self, option))
            for option in self.__dataclass_fields__
            if context.get_parameter_source(option) is ParameterSource.COMMANDLINE
        ]


def made(kind: type[Body], **values: object) -> Body:
    """Make the body of a request.

    Raises:
        UsageError: It could not succeed.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = problems_in(error)
    raise usage_error(
        "; ".join(
            f"{_named(problem.path)}: {problem.message}" if problem.path else problem.message
            for problem in problems
        )
    )


def _named(path: Sequence[str | int]) -> str:
    return _NAMES.get(str(path[0]), str(path[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a dry run would send.

    Attributes:
        endpoint: Where to.
        request_id: Of the run that it concerns, or ``None``.
        bodies: One a request.
        most_credits: What all of them can cost, by the contract.
        note: What else there is to say of that.
    """

    endpoint: Endpoint
    request_id: str | None = None
    bodies: Sequence[RequestModel]
    most_credits: int
    note: str = ""

    def print(self, *, as_json: bool) -> ExitCode:
        """Print it as JSON on stdout, and its cost in words on stderr unless JSON is all wanted."""
        path = self.endpoint.path.format(quote(self.request_id or "", safe=""))
        plan = {
            "dryRun": True,
            "requests": [
                {"method": self.endpoint.method, "path": path, "body": body.to_wire()}
                for body in self.bodies
            ],
            "mostCredits": self.most_credits,
        }
        click.echo(json.dumps(plan, indent=2))
        if not as_json:
            cost = f"Would cost at most {counted(self.most_credits, 'credit')}{self.note}."
            click.echo(f"{cost} Nothing was sent: leave out --dry-run to send.", err=True)
        return ExitCode.OK
