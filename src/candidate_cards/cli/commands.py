"""Every command with its arguments; what it does is imported when it runs."""

# Start-up must not pay for pydantic, jinja2 or a PDF engine, so imports wait for the command. Not
# even pathlib is imported here: it costs a quarter of what click does.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from candidate_cards import __version__
from candidate_cards.cli.exit_codes import USER_ERRORS, ExitCode, exit_code

DENSITIES = ("row", "card", "detail")

_Command = TypeVar("_Command", bound=Callable[..., object])

EPILOG = """\
\b
Exit codes:
  0    everything was done
  1    nothing came of it: unusable input, theme or output, the vendor's refusal, no time left;
       the reason is on stderr
  2    the command line is wrong
  3    done, but some records or runs failed or could not be used; the report lists them
  130  interrupted

\b
Completion for bash (zsh and fish alike), in your shell's start-up file:
  eval "$(_CANDIDATE_CARDS_COMPLETE=bash_source candidate-cards)"
"""


class _Application(click.Group):
    """A group that turns the package's errors into a line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        # click looks at the terminal alone; see no-color.org.
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            raise  # The reader has seen enough: click ends quietly.
        except USER_ERRORS as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(exit_code(error)) from error


@click.group(
    cls=_Application, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="candidate-cards", message="%(prog)s %(version)s")
def application() -> None:
    """Turn candidate records (JSON) into themed HTML cards."""


def _options(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Join options that several commands take, in the order in which help lists them."""

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_inputs = click.argument(
    "inputs",
    metavar="INPUT...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
)

_each_look = _options(
    click.option(
        "--theme",
        metavar="NAME|PATH",
        help="A theme's name (see `candidate-cards themes`) or your own .toml file; by default "
        "light for messages, dark for the rest.",
    ),
    click.option(
        "--density",
        type=click.Choice(DENSITIES),
        help="How much of each candidate to show.  [default: card]",
    ),
    click.option(
        "--profile",
        metavar="NAME|PATH",
        help="What may be shown: a profile's name (see `candidate-cards profiles`) or your own "
        ".toml file; by default client for messages, dossiers and pictures, internal for cards.",
    ),
    click.option(
        "--emails/--no-emails",
        default=None,
        help="Show candidates' e-mail addresses, or do not, whatever the profile says.",
    ),
    click.option(
        "--lang",
        metavar="LANG|PATH",
        default="en",
        show_default=True,
        help="The language of our own words: ar, cs, de, en, es, fr, he, pl, sk, or your own .po "
        "file. Candidates' own texts stay as they are.",
    ),
    click.option(
        "--templates",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        help="Your own templates; what is not there is taken from the bundled ones.",
    ),
)

_look = _options(
    _each_look,
    click.option("--title", metavar="TEXT", help="The role the candidates are for."),
    click.option("--brief", metavar="TEXT", help="What was asked for, in a sentence or two."),
    click.option("--client", metavar="TEXT", help="Who the shortlist is for."),
    click.option("--author", metavar="TEXT", help="Who made it."),
)

_notice = _options(
    click.option(
        "--data-source",
        metavar="TEXT",
        help="Where the data came from, for the notice; by default public professional profiles.",
    ),
    click.option(
        "--contact", metavar="TEXT", help="Whom to ask for a copy, corrections or deletion."
    ),
    click.option("--keep-until", metavar="DAY", help="The last day on which the data are kept."),
    click.option(
        "--no-notice",
        is_flag=True,
        help="Leave out the notice that says what scores mean, that a person decides, and whom to "
        "ask. Document and report say that it was left out.",
    ),
)

_date = click.option(
    "--date",
    metavar="TIME",
    help="ISO 8601: of a message, with its zone, by default now; of a dossier, a day.",
)

