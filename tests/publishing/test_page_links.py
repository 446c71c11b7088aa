"""Links, numbers and hiding in a page as readers get it: what no list of the site names is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT, TEMPLATES
from chalicelib.directory.content import Content, read_content
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.publishing.render.page_checks import check_page
from chalicelib.reporting.render.form_pages import FormPages

NAME = "en/los-banos-ca"


@pytest.fixture(scope="module")
def content() -> Content:
    places, contacts, site = (
        json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("places", "contacts", "site")
    )
    return read_content(places, contacts, site)


@pytest.fixture(scope="module")
def html(content: Content, tmp_path_factory: pytest.TempPathFactory) -> str:
    catalogs = Catalogs(Path(tmp_path_factory.mktemp("none")))
    return str(FormPages(TEMPLATES, catalogs, content).page("en", "los-banos-ca"))


def told(html: str, content: Content) -> list[str]:
    return [finding.sentence for finding in check_page(NAME, html, content)]


def with_part(html: str, part: str) -> str:
    return html.replace("</main>", f"{part}</main>", 1)


def test_the_page_passes(html: str, content: Content) -> None:
    assert told(html, content) == []


REL = 'rel="noreferrer nofollow"'
LEADS_OUT = [
    '<svg><a href="https://evil.example/?c=1">x</a></svg>',
    '<svg><a xlink:href="https://evil.example/"><text>x</text></a></svg>',
    '<svg><script>alert(1)</script></svg>',
    '<math><mi href="https://evil.example/">x</mi></math>',
    '<map name="m"><area href="https://evil.example/" alt="x"></map>',
    '<object data="https://evil.example/"></object>',
    '<embed src="https://evil.example/">',
    '<iframe srcdoc="<a href=//evil.example>x</a>"></iframe>',
    '<template><a href="https://evil.example/">x</a></template>',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    '<link rel="icon" href="data:," imagesrcset="https://evil.example/x">',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    '<meta name="referrer" content="unsafe-url">',
    '<form action="https://evil.example/"><button>x</button></form>',
    '<form action="//evil.example/"><button>x</button></form>',
    '<form action="/x"><button formaction="https://evil.example/">x</button></form>',
    '<form action="/x"><input type="image" src="https://evil.example/x" alt="x" aria-label="x"></form>',
    '<img src="https://evil.example/x" alt="x">',
    '<img src="data:image/gif;base64,R0lGOD" srcset="https://evil.example/x 2x" alt="x">',
    '<video poster="https://evil.example/x"></video>',
    '<table background="https://evil.example/x"><tr><td>x</td></tr></table>',
    '<blockquote cite="https://evil.example/">x</blockquote>',
    f'<a href="https://losbanos.org/" ping="https://evil.example/" {REL}>x</a>',
    f'<a href="https://losbanos.org/" target="_blank" {REL}>x</a>',
    f'<a href="https://losbanos.org/" download {REL}>x</a>',
    '<a href="https://losbanos.org/">x</a>',
    f'<a href="https://evil.example/" {REL}>x</a>',
    f'<a href="http://losbanos.org/" {REL}>x</a>',
    f'<a href="//evil.example/" {REL}>x</a>',
    f'<a href="/\\evil.example/" {REL}>x</a>',
    f'<a href="\\\\evil.example/" {REL}>x</a>',
    f'<a href="/&#9;/evil.example/" {REL}>x</a>',
    f'<a href=" https://evil.example/" {REL}>x</a>',
    f'<a href="https:evil.example/" {REL}>x</a>',
    f'<a href="https:/evil.example/" {REL}>x</a>',
    f'<a href="https://losbanos.org@evil.example/" {REL}>x</a>',
    f'<a href="https://evil.example\\@losbanos.org/" {REL}>x</a>',
    f'<a href="https://user@losbanos.org/" {REL}>x</a>',
    f'<a href="https://losbanos.org:8443/" {REL}>x</a>',
    f'<a href="https://losbanos.org.evil.example/" {REL}>x</a>',
    f'<a href="https://losb\u0430nos.org/" {REL}>x</a>',
    f'<a href="https://xn--losbnos-5nf.org/" {REL}>x</a>',
    f'<a href="https://[::1]/" {REL}>x</a>',
    f'<a href="https://[/" {REL}>x</a>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="blob:x">x</a>',
    '<a href="intent://x">x</a>',
    '<a href="whatsapp://send?phone=1">x</a>',
    '<a href="MAILTO:a@b.example">x</a>',
    '<a href="relative">x</a>',
    '<p onclick="x()">x</p>',
    '<p style="color:red">x</p>',
    '<p popover>x</p>',
    '<p is="x-y">x</p>',
    "<x-y>x</x-y>",
    '<dialog open>x</dialog>',
    "<marquee>x</marquee>",
    "<bdo dir=rtl>911</bdo>",
    '<button popovertarget="x">x</button>',
]  # fmt: skip
CALLS = [
    '<a href="tel:+19005550199">900-555-0199</a>',
    '<a href="TEL:+19005550199">900-555-0199</a>',
    '<a href="sms:+19005550199">900-555-0199</a>',
    '<a href="sms:+18883737888">888-373-7888</a>',
    '<a href="tel:911">1</a>',
    '<a href="tel:911">9</a>',
    '<a href="tel:911">Call 11</a>',
    '<a href="tel:911">help</a>',
    '<a href="tel:911">911 0</a>',
    '<a href="tel:911">9\u0661\u0661</a>',
    '<a href="tel:911">\uff19\uff11\uff11</a>',
    '<a href="tel:912">911</a>',
    '<a href="tel:+18883737888">7888</a>',
    '<a href="tel:+18883737888">888-373-7889</a>',
    '<a href="tel:+1888373788">888-373-788</a>',
    '<a href="tel:+18883737888;ext=1">888-373-7888</a>',
    '<a href="tel:+18883737888,9">888-373-7888 9</a>',
    '<a href="tel:*67911">67911</a>',
    '<a href="tel:%39%31%31">911</a>',
    '<a href="tel:">911</a>',
    '<a href="sms:233733,9005550199?body=x">233733</a>',
    '<a href="sms:233733?body=other">233733</a>',
    "<p>Call 900-555-0199.</p>",
    "<p>Call (900) 555 0199 now</p>",
    "<p>Call 1.900.555.0199</p>",
    "<p>Call +44 20 7946 0958</p>",
    "<p>Call 9005550199</p>",
    "<p>Call 90<b>0-5</b>55-<i>0199</i></p>",
    "<p>\u0669\u0660\u0660-\u0665\u0665\u0665-\u0660\u0661\u0669\u0669</p>",
    "<p>\uff19\uff10\uff10\uff0d555-0199 or 900\u2013555\u20130199</p>",
    "<p>Call 555-0199</p>",
    "<p>Call 900-EVL-0199</p>",
    '<p title="900-555-0199">x</p>',
    '<p><span aria-label="900-555-0199">x</span></p>',
    '<img src="data:image/gif;base64,R0lGOD" alt="900-555-0199">',
]
NOT_AS_IT_IS_READ = [
    '<a href="tel:911"><span hidden>9</span>11</a>',
    '<a href="tel:911">911<input value="0" aria-label="x"></a>',
    '<a href="tel:911" aria-label="912">911</a>',
    '<a href="tel:911"><bdi aria-label="9 1 2">911</bdi></a>',
    '<a href="tel:911" title="call 411">911</a>',
    '<a href="tel:911" aria-labelledby="people">911</a>',
    '<a href="tel:911" tabindex="-1">911</a>',
    '<a href="tel:911" role="text">911</a>',
    '<s><a href="tel:911">911</a></s>',
    '<del><a href="tel:911">911</a></del>',
    '<a href="tel:911"><s>911</s></a>',
    "<p>Call 1-800-EVIL-NOW</p>",
    "<p>Call 1800EVILNOW</p>",
    "<p>Call 888-THE-HOTLINE</p>",
    "<p>Call 900<br>555<br>0199</p>",
    "<p>Call 900_555_0199</p>",
    "<p>Call 900*555*0199</p>",
    "<p>Call 900,555,0199</p>",
    "<p>Call 900 | 555 | 0199</p>",
    "<p>Call 900&shy;555&shy;0199</p>",
    "<p>Call 900&#8203;5550199</p>",
    "<p>Call \u2468\u24ea\u24ea-\u2464\u2464\u2464-\u24ea\u2460\u2468\u2468</p>",
    "<p>Call \u2079\u2070\u2070-\u2075\u2075\u2075-\u2070\u00b9\u2079\u2079</p>",
    "<p>Call 900-555-0199x</p>",
    "<p>Call 011 44 20 7946 0958</p>",
    "<p>Call 0044 20 7946 0958</p>",
    "<p>Go to https://evil.example/</p>",
    "<p>Go to www.evil.example now</p>",
    f'<a href="https://losbanos.org/" {REL}>https://evil.example</a>',
    '<form method="post" action="/x"><input type="submit" value="Call 900-555-0199"></form>',
    '<select aria-label="x"><option label="900-555-0199">x</option></select>',
    '<p aria-valuetext="900-555-0199">x</p>',
    '<p data-x="900-555-0199">x</p>',
    '<ol start="9005550199"><li>x</li></ol>',
    '<ol><li value="5550199">x</li></ol>',
    '<form method="get" action="/en/us/note/"><button>x</button></form>',
    '<form action="/en/us/note/"><button>x</button></form>',
    '<form method="post" action="/x"><button formmethod="get">x</button></form>',
    '<p tabindex="1">x</p>',
    '<meta name="viewport" content="width=1">',
]
HIDES = [
    ("<header>", "<details><summary>x</summary><header>", "</header>", "</header></details>"),
    ('<a id="exit"', '<a id="exit" class="small"'),
    ('<a id="exit"', '<a id="exit" hidden'),
    ('<a id="exit"', '<a id="exit" inert'),
    ('<a id="exit"', '<a id="exit" tabindex="-1"'),
    ("<header>", "<header hidden>"),
    ("<header>", '<header aria-hidden="true">'),
    ("<header>", "<header inert>"),
    ('<p class="care">', '<p class="care" hidden>'),
    ("<main>", '<main hidden="until-found">'),
    ("</style>", ".x{display:none}</style>", '<ul class="calls">', '<ul class="calls x">'),
    ("</style>", "header.top{opacity:0}</style>", "<header>", '<header class="top">'),
    ("</style>", "#exit{position:static}</style>"),
]


@pytest.mark.parametrize("part", [*LEADS_OUT, *CALLS, *NOT_AS_IT_IS_READ])
def test_what_leads_out_loads_runs_or_calls_somebody_else_is_refused(
    html: str, content: Content, part: str
) -> None:
    found = told(with_part(html, part), content)
    assert found
    assert all(len(sentence) < 400 for sentence in found)


@pytest.mark.parametrize("change", HIDES, ids=lambda change: change[1])
def test_what_a_page_hides_is_refused_whichever_class_does_it(
    html: str, content: Content, change: tuple[str, ...]
) -> None:
    for old, new in zip(change[::2], change[1::2], strict=True):
        assert old in html
        html = html.replace(old, new, 1)
    assert told(html, content)


@pytest.mark.parametrize(
    "part",
    [
        f'<a href="https://losbanos.org/report/?a=1&amp;b=2#x" {REL}>x</a>',
        '<a href="#exit">x</a>',
        '<a href="/en/us/">x</a>',
        '<a href="tel:911">Call <bdi dir="ltr">911</bdi></a>',
        '<a href="tel:+18883737888"><bdi dir="ltr">1-888-373-7888</bdi></a>',
        "<p>Call 888-373-7888, (888) 373-7888 or 1 888 373 7888.</p>",
        "<p>Checked on 2026-11-25; 12,000 cases in 2024; 24/7; ZIP 93635-1234.</p>",
        "<p>Your code: 12345 67890 12345 67890.</p>",
        "<details><summary>x</summary><p>y</p></details>",
        '<table><caption>x</caption><tr><th scope="col">x</th></tr><tr><td>y</td></tr></table>',
        '<img src="data:image/svg+xml,x" alt="x">',
        '<form method="post" action="/en/us/note/" autocomplete="off"><button formaction="/es/us/note/"'
        ' formnovalidate name="l" value="es">x</button></form>',
        "<noscript><p>x</p></noscript>",
        '<a href="tel:911" aria-label="Call 9 1 1"><strong>911</strong></a>',
        '<details open><summary>x</summary><p><a href="tel:911">911</a></p></details>',
        "<p>It is at https://losbanos.org/report.</p>",
        "<p>In 2024, 123,456 of 1,234,567 people; rooms 100, 200 and 300; 200 REPORT.</p>",
    ],
)
def test_what_a_clerk_would_write_passes(html: str, content: Content, part: str) -> None:
    assert told(with_part(html, part), content) == []


def test_a_number_that_only_pages_without_a_script_show_does_not_count(html: str, content: Content) -> None:
    start = html.index('<ul class="calls">')
    end = html.index("</header>")
    hidden = f"{html[:start]}<noscript>{html[start:end]}</noscript>{html[end:]}"
    assert any("911 is missing" in sentence for sentence in told(hidden, content))


def test_a_comment_in_a_number_is_told_in_the_same_words_in_every_process(
    html: str, content: Content
) -> None:
    link = '<a href="tel:+18883737888">888-373-7888<!-- x --></a>'
    [sentence] = [one for one in told(with_part(html, link), content) if "stand words alone" in one]
    assert sentence.endswith("stand words alone: <!--> may hide some.")
