"""Compiling a template: what is refused and where, what constants become, what rendering says."""

from __future__ import annotations

import dataclasses
import gc
import pickle
import weakref
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from candidate_cards.cards import (
    DEFAULT_LABELS,
    DENSITIES,
    Labels,
    NoticeView,
    card_view,
    single_view,
)
from candidate_cards.errors import NotAvailableError, RenderingError
from candidate_cards.exports import get_exporter
from candidate_cards.models import Candidate
from candidate_cards.rendering import (
    CompiledTemplate,
    Document,
    TemplateFolder,
    TemplateSpec,
    compile_template,
)
from candidate_cards.rendering.environment import make_environment
from candidate_cards.rendering.stylesheets import csp_hash
from candidate_cards.themes import Logo, load_theme
from hostile_corpus import harmless_candidate
from scratch_templates import Part, compile_text, rendered, write_folder

if TYPE_CHECKING:
    from pathlib import Path

    from candidate_cards.themes import Theme

_PNG = b"\x89PNG\r\n\x1a\nx"

# Each stands on the third line of an included file. Where only the inline formats have to refuse
# something, `page` says that other formats may take it.
REFUSED = {
    # Where data could become code
    "script": "<script>1</script>",
    "script-with-data": "<script>{{ card.name }}</script>",
    "script-in-a-drawing": "<svg><script>1</script></svg>",
    "style-with-data": "<style>.a { color: {{ card.name }} }</style>",
    "handler": '<p onclick="f()">x</p>',
    "handler-with-data": "<p onclick=\"f('{{ card.name }}')\">x</p>",
    "handler-in-capitals": '<p ONCLICK="f()">x</p>',
    "handler-without-quotes": "<p onclick=f()>x</p>",
    "handler-in-a-drawing": '<svg><path onload="f()"/></svg>',
    "handler-in-a-shadow-root": '<template><p onclick="f()">x</p></template>',
    "refresh": '<meta http-equiv="refresh" content="0;url={{ card.href }}">',
    "refresh-as-a-statement": '<meta http-equiv="refresh" itemprop="x" content="{{ card.name }}">',
    "refresh-under-our-name": (
        '<meta http-equiv="refresh" name="candidate-cards:x" content="{{ card.name }}">'
    ),
    "referrer": '<meta name="referrer" content="{{ card.name }}">',
    "referrer-as-a-statement": '<meta name="referrer" itemprop="x" content="{{ card.name }}">',
    "name-of-a-statement": '<meta name="{{ card.name }}" content="origin">',
    "name-that-ends-like-ours": '<meta name="x candidate-cards:{{ card.name }}" content="x">',
    "property-of-a-statement": '<meta itemprop="{{ card.name }}" content="x">',
    "property-and-value": '<meta itemprop="{{ card.name }}" content="{{ card.title }}">',
    # Where data could become an address or a request
    "text-as-address": '<a href="{{ card.name }}">x</a>',
    "part-of-an-address": '<a href="https://example.test/{{ card.href }}">x</a>',
    "filtered-address": '<a href="{{ card.href|upper }}">x</a>',
    "address-in-a-branch": '<a href="{% if card.name %}{{ card.name }}{% endif %}">x</a>',
    "address-in-capitals": '<a HREF="{{ card.name }}">x</a>',
    "address-with-spaces": '<a href = "{{ card.name }}">x</a>',
    "address-in-a-shadow-root": '<template><a href="{{ card.name }}">x</a></template>',
    "image": '<img src="{{ card.name }}" alt="">',
    "image-set": '<img srcset="{{ card.name }} 2x" alt="">',
    "drawing-reference": '<svg><use href="{{ card.name }}"/></svg>',
    "old-drawing-reference": '<svg><use xlink:href="{{ card.name }}"/></svg>',
    "drawing-paint": '<svg><path fill="{{ card.name }}"/></svg>',
    "drawing-animation": '<svg><set attributeName="href" to="{{ card.name }}"/></svg>',
    "form-address": '<button formaction="{{ card.name }}">x</button>',
    "ping": '<a href="{{ card.href }}" ping="{{ card.name }}">x</a>',
    "style-attribute": '<p style="width: {{ card.name }}">x</p>',
    "style-attribute-in-a-shadow-root": '<template><p style="{{ card.name }}">x</p></template>',
    "identifier": '<p id="{{ card.name }}">x</p>',
    # Where data could become markup
    "unquoted-attribute": "<p title={{ card.name }}>x</p>",
    "attribute-name": "<p {{ card.name }}>x</p>",
    "attribute-in-a-branch": '<p {% if card.name %}title="x"{% endif %}>x</p>',
    "element-name": "<{{ card.name }}>x</p>",
    "filter-safe": "<p>{{ card.name|safe }}</p>",
    "filter-safe-in-a-scope": "<p>{% with x = card.name|safe %}{{ x }}{% endwith %}</p>",
    "filter-safe-by-name": "<p>{{ [card.name]|map('safe')|first }}</p>",
    "filter-safe-on-a-constant": "<p>{{ labels.fit|safe }}</p>",
    "filter-tojson": "<p>{{ card.name|tojson }}</p>",
    "filter-xmlattr": "<p{{ {'title': card.name}|xmlattr }}>x</p>",
    "filter-urlize": "<p>{{ card.name|urlize }}</p>",
    "autoescape-off": "<p>{% autoescape false %}{{ card.name }}{% endautoescape %}</p>",
    "autoescape-off-with-plus": "<p>{%+ autoescape false %}{{ card.name }}{%+ endautoescape %}</p>",
    # What cannot be flattened or resolved
    "extends": '{% extends "card/_root.html" %}',
    "import": '{% import "card/_root.html" as root %}',
    "macro": "{% macro x() %}<p>x</p>{% endmacro %}",
    "block": "{% block x %}<p>x</p>{% endblock %}",
    "set": "{% set x = card.name %}<p>{{ x }}</p>",
    "class-with-text": '<p class="{{ card.name }}">x</p>',
    "class-with-a-filter": '<p class="a-{{ card.tone|upper }}">x</p>',
    "class-in-a-branch": '<p class="a{% if card.name %} b{% endif %}">x</p>',
    "element-in-a-branch": "{% if card.name %}<b>{% endif %}x{% if card.name %}</b>{% endif %}",
    "element-in-a-loop": "{% for x in cards %}<p>{% endfor %}{% for x in cards %}</p>{% endfor %}",
    "two-branches-one-end": '{% if card.name %}<p>{% else %}<p title="x">{% endif %}x</p></p>',
    "end-in-a-branch": "<p>x{% if card.name %}</p>{% endif %}",
    "end-without-a-start": "x</p>",
    # Mistakes
    "unknown-filter": "<p>{{ card.name|nope }}</p>",
    "unknown-test": "<p>{{ card is nope }}</p>",
    "unknown-tag": "<p>{% nope %}</p>",
    "open-expression": "<p>{{ card.name </p>",
    "constant-misspelled": "<p>{{ labels.nope }}</p>",
    "constant-misspelled-in-a-test": "<p>{% if labels.nope %}x{% endif %}</p>",
    "constant-of-a-wrong-type": "<p>{{ labels.fit + 1 }}</p>",
    "keyword-as-field": "<p>{{ card.class }}</p>",
}