_dossier = _options(
    click.option(
        "--page-size",
        type=click.Choice(("A4", "Letter"), case_sensitive=False),
        help="Of a dossier; by default A4.",
    ),
    click.option(
        "--not-confidential", is_flag=True, help="Leave out the line that says a dossier is."
    ),
    click.option(
        "--recipient",
        metavar="TEXT",
        help="Whom this copy of a dossier is for: a watermark on every page names them.",
    ),
    click.option(
        "--recipient-id",
        metavar="TEXT",
        help="What the copy is called in its foot; by default made from --recipient.",
    ),
    click.option(
        "--password-file",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        help="Encrypt a dossier (AES-256) with the password in it, or on stdin (-): 12 characters "
        "or more. Never on the command line.",
    ),
    click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1, 256),
        help="Processes that render a dossier; by default one per core.",
    ),
    click.option(
        "--cache",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="Keep a dossier's finished parts there (personal data), for the next edition.",
    ),
    click.option(
        "--part-seconds",
        metavar="SECONDS",
        type=click.FloatRange(0, 86400, min_open=True),
        help="Longest time for one candidate in a dossier; by default 60.",
    ),
    click.option(
        "--part-memory",
        metavar="MIB",
        type=click.IntRange(512),
        help="Most memory for one candidate in a dossier; by default 2048.",
    ),
)

_mail = _options(
    click.option(
        "--from",
        "sender",
        metavar="ADDRESS",
        help='Who a message is from: "Ana Müller <ana@acme.example>".',
    ),
    click.option(
        "--to", metavar="ADDRESS", multiple=True, help="Who it is to; give it several times."
    ),
    click.option("--reply-to", metavar="ADDRESS", help="Who is answered, if not the sender."),
    click.option("--subject", metavar="TEXT", help="In place of role and count."),
    click.option(
        "--unsubscribe", metavar="URL", help="An https address that takes one click (RFC 8058)."
    ),
    click.option(
        "--attach",
        metavar="FILE",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False),
        help="A file to go along; give it several times.",
    ),
    click.option(
        "--split",
        is_flag=True,
        help="Make numbered messages of a shortlist that is too long for one: Gmail hides "
        "what comes after 102,400 bytes.",
    ),
)

_key = _options(
    click.option(
        "--key-file",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Leads from a blind profile's codes back to people, for `reveal`; made if it is not "
        "there. Keep it in the house.",
    ),
    click.option(
        "--decisions",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="Obey another report than the one that is written.",
    ),
)

_blind = _options(
    _key,
    click.option(
        "--redaction-report",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Where to write what may be a name or not; fill in keep or remove, and the next run "
        "obeys.",
    ),
)

_vendor = _options(
    click.option(
        "--base-url",
        metavar="URL",
        envvar="INSTAVIEW_BASE_URL",
        help="Where the API is; by default https://api.instaview.sk.  [env: INSTAVIEW_BASE_URL]",
    ),
    click.option(
        "--api-key-file",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="Holds the API key, if INSTAVIEW_API_KEY does not; never on the command line.",
    ),
    click.option(
        "--company-id",
        metavar="ID",
        envvar="INSTAVIEW_COMPANY_ID",
        help="For a key that manages several companies.  [env: INSTAVIEW_COMPANY_ID]",
    ),
)

_timeout = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, 86400, min_open=True),
    default=900.0,
    show_default=True,
    help="Longest wait; what was started goes on all the same.",
)
_interval = click.option(
    "--interval",
    metavar="SECONDS",
    type=click.FloatRange(0, 3600),
    help="Pause before each look; by default what the contract asks for: 5, of previews 10.",
)

_following = _options(
    click.option(
        "-o",
        "--output",
        metavar="OUT",
        default="-",
        type=click.Path(dir_okay=False, allow_dash=True),
        help="File, or - for stdout, which is the default. A run is one line of JSON.",
    ),
    click.option(
        "--no-wait", is_flag=True, help="Write the present state; `results` goes on later."
    ),
    _timeout,
    _interval,
    click.option(
        "--json", "as_json", is_flag=True, help="Report as JSON on stdout; the result needs -o."
    ),
    click.option("--force", is_flag=True, help="Overwrite an existing file."),
)

_dry_run = click.option(
    "--dry-run",
    is_flag=True,
    help="Print the request and the most that it can cost; send nothing.",
)


@application.command(no_args_is_help=True, epilog=EPILOG)
@click.option("--title", metavar="TEXT", required=True, help="The role to fill.")
@click.option(
    "--description-file",
    metavar="FILE",
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="The job description, or - for stdin; at most 10,000 characters.",
)
@click.option("--location", metavar="TEXT", help="Where, in words.")
@click.option("--query", metavar="TEXT", help="What else matters, in words.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Candidates wanted, each a credit; a preview has at most 100, and 20 for a credit.",
)
@click.option(
    "--preview", is_flag=True, help="The quick, cheap search: no scores, no reasons, no history."
)
@_dry_run
@_vendor
@_following
@click.pass_context
def source(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Have the vendor search for candidates.

    The result is what `render` and `enrich` read. The run's id is on stderr as soon as there is
    one: a run goes on, and is paid for, whatever happens here.
    """
    from candidate_cards.cli.runs import RunOptions
    from candidate_cards.cli.source import SourceOptions
    from candidate_cards.cli.source import source as run
    from candidate_cards.cli.vendor import VendorOptions

    vendor, following = VendorOptions.taken_from(options), RunOptions.taken_from(options)
    ctx.exit(run(SourceOptions(**options, vendor=vendor, run=following)))


@application.command(no_args_is_help=True, epilog=EPILOG)
@click.argument("request_id", metavar="REQUEST_ID")
@click.option("--query", metavar="TEXT", help="What to change, in at most 500 characters.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 50),
    help="Candidates to add, at most 50; without it the vendor adds up to 10.",
)
@_dry_run
@_vendor
@_following
@click.pass_context
def refine(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Refine a search that has ended, or have it go on for more.

    Keep the result from before: `render` merges the two, and the contract does not say that the
    new one has everybody.
    """
    from candidate_cards.cli.runs import RunOptions
    from candidate_cards.cli.source import RefineOptions
    from candidate_cards.cli.source import refine as run
    from candidate_cards.cli.vendor import VendorOptions

    vendor, following = VendorOptions.taken_from(options), RunOptions.taken_from(options)
    ctx.exit(run(RefineOptions(**options, vendor=vendor, run=following)))


@application.command(no_args_is_help=True, epilog=EPILOG)
@click.argument("inputs", metavar="PROFILE_ID|RESULT...", nargs=-1, required=True)
@click.option(
    "--top", metavar="N", type=click.IntRange(1), help="Only the N best of the results' candidates."
)
@_dry_run
@_vendor
@_following
@click.pass_context
def enrich(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Get e-mail addresses and work history of profiles.

    RESULT is a file with what `source` writes, or - for stdin; what does not name a file is the id
    of a profile. Ten profiles are a run. What a RESULT says of those who are enriched is written
    ahead of the runs, since these repeat neither scores nor reasons.
    """
    from candidate_cards.cli.enrich import EnrichOptions, run
    from candidate_cards.cli.runs import RunOptions
    from candidate_cards.cli.vendor import VendorOptions

    _check_inputs(options["inputs"])
    vendor, following = VendorOptions.taken_from(options), RunOptions.taken_from(options)
    ctx.exit(run(EnrichOptions(**options, vendor=vendor, run=following)))


@application.command(no_args_is_help=True, epilog=EPILOG)
@click.argument("request_ids", metavar="REQUEST_ID...", nargs=-1, required=True)
@_vendor
@_following
@click.pass_context
def results(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Get what runs have found that were started before.

    REQUEST_ID may be of a search, a preview or an enrichment.
    """
    from candidate_cards.cli.results import ResultsOptions, run
    from candidate_cards.cli.runs import RunOptions
    from candidate_cards.cli.vendor import VendorOptions

    vendor, following = VendorOptions.taken_from(options), RunOptions.taken_from(options)
    ctx.exit(run(ResultsOptions(**options, vendor=vendor, run=following)))


@application.command(no_args_is_help=True, epilog=EPILOG)
@_inputs
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(allow_dash=True),
    help="File, folder (one file per candidate; a new one ends in /) or - for stdout.",
)
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="fragment, element, page, email, pdf or png; by default what OUT's extension says, .html "
    "being a page.",
)
@_look
@_notice
@click.option(
    "--heading-level",
    type=click.IntRange(1, 6),
    metavar="1-6",
    help="Heading level of the names, to fit the page that embeds them.",
)
@click.option(
    "--no-fallback",
    is_flag=True,
    help="Leave the fragment out of an element: for policies that forbid style attributes.",
)
@click.option(
    "--scale",
    type=click.IntRange(1, 4),
    metavar="1-4",
    help="Device pixels of a picture per CSS pixel: 2 for sharp screens.",
)
@_date
@_blind
@_mail
@_dossier
@click.option(
    "--via",
    type=click.Choice(("local", "proxy", "fallback")),
    default="local",
    show_default=True,
    help="Who makes the cards: this program; the vendor, with its HTML made safe; or the vendor "
    "and, where it fails, this program. Of fragments only.",
)
@_vendor
@click.option(
    "--json", "as_json", is_flag=True, help="Report as JSON on stdout (on stderr if OUT is -)."
)
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@click.option("--dry-run", is_flag=True, help="Render and report, but write nothing.")
@click.option(
    "--explain", is_flag=True, help="Print what the profile shows, field by field; render nothing."
)
@click.pass_context
def render(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Render candidates as HTML, a message (.eml) or a dossier (.pdf).

    INPUT is a file or - for stdin, JSON or JSON Lines: a sourcing, preview or enrichment result,
    one candidate, or a list or stream of them. Several inputs are merged: the same profile in
    two of them becomes one card.
    """
    from candidate_cards.cli.blind import BlindOptions
    from candidate_cards.cli.dossier import DossierOptions
    from candidate_cards.cli.key_files import password_in
    from candidate_cards.cli.mail import MailOptions
    from candidate_cards.cli.notice import NoticeOptions
    from candidate_cards.cli.render import RenderOptions, run
    from candidate_cards.cli.vendor import VendorOptions

    password_file = options.pop("password_file")
    _check_inputs((*options["inputs"], password_file))
    options["password"] = password_in(password_file)
    mail = MailOptions.taken_from(options)
    dossier = DossierOptions.taken_from(options)
    notice = NoticeOptions.taken_from(options)
    vendor = VendorOptions.taken_from(options)
    blind = BlindOptions.taken_from(options)
    chosen = RenderOptions(
        **options, blind=blind, mail=mail, dossier=dossier, notice=notice, vendor=vendor
    )
    ctx.exit(run(chosen))


@application.command(no_args_is_help=True, epilog=EPILOG)
@_inputs
@_date
@_mail
@click.option(
    "--to-file",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Recipients, one address a line; # begins a comment.",
)
@_look
@_blind
@_notice
@click.option(
    "--smtp-host",
    metavar="HOST",
    envvar="CANDIDATE_CARDS_SMTP_HOST",
    help="The server that takes your mail.  [env: CANDIDATE_CARDS_SMTP_HOST]",
)
@click.option(
    "--smtp-port",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    envvar="CANDIDATE_CARDS_SMTP_PORT",
    help="By default 587, with tls 465, with none 25.  [env: CANDIDATE_CARDS_SMTP_PORT]",
)
@click.option(
    "--smtp-security",
    type=click.Choice(("starttls", "tls", "none")),
    default="starttls",
    show_default=True,
    envvar="CANDIDATE_CARDS_SMTP_SECURITY",
    help="none is for a relay on this machine.  [env: CANDIDATE_CARDS_SMTP_SECURITY]",
)
@click.option(
    "--smtp-username",
    metavar="NAME",
    envvar="CANDIDATE_CARDS_SMTP_USERNAME",
    help="Without it there is no login.  [env: CANDIDATE_CARDS_SMTP_USERNAME]",
)
@click.option(
    "--smtp-password-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    envvar="CANDIDATE_CARDS_SMTP_PASSWORD_FILE",
    help="Or the password itself in CANDIDATE_CARDS_SMTP_PASSWORD; never on the command line.",
)
@click.option(
    "--smtp-ca-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    envvar="CANDIDATE_CARDS_SMTP_CA_FILE",
    help="Certificates (PEM) of a private authority, beside the system's.",
)
@click.option(
    "--smtp-timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, 3600, min_open=True),
    default=60.0,
    show_default=True,
    help="Longest wait for each answer of the server.",
)
@click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Keep a record of what was sent; a rerun with it sends to nobody twice.",
)
@click.option(
    "--retry-unknown",
    is_flag=True,
    help="Send again what may have arrived: the connection broke before the server's answer.",
)
@click.option("--yes", is_flag=True, help="Send; without it nothing leaves this machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def send(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Send a shortlist by e-mail, one message to each recipient.

    Without --yes it says what would be sent and to whom, and connects to nothing.
    """
    from candidate_cards.cli.blind import BlindOptions
    from candidate_cards.cli.mail import MailOptions
    from candidate_cards.cli.notice import NoticeOptions
    from candidate_cards.cli.send import SendOptions, run

    _check_inputs((*options["inputs"], *options["to_file"]))
    mail = MailOptions.taken_from(options)
    blind = BlindOptions.taken_from(options)
    notice = NoticeOptions.taken_from(options)
    ctx.exit(run(SendOptions(**options, mail=mail, blind=blind, notice=notice)))


@application.command(no_args_is_help=True, epilog=EPILOG)
@click.argument("codes", metavar="CODE...", nargs=-1, required=True)
@click.option(
    "--key-file",
    metavar="FILE",
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    help="The one that was used to make the codes.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def reveal(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Tell who is behind the codes of a blind profile.

    CODE is as somebody has written it, in lower case or without hyphens too; - takes codes from
    stdin. Prints code, profile id and name, between tabs.
    """
    from candidate_cards.cli.reveal import RevealOptions, run

    _check_inputs(options["codes"])
    ctx.exit(run(RevealOptions(**options)))


class _WithVerification(click.Command):
    """A command that takes inputs, and is another one if the first word is ``verify``."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's own signature
    ) -> click.Context:
        if args[:1] == ["verify"]:
            return verify.make_context(f"{info_name} verify", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


_many = _options(
    click.option(
        "--format",
        "formats",
        metavar="NAME,...",
        default="page",
        show_default=True,
        help="fragment, element, page, email, pdf, png: one, or several by commas.",
    ),
)
_crew = _options(
    click.option(
        "--workers",
        metavar="N",
        type=click.IntRange(1, 1024),
        help="Processes that render; by default one per core.",
    ),
    click.option(
        "--dask",
        metavar="ADDRESS",
        help="Have a Dask cluster render: its scheduler (tcp://...), or local for one made here.",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(0, 86_400),
        default=120.0,
        show_default=True,
        help="Longest for one candidate; 0 for no end, as there is none on a Dask cluster.",
    ),
)


@application.command(cls=_WithVerification, no_args_is_help=True, epilog=EPILOG)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="DEST",
    required=True,
    help="A folder, the URL of one, or a file of results (.jsonl, .parquet): one line or row per "
    "candidate, documents in it.",
)
@_many
@_each_look
@_blind
@_notice
@_crew
@click.option(
    "--check-hashes",
    is_flag=True,
    help="Read what is there before it is left alone, rather than believe its size.",
)
@click.option("--json", "as_json", is_flag=True, help="Events on stdout, one JSON object a line.")
@click.option("--dry-run", is_flag=True, help="Read and count; render and write nothing.")
@click.pass_context
def batch(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Render each of many candidates, any number of them, on all cores.

    INPUT is a file, a pattern, a URL (s3://...) or - for stdin: JSON Lines of what `render` reads.
    Run again it leaves alone what is unchanged, whatever ended it before: manifest.jsonl in DEST
    says what was made. Of two records of one profile the first counts.

    `candidate-cards batch verify DEST INPUT...` renders a sample anew and compares.
    """
    from candidate_cards.cli.batch import BatchOptions, run
    from candidate_cards.cli.blind import BlindOptions
    from candidate_cards.cli.notice import NoticeOptions

    _check_inputs(options["inputs"])
    blind, notice = BlindOptions.taken_from(options), NoticeOptions.taken_from(options)
    ctx.exit(run(BatchOptions(**options, blind=blind, notice=notice)))


@click.command(no_args_is_help=True)
@click.argument("output", metavar="DEST")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option(
    "--sample",
    metavar="N|all",
    default="100",
    show_default=True,
    callback=lambda _ctx, _param, value: _sample(value),
    help="How many records to draw.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the sample.")
@_many
@_each_look
@_key
@_notice
@_crew
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def verify(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Render a sample of a batch anew, and compare it with DEST and its manifest.

    Give the options that the batch was made with. Exits with 1 if something differs.
    """
    from candidate_cards.cli.batch import BatchOptions, run_verification
    from candidate_cards.cli.blind import BlindOptions
    from candidate_cards.cli.notice import NoticeOptions

    _check_inputs(options["inputs"])
    sample, seed = options.pop("sample"), options.pop("seed")
    blind = BlindOptions(key_file=options.pop("key_file"), decisions=options.pop("decisions"))
    notice = NoticeOptions.taken_from(options)
    chosen = BatchOptions(**options, blind=blind, notice=notice)
    ctx.exit(run_verification(chosen, sample, seed))


def _sample(value: str) -> int | None:
    if value == "all":
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 10 and int(value)):  # noqa: PLR2004  as good as all
        message = "must be a number from 1, or all"
        raise click.BadParameter(message)
    return int(value)


def _check_inputs(inputs: tuple[str | None, ...]) -> None:
    if inputs.count("-") > 1:
        message = "stdin (-) can be read only once"
        raise click.BadParameter(message, param_hint="INPUT")


@application.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_context
def themes(ctx: click.Context, /, *, as_json: bool) -> None:
    """List the themes, or check one of your own.

    CSP is the hash to allow in a page's `style-src` for cards in the format `element`.
    """
    if ctx.invoked_subcommand is None:
        from candidate_cards.cli.themes import print_list

        print_list(as_json=as_json)


@themes.command(no_args_is_help=True)
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False),
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_context
def check(ctx: click.Context, /, *, paths: tuple[str, ...], as_json: bool) -> None:
    """Check theme files: tokens, values and contrast.

    Lists every problem; exits with 1 if there is one.
    """
    from candidate_cards.cli.themes import print_check

    ctx.exit(print_check(paths, as_json=as_json))


@application.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
def profiles(*, as_json: bool) -> None:
    """List the profiles that a name can choose: what may be shown to whom.

    `render --explain` prints what one of them, or one of your own, shows of each field.
    """
    from candidate_cards.cli.profiles import print_list

    print_list(as_json=as_json)


@application.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def doctor(ctx: click.Context, /, *, as_json: bool) -> None:
    """Check this installation; say what is missing.

    Exits with 1 if cards cannot be rendered. A missing PDF engine is only a warning.
    """
    from candidate_cards.cli.doctor import print_diagnosis

    ctx.exit(print_diagnosis(as_json=as_json))


@application.command()
@click.argument(
    "folder",
    metavar="[DIR]",
    default="candidate-cards-demo",
    type=click.Path(file_okay=False),
)
@click.option("--force", is_flag=True, help="Overwrite the files of an earlier demo.")
def demo(*, folder: str, force: bool) -> None:
    """Render sample candidates into DIR and say what to open.

    DIR is ./candidate-cards-demo by default.
    """
    from candidate_cards.cli.demo import write_demo

    write_demo(folder, force=force)


@application.command()
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--host",
    metavar="HOST",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; by default this machine alone can call.",
)
@click.option(
    "--allow-network",
    is_flag=True,
    help="Listen where other machines can call, though everybody knows the keys.",
)
@click.option(
    "--data",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Keep runs, webhooks and credits there (SQLite); by default nothing is kept.",
)
@click.option(
    "--speed",
    metavar="N",
    type=click.FloatRange(0.001, 100_000),
    default=1.0,
    show_default=True,
    help="Times faster than the vendor: a run of 20 candidates takes 18 seconds at 1.",
)
@click.option(
    "--error-form",
    type=click.Choice(("nested", "framework")),
    default="nested",
    show_default=True,
    help="Which of the vendor's documented error bodies to send; framework has no code.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, once it listens.")