def _compile_refused(tmp_path: Path, line: str, *, inline: bool) -> None:
    html = '<div>\n\n{% include "scratch/part.html" %}\n</div>'
    compile_text(tmp_path, html, inline=inline, more={"scratch/part.html": f"\n\n{line}\n<hr>\n"})


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "page"])
@pytest.mark.parametrize("case", REFUSED)
def test_what_a_template_may_not_hold(tmp_path: Path, case: str, inline: bool) -> None:  # noqa: FBT001  a column
    """Each way for data to leave its place is refused when compiling, with file and line."""
    with pytest.raises(RenderingError) as caught:
        _compile_refused(tmp_path, REFUSED[case], inline=inline)
    assert (caught.value.template, caught.value.line) == ("scratch/part.html", 3)
    assert caught.value.message


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "page"])
def test_an_element_that_stays_open_is_refused(tmp_path: Path, inline: bool) -> None:  # noqa: FBT001  a column
    """A start without an end is refused, whichever line is blamed."""
    for html in ("<p>", "<div><p>x</div>", "{% if card.name %}<p>{% endif %}"):
        with pytest.raises(RenderingError) as caught:
            compile_text(tmp_path, html, inline=inline)
        assert caught.value.line == 1


ALLOWED = {
    "text": ("<p>{{ card.name }}</p>", "<p>&lt;&amp;&#34;&#39;</p>"),
    "quoted-attribute": (
        '<p title="{{ card.name }}">x</p>',
        '<p title="&lt;&amp;&#34;&#39;">x</p>',
    ),
    "part-of-an-attribute": (
        '<p aria-label="{{ card.title }}: {{ card.name }}">x</p>',
        '<p aria-label="Engineer: &lt;&amp;&#34;&#39;">x</p>',
    ),
    "branch-in-an-attribute": (
        '<p title="{% if card.title %}{{ card.title }}{% else %}none{% endif %}">x</p>',
        '<p title="Engineer">x</p>',
    ),
    "address": (
        '<a href="{{ card.href }}">x</a>',
        '<a href="https://www.linkedin.com/in/ada">x</a>',
    ),
    "loop": ("{% for x in card.items %}<i>{{ x }}</i>{% endfor %}", "<i>one</i><i>two</i>"),
    "scope": ("{% with x = card.title %}<i>{{ x }}</i>{% endwith %}", "<i>Engineer</i>"),
    "branches": (
        "{% if card.tone == 'low' %}<i>x</i>{% elif card.name %}<b>y</b>{% endif %}",
        "<b>y</b>",
    ),
    "nested-branches": (
        "{% if card %}{% for x in cards %}<i>{% if x %}x{% endif %}</i>{% endfor %}{% endif %}",
        "<i>x</i><i>x</i>",
    ),
    "statement-of-a-document": (
        '<meta name="candidate-cards:{{ card.title }}" content="{{ card.name }}">',
        '<meta name="candidate-cards:Engineer" content="&lt;&amp;&#34;&#39;">',
    ),
    "statement-of-a-piece": (
        '<meta itemprop="contact" content="{{ card.name }}">',
        '<meta itemprop="contact" content="&lt;&amp;&#34;&#39;">',
    ),
    "void-elements": ("<p>a<br>b<wbr>c</p>", "<p>a<br>b<wbr>c</p>"),
    "comment": ("<p>{# <script> #}x</p>", "<p>x</p>"),
    "constant": ("<h{{ heading }}>{{ labels.fit }}</h{{ heading }}>", "<h2>Why a fit</h2>"),
}


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "page"])
@pytest.mark.parametrize("case", ALLOWED)
def test_what_a_template_may_hold(tmp_path: Path, case: str, inline: bool) -> None:  # noqa: FBT001  a column
    """Everything that a card needs compiles, and shows data escaped in its place."""
    html, shown = ALLOWED[case]
    template = compile_text(tmp_path, html, inline=inline)
    assert rendered(template, card=Part(name="<&\"'")) == shown