def sandbox(**options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Serve the vendor's Sourcing API on this machine, with synthetic people.

    For development: no account, no key to ask for, nothing leaves this machine but webhooks.
    Prints the base URL and keys that work; Ctrl-C ends it.
    """
    from candidate_cards.cli.sandbox import serve

    serve(**options)


@application.command()
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--host",
    metavar="HOST",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; by default this machine alone can call, in a container 0.0.0.0.",
)
@click.option(
    "--mode",
    type=click.Choice(("local", "proxy", "fallback")),
    help="Whose cards render-html gives: the store's, the vendor's, or the store's where the "
    "vendor fails.  [default: local]",
)
@click.option(
    "--store",
    metavar="URL",
    help="The database, as for `store` and `keys`; one with a password belongs into "
    "CANDIDATE_CARDS_STORE.",
)
@click.option("--check", is_flag=True, help="Print every setting, secrets masked, and stop.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, once it listens.")
def serve(**options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Serve cards over HTTP: the vendor's render-html, for the store's candidates or the vendor's.

    Whatever else can be set is a variable CANDIDATE_CARDS_SERVE_..., which --check lists, in the
    environment, in .env, or a file in /run/secrets. The log is on stderr, one JSON object a line.
    It needs the extra `serve`. SIGTERM and Ctrl-C end it once requests under way are answered.
    """
    from candidate_cards.cli.serve import serve as run

    run(**options)


_store = _options(
    click.option(
        "--store",
        "url",
        metavar="URL",
        envvar="CANDIDATE_CARDS_STORE",
        default="sqlite:///candidate-cards.sqlite3",
        show_default=True,
        help="sqlite:///FILE or postgresql://USER@HOST/DATABASE; one with a password belongs "
        "into the variable.  [env: CANDIDATE_CARDS_STORE]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Report as JSON on stdout."),
)
_company = click.option("--company", metavar="ID", required=True, help="Whose.")


@application.group(name="store")
def store_group() -> None:
    """Look after the database of candidates.

    It needs the extra `store`, and for PostgreSQL the extra `postgresql`.
    """


@store_group.command()
@_store
def upgrade(**options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Bring the tables to this version.

    An empty database gets its tables unasked, an older one only so, and there is no way back: make
    a backup before.
    """
    from candidate_cards.cli.store import upgrade as run

    run(**options)


@store_group.command()
@click.option("--company", metavar="ID", help="Count only its candidates.")
@_store
@click.pass_context
def status(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Say what is in the store.

    Exits with 1 if it has to be upgraded first.
    """
    from candidate_cards.cli.store import print_status

    ctx.exit(print_status(**options))


@store_group.command(name="import", no_args_is_help=True, epilog=EPILOG)
@_inputs
@_company
@_store
@click.pass_context
def import_(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Save the candidates of results.

    INPUT is what `render` reads, or - for stdin. Who is in the store already is merged: values that
    are not empty win over older ones.
    """
    from candidate_cards.cli.store import import_candidates

    _check_inputs(options["inputs"])
    ctx.exit(import_candidates(**options))


@store_group.command(no_args_is_help=True, epilog=EPILOG)
@click.argument("request_ids", metavar="REQUEST_ID...", nargs=-1, required=True)
@_company
@_timeout
@_interval
@_vendor
@_store
@click.pass_context
def fetch(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Save the candidates of the vendor's runs.

    REQUEST_ID may be of a search, a preview or an enrichment that was started before. For those
    without webhooks: `serve` does the same when the vendor tells it of a run's end.
    """
    from candidate_cards.cli.fetch import FetchOptions, run
    from candidate_cards.cli.vendor import VendorOptions

    vendor = VendorOptions.taken_from(options)
    ctx.exit(run(FetchOptions(**options, vendor=vendor)))


@store_group.command(no_args_is_help=True, epilog=EPILOG)
@click.argument("profile_ids", metavar="[PROFILE_ID]...", nargs=-1)
@click.option("--company", metavar="ID", help="Whose candidates.")
@click.option("--everything", is_flag=True, help="All of the company, its keys included.")
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.IntRange(0, 100_000),
    help="Whoever was last saved so many days ago; without --company everybody's.",
)
@click.option("--yes", is_flag=True, help="Erase; without it nothing is.")
@_store
@click.pass_context
def erase(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Erase candidates, and leave no byte of them in the database's files.

    Without --yes it says what would be erased. Backups, and PostgreSQL's write-ahead log for a
    while, keep what they have; the vendor keeps all, so a later run may bring somebody back.
    """
    from candidate_cards.cli.store import Erasure

    ctx.exit(Erasure(**options).run())


@store_group.command()
@_store
def sweep(**options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Remove embeds and delivery records that have expired; finish erasures that were cut short."""
    from candidate_cards.cli.store import sweep as run

    run(**options)


@application.group()
def keys() -> None:
    """Manage the API keys of the store's companies; only hashes of them are stored."""


@keys.command(no_args_is_help=True)
@_company
@click.option("--name", metavar="TEXT", default="", help="What you call it.")
@click.option(
    "--scope",
    "scopes",
    metavar="SCOPE",
    multiple=True,
    help="What it may do, such as enrich:write; give it several times. By default all.",
)
@click.option(
    "--per-minute",
    metavar="N",
    type=click.IntRange(1),
    default=300,
    show_default=True,
    help="Most calls in a minute.",
)
@click.option(
    "--per-hour",
    metavar="N",
    type=click.IntRange(1),
    default=15_000,
    show_default=True,
    help="Most calls in an hour.",
)
@click.option(
    "--valid-days", metavar="N", type=click.IntRange(1, 100_000), help="By default for ever."
)
@click.option(
    "--key-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Holds a key that exists, such as the vendor's own; without it a new one is made.",
)
@_store
def add(**options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Add a key of a company, and print it: the only time that it is shown."""
    from candidate_cards.cli.store import add_key

    add_key(**options)


@keys.command(name="list", no_args_is_help=True)
@_company
@_store
def list_(**options: Any) -> None:  # noqa: ANN401 - passed on by name
    """List a company's keys, without their secrets."""
    from candidate_cards.cli.store import print_keys

    print_keys(**options)


@keys.command(no_args_is_help=True)
@click.argument("key_id", metavar="KEY_ID")
@_store
@click.pass_context
def revoke(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - passed on by name
    """Switch a key off for good. KEY_ID is what `keys list` shows."""
    from candidate_cards.cli.store import revoke_key

    ctx.exit(revoke_key(**options))