_LABEL_TEXTS = st.one_of(
    st.text(min_size=1),
    st.lists(
        st.sampled_from(
            (
                *("{{ card.name }}", "{% endraw %}", "{% raw %}", "{{", "}}", "{%", "%}", "{#"),
                *("<b>", "&", '"', "'", "\n", "jinja0x", "{", "}", "{{ 7 * 7 }}", "</p>", " "),
            )
        ),
        min_size=1,
        max_size=5,
    ).map("".join),
)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=_LABEL_TEXTS)
def test_a_constant_is_text_whatever_it_holds(tmp_path: Path, text: str) -> None:
    """A label shows as its own characters, in content and attributes: never as a template."""
    labels = dataclasses.replace(DEFAULT_LABELS, fit=text)
    html = '<div><p title="{{ labels.fit }}">{{ labels.fit }}</p><i>{{ card.name }}</i></div>'
    for inline in (True, False):
        template = compile_text(tmp_path, html, labels=labels, inline=inline)
        root = lxml_html.fragment_fromstring(rendered(template))
        paragraph, italic = root
        # XML readers cannot hold control characters, and HTML folds these.
        if text.isprintable() or set(text) <= {"\n", *map(chr, range(32, 127))}:
            assert paragraph.text_content().split() == text.split()
            assert paragraph.get("title").split() == text.split()
        assert italic.text_content() == "Ada"


def _with_logo(alt: str) -> Theme:
    return dataclasses.replace(load_theme("light"), name="own", logo=Logo(_PNG, "image/png", alt))


@pytest.mark.parametrize(
    "alt",
    [
        "{% endraw %}{{ 7 * 191 }}{% raw %}",
        "{% endraw %}{{ lipsum.__globals__ }}{% raw %}",
        "{{ 7 * 191 }}",
        "{# x",
        "{{ x",
        "{% x",
        '" onerror="f()',
        "<script>",
    ],
)
def test_a_themes_words_are_text_in_every_format(alt: str) -> None:
    """The text of a theme's logo, from a stranger's file, is shown and never run."""
    exporter = get_exporter("page")
    constants = {
        "density": "card",
        "embedded": False,
        "labels": DEFAULT_LABELS,
        "heading": 1,
        "subheading": 2,
    }
    template = compile_template(exporter.template, _with_logo(alt), constants)
    view = card_view(Candidate.model_validate(harmless_candidate()))
    page = template.render(
        {
            "shortlist": single_view(view),
            "cards": (view,),
            "notice": NoticeView(),
            "nonce": "",
            "fallback": True,
        }
    )
    (picture,) = lxml_html.document_fromstring(str(page)).xpath("//img")
    assert picture.get("alt") == alt
    assert "1337" not in page


def test_a_missing_field_is_an_error_with_its_place(tmp_path: Path) -> None:
    """A field that a view does not have is named with template and line, in both kinds of code."""
    html = '<div>\n<p>x</p>\n{% include "scratch/part.html" %}\n</div>'
    more = {"scratch/part.html": "<b>\n{{ card.nmae }}\n</b>"}
    for fast in (True, False):
        environment = make_environment(fast=fast)
        for inline in (True, False):
            template = compile_text(
                tmp_path, html, inline=inline, environment=environment, more=more
            )
            with pytest.raises(RenderingError, match="nmae") as caught:
                rendered(template)
            assert (caught.value.template, caught.value.line) == ("scratch/part.html", 2)
            assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    "expression",
    [
        "{'a': 1}[card.name]",
        "card.items[card.name]",
        "card.name + 1",
        "card.name / 2",
        "card.items[9]",
        "card.name.nope",
        "card.name()",
        "card.name|round",
    ],
)
def test_an_error_while_rendering_tells_no_data(tmp_path: Path, expression: str) -> None:
    """Whatever goes wrong with a value, the message names the place and never the value."""
    template = compile_text(tmp_path, f"<p>\n{{{{ {expression} }}}}</p>")
    name = "Zaphod-4711"
    with pytest.raises(RenderingError) as caught:
        rendered(template, card=Part(name=name, title=name))
    assert name not in str(caught.value)
    assert name not in repr(caught.value)
    assert caught.value.line == 2


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("expression", "told"),
    [("nobody", "nobody"), ("card.nmae", "nmae"), ("nobody.name", "nobody")],
)
def test_a_missing_name_is_told(
    tmp_path: Path,
    expression: str,
    told: str,
    fast: bool,  # noqa: FBT001  a column
) -> None:
    """Whichever name leads nowhere, of a value or of a field, the message has it."""
    environment = make_environment(fast=fast)
    template = compile_text(tmp_path, f"<p>{{{{ {expression} }}}}</p>", environment=environment)
    with pytest.raises(RenderingError) as caught:
        rendered(template)
    assert told in caught.value.message


def test_an_error_of_another_kind_speaks_of_no_field(tmp_path: Path) -> None:
    """A message about a missing field is for missing fields only."""
    template = compile_text(tmp_path, "<p>{{ card.name + 1 }}</p>")
    with pytest.raises(RenderingError) as caught:
        rendered(template)
    assert "field" not in caught.value.message
    assert "TypeError" in caught.value.message


def test_an_embedded_format_may_leave_its_sheet_out(tmp_path: Path) -> None:
    """A template that shows its style sheet nowhere, or in one branch only, is rendered whole."""
    sheet = "{% if not card.name %}<style>{{ stylesheet }}</style>{% endif %}"
    html = f"{sheet}{{% if card.name %}}<p>{{{{ card.name }}}}</p>{{% endif %}}"
    template = compile_text(tmp_path, html, css=".a{color:red}", inline=False, embedded=True)
    assert rendered(template, card=Part(name="{{x}}")) == "<p>{<!---->{x}}</p>"
    assert rendered(template, card=Part(name="")) == "<style>.a{color:red}</style>"


def test_an_error_survives_the_way_to_another_process(tmp_path: Path) -> None:
    """An error of a worker process arrives with message, template and line."""
    with pytest.raises(RenderingError) as caught:
        compile_text(tmp_path, "<p>{{ card.name|nope }}</p>")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own bytes
    assert str(again) == str(caught.value)
    assert (again.template, again.line) == (caught.value.template, caught.value.line)


def test_a_missing_file_is_not_available(tmp_path: Path) -> None:
    """A template or sheet that does not exist is named, with those that do."""
    folder = write_folder(tmp_path, {"a.html": "<p>x</p>"})
    for spec in (
        TemplateSpec("nope.html"),
        TemplateSpec("a.html", stylesheets=("nope.css",)),
        TemplateSpec("a.html", inline=("nope.css",)),
    ):
        with pytest.raises(NotAvailableError, match="nope"):
            compile_template(spec, load_theme("dark"), {}, folder=folder)


def test_a_style_sheet_and_its_hash_belong_together(tmp_path: Path) -> None:
    """What stands in the style element is what the hash was made of, byte for byte."""
    html = '<div data-hash="{{ style_hash }}"><style>{{ stylesheet }}</style></div>'
    css = (
        '.a > .b { color: var(--cc-color-text); content: "a  b" }\n\n@media print { p { top: 0 } }'
    )
    template = compile_text(tmp_path, html, css=css, inline=False)
    root = lxml_html.fragment_fromstring(rendered(template))
    (style,) = root.xpath("//style")
    assert style.text == template.stylesheet
    assert root.get("data-hash") == template.style_hash == csp_hash(template.stylesheet)


def test_without_a_style_sheet_there_is_no_hash(tmp_path: Path) -> None:
    """A format without a style element has neither."""
    template = compile_text(tmp_path, "<p>x</p>")
    assert (template.stylesheet, template.style_hash) == ("", "")


_DELIMITERS = ("{{", "[[", "${", "{%", "{{{{", "{{%", "$${", "[[[", "{", "}}", "]]", "$", "%}")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> CompiledTemplate:
    """A template of a format that stands in somebody else's page."""
    html = '<div><p title="{{ card.name }}">{{ card.name }}</p><i>a{{ card.title }}b</i></div>'
    return compile_text(tmp_path_factory.mktemp("embedded"), html, embedded=True)


_pieces = st.sampled_from((*_DELIMITERS, "<", ">", "&", "-->", "<!--", "a", "\n"))


@settings(deadline=None)
@given(st.lists(_pieces, max_size=8).map("".join))
def test_text_is_inert_where_others_compile_the_page(embedded: CompiledTemplate, text: str) -> None:
    """In embedded formats no text node holds a delimiter of a template engine, and none is lost."""
    shown = rendered(embedded, card=Part(name=text, title=text))
    root = lxml_html.fragment_fromstring(shown)
    nodes: list[Any] = list(root.xpath("//text()"))
    for node in nodes:
        for delimiter in ("{{", "[[", "${", "{%"):
            assert delimiter not in node
    paragraph, italic = root
    assert "".join(paragraph.xpath(".//text()")) == text.replace("\r", "\n")
    assert paragraph.get("title") == text
    assert "".join(italic.xpath(".//text()")) == f"a{text}b"


def test_a_page_of_our_own_is_left_as_it_is(tmp_path: Path) -> None:
    """Where nobody else compiles the page, text stays byte for byte what it is."""
    template = compile_text(tmp_path, "<p>{{ card.name }}</p>", embedded=False)
    assert rendered(template, card=Part(name="{{ x }} ${y}")) == "<p>{{ x }} ${y}</p>"


def test_a_rendered_document_is_a_document(tmp_path: Path) -> None:
    """The result is safe to insert as it is, and says so by its type."""
    document = compile_text(tmp_path, "<p>{{ card.name }}</p>").render({"card": Part("<")})
    assert type(document) is Document
    assert document == "<p>&lt;</p>"


def test_values_are_not_kept(tmp_path: Path) -> None:
    """A compiled template holds on to no candidate that it has shown."""

    class Named:
        name = "Ada"

    template = compile_text(tmp_path, "<p>{{ card.name }}</p>")
    card = Named()
    gone = weakref.ref(card)
    rendered(template, card=card)
    del card
    gc.collect()
    assert gone() is None


def test_rendering_changes_no_argument(tmp_path: Path) -> None:
    """The mapping of values is the caller's and stays as it was."""
    template = compile_text(tmp_path, "<p>{{ card.name }}</p>")
    values: dict[str, object] = {"card": Part()}
    template.render(values)
    assert values == {"card": Part()}


def test_a_users_own_template_replaces_a_bundled_one(tmp_path: Path) -> None:
    """A file in a folder of one's own takes the place of the bundled one of that name."""
    folder = write_folder(tmp_path, {"card/_ai.html": '<em class="cc-ai">machine</em>'})
    constants = {
        "density": "card",
        "embedded": True,
        "labels": Labels(),
        "heading": 2,
        "subheading": 3,
    }
    spec = get_exporter("fragment").template
    view = card_view(Candidate.model_validate(harmless_candidate()))
    shown = [
        str(
            compile_template(spec, load_theme("dark"), constants, folder=own).render(
                {"shortlist": single_view(view), "cards": [view], "notice": NoticeView()}
            )
        )
        for own in (folder, TemplateFolder())
    ]
    assert "machine</em>" in shown[0]
    assert "machine</em>" not in shown[1]


def test_templates_can_be_compiled_in_threads() -> None:
    """Threads that compile at once get what one after the other gets."""
    person = Candidate.model_validate(harmless_candidate())
    jobs = [(theme, density) for theme in ("dark", "light") for density in DENSITIES]
    shown: dict[tuple[str, str, int], str] = {}

    def work(theme: str, density: Any, turn: int) -> None:  # noqa: ANN401  a density
        constants = {
            "density": density,
            "embedded": True,
            "labels": DEFAULT_LABELS,
            "heading": 2,
            "subheading": 3,
        }
        template = compile_template(get_exporter("fragment").template, load_theme(theme), constants)
        view = card_view(person, density=density)
        values: dict[str, object] = {
            "shortlist": single_view(view),
            "cards": [view],
            "notice": NoticeView(),
        }
        shown[theme, density, turn] = str(template.render(values))

    threads = [Thread(target=work, args=(*job, 0)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job in jobs:
        work(*job, 1)
    assert len(shown) == 2 * len(jobs)
    for job in jobs:
        assert shown[*job, 0] == shown[*job, 1]
