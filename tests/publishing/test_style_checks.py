"""The style sheet, read as a browser reads it: what hides, covers or cannot be read, and what passes."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.publishing.documents import STOPS
from chalicelib.publishing.style.checks import check_style

SHIPPED = (TEMPLATES / "public" / "page.css").read_text(encoding="utf-8")
LAST = SHIPPED.count("\n")
found = cache(check_style)
EDGES = {number for number, line in enumerate(SHIPPED.split("\n"), 1) if "var(--edge)" in line}


def stops(text: str) -> list[str]:
    return [problem.sentence for problem in found(text) if problem.weight == STOPS]


def with_rule(rule: str) -> str:
    """Return the shipped style with a rule below it."""
    return f"{SHIPPED}\n\n{rule}"


def test_the_shipped_style_passes() -> None:
    assert check_style(SHIPPED) == []


HIDES = [
    "#exit{position:static}",
    "#exit { position : static !important }",
    "#\\65 xit { position: static }",
    "#EXIT, #exit { position: fixed }",
    "[id=exit] { position: relative }",
    "[id='exit'] { display: none }",
    "[id^=ex] { display: none }",
    "[ID=exit i] { display: none }",
    "a:not(.number) { display: none }",
    "a:first-of-type { display: none }",
    ":is(#exit) { display: none }",
    ":where(a, b) { opacity: 0 }",
    "body > a { opacity: .01 }",
    "body > :not(header, main) { visibility: hidden }",
    "a[data-exit] { visibility: collapse }",
    "html a[rel~=nofollow] { clip-path: inset(50%) }",
    "* { clip: rect(0, 0, 0, 0) }",
    "* + header, html > body > a { transform: translateX(-99rem) }",
    "#exit { translate: 0 -99rem }",
    "#exit { scale: 0 }",
    "#exit { rotate: 90deg }",
    "#exit { margin-block-start: -9rem }",
    "#exit { margin: -9rem 0 0 }",
    "#exit { inset-block-start: -9rem }",
    "#exit { inset: -9rem 0 auto }",
    "#exit { top: auto; inset: auto 0 0 0; bottom: 5rem }",
    "#exit { font-size: 0 }",
    "#exit { font: 0/0 a }",
    "#exit { font: 1px/1 sans-serif }",
    "#exit { text-indent: -999rem }",
    "#exit { block-size: 0; overflow: hidden }",
    "#exit { max-inline-size: 0 }",
    "#exit { line-height: 0 }",
    "#exit { z-index: -1 }",
    "#exit { content-visibility: hidden }",
    "#exit { all: unset }",
    "#exit { pointer-events: none }",
    "#exit { filter: opacity(0) }",
    "#exit { mask: linear-gradient(transparent, transparent) }",
    "#exit { display: contents }",
    "#exit { float: left }",
    "#exit { zoom: .01 }",
    "#exit { offset-path: none }",
    "#exit { display: var(--how) } :root { --how: none }",
    "#exit { display: var(--nowhere) }",
    "#exit { position: var(--a, static) }",
    "#exit::first-line { font-size: 0 }",
    "#exit:hover { display: none }",
    "@media screen { #exit { display: none } }",
    "@media not print { #exit { display: none } }",
    "@media print, screen { #exit { display: none } }",
    "@media (min-width: 1px) { #exit { display: none } }",
    "@media screen { @media (color) { #exit { display: none } } }",
    "@supports (display: grid) { #exit { display: none } }",
    "@layer over { #exit { display: none } }",
    "@container (width > 1px) { #exit { display: none } }",
    "body { & > a { display: none } }",
    "body { > a { display: none } }",
    "body { a { @media screen { display: none } } }",
    "/* } */ #exit /* { */ { /* : */ display /**/ : /**/ none }",
    'a { content: "}"; } #exit { display: none }',
    ".care { display: none }",
    "header { opacity: .3 }",
    "[class|=care] { position: absolute; inset-block-start: -99rem }",
    "p { visibility: hidden }",
    ".now { font-size: 2px }",
    ".number { display: none }",
    "[href='tel:911'] { display: none }",
    "[href*=sms] { opacity: 0 }",
    "bdi { unicode-bidi: bidi-override; direction: rtl }",
    ".number bdi { font-size: 0 }",
    "section { display: none }",
    "main { max-block-size: 1px; overflow: hidden }",
    "html { overflow: hidden }",
    "body { overflow-y: clip }",
    "html { font-size: 1px }",
    "body:has(form) { display: none }",
    "html:root body { display: block }",
    "body { display: block !important }",
    "#exit:hover ~ * { visibility: hidden }",
    "#exit:focus ~ * { visibility: hidden }",
    "#exit ~ * { visibility: hidden }",
    ".small { visibility: visible }",
    "@media print { .number { display: none } }",
    "@media print { body { display: none } }",
]
COVERS = [
    "main::before { content: ''; position: fixed; inset: 0; background: #fff; color: #000 }",
    ".small { position: absolute; inset: 0 }",
    ".small { position: relative; inset-block-start: -20rem }",
    ".small { position: relative; z-index: 99 }",
    "nav { z-index: 1 }",
    ".small { outline: 99rem solid }",
    ".small { box-shadow: 0 0 0 99rem #767676 }",
    ".small { border-image: linear-gradient(#fff, #fff) 1 / 1 / 99rem }",
    ".hint { margin-block-end: -50rem }",
    ".hint { margin-block-end: 999rem }",
    "nav { min-block-size: 500vh }",
    ".hint { transform: scale(50) }",
    ".hint { text-shadow: 0 0 99rem #000 }",
    "@keyframes x { to { opacity: 0 } } .hint { animation: x 1s }",
    "main { transition: all 99s }",
    "* { transition: visibility 99s }",
    "* { transition: 99s }",
    ".hint { backdrop-filter: blur(9px) }",
]
TURNS_AROUND = [
    "body { display: flex; flex-direction: column-reverse }",
    "body { display: flex; flex-flow: column-reverse }",
    "header { display: flex; flex-wrap: wrap-reverse }",
    "body { display: grid; grid-auto-rows: 500rem; align-items: end }",
    "body { display: grid; grid-template: 100vh / 1fr; align-content: end }",
    "body { display: grid; grid-template-rows: 500fr 1fr }",
    "html { touch-action: none }",
    "html { scroll-snap-type: y mandatory }",
    ".now { cursor: none }",
    ".care { white-space: nowrap }",
    "body { text-wrap: nowrap }",
    ".number { text-decoration: line-through }",
    ".care { text-decoration-line: line-through }",
    ".gone body { display: block }",
    ".gone body { display: none; display: block }",
    ":root.gone body { display: flex }",
    "[class~=gone] body { display: block }",
]
EXIT_OVER_ALL = [
    "#exit { box-shadow: 0 0 0 99rem #14395f }",
    "#exit { outline: 99rem solid #14395f }",
    "#exit { border-block-width: 30rem }",
    "#exit { min-block-size: 30rem }",
    "#exit { block-size: 100vh }",
    "#exit { height: 90% }",
    "#exit { padding: 10rem }",
    "#exit { padding-block: 40% }",
    "#exit { line-height: 4 }",
    "#exit { font: 4rem/4 sans-serif }",
    "#exit::before { content: ''; display: block; padding-block: 42rem }",
]
PUT_BESIDE = [
    "body::before { content: ''; display: block; padding-block: 42rem }",
    "html::before { content: ''; display: block; block-size: 30rem }",
    "body::before { content: '\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a'; white-space: pre }",
    ".number::before { content: '1-900-' }",
    ".number bdi::after { content: '9' }",
    "[href^=tel]::before { counter-reset: a 90; content: counter(a) }",
    "a::after { content: attr(data-x) }",
    ".number { quotes: '9' '9' } .number::before { content: open-quote }",
    "ul { list-style: '1-900-' }",
    ".row li::marker { content: '911 ' }",
    ".number::after { content: ''; display: inline-block; inline-size: 2rem; block-size: 2rem;"
    " margin-inline-start: -2rem; background: #fff; color: #000 }",
    ".number::after { content: ''; box-shadow: -1rem 0 0 1rem #767676 }",
    ".number::after { content: ''; position: relative; inset-inline-start: -1rem }",
    "section a { margin-inline-end: -2rem }",
    "h1 { position: relative; margin-block-start: -2rem; background: #14395f; color: #fff }",
    "h1 { position: relative; inset-block-start: -1rem; background: #14395f; color: #fff }",
    ":root { --f: Webdings } .number { font-family: var(--f) }",
]
MOVED = [*HIDES, *TURNS_AROUND, *EXIT_OVER_ALL, *PUT_BESIDE, *COVERS]
OUTSIDE = [
    "@import 'x.css';",
    "@import url(x.css) print;",
    "h1 { background: url(//evil.example/x) }",
    "h1 { background: u\\72l(x) }",
    "h1 { background: image-set('x.png' 1x) }",
    "h1 { background: -webkit-image-set('x.png' 1x) }",
    "h1 { --x: url(x) }",
    "h1 { cursor: url('x'), auto }",
    "li { list-style: url(x) }",
    "@font-face { font-family: x; src: url(x) }",
    "@namespace x url(y);",
    "@property --x { syntax: '*'; inherits: false }",
    "h1 { -moz-binding: none url(x) }",
    "h1 { width: expression(alert(1)) }",
    "h1 { behavior: url(x) }",
    "h1 { background: cross-fade(url(x), url(y)) }",
    "h1::after { content: '</style><script>' }",
    "/* </style> */",
    ".number::after { content: 'or 1-900-555-0199' }",
    "li { list-style-type: '900 555 0199 ' }",
    ".hint::after { counter-set: x 9005550199; content: counter(x) }",
    "h1 { content: linear-gradient(#fff, #fff) }",
    ".number { font-family: Wingdings }",
]
UNREADABLE = [
    "h3 { color: red }",
    "h3 { background: #ddd }",
    "h3 { color: white; background: yellow }",
    "h3 { color: rgb(200 200 200); background: rgb(255, 255, 255) }",
    "h3 { color: rgba(0, 0, 0, .2); background: #fff }",
    "h3 { color: hsl(0 0% 80%); background: white }",
    "h3 { color: hwb(0 80% 0%); background: white }",
    "h3 { color: lab(90% 0 0); background: white }",
    "h3 { color: oklch(0.9 0 0); background: white }",
    "h3 { color: color(srgb .9 .9 .9); background: white }",
    "h3 { color: color-mix(in srgb, white 80%, black); background: white }",
    "h3 { color: color-mix(in oklab, white, black); background: white }",
    "h3 { color: rgb(from red r g b); background: white }",
    "h3 { color: transparent; background: white }",
    "h3 { color: Canvas; background: Canvas }",
    "h3 { color: CanvasText; background: #000 }",
    "h3 { color: ButtonText; background: Canvas }",
    "h3 { color: light-dark(#000, #222); background: light-dark(#fff, #000) }",
    ":root { --ink: #bbb } h3 { color: var(--ink); background: #fff }",
    "h3 { color: var(--nothing); background: #fff }",
    "h3 { color: #000; background: linear-gradient(#fff, #111) }",
    "@media (prefers-color-scheme: dark) { :root { --ink: #222 } }"
    " :root { --ink: #111; --paper: #fff } h3 { color: var(--ink); background: light-dark(#fff, #111) }",
    ".said { border: 1px solid #ccc }",
    ".said { border-color: gray lightgray }",
    ".said { border: 1px solid hsl(0 0% 90%) }",
    ":root { --edge: 1px solid #eee }",
    "a { outline: none }",
    "a:focus { outline: 0 solid }",
    "a { outline-width: 0 }",
    "a { outline-color: transparent }",
]
BROKEN = [
    "h3 {",
    "h3 { color: (",
    "}",
    "h3 { } }",
    "/* never closed",
    "h3 { content: 'x\n' }",
    "h3 { color red }",
    "{" * 90_000,
    "h3 { a: " + "(" * 200 + ")" * 200 + " }",
    "@media print { h3 { display: none }",
    "\x00",
    "h3 { & { & { & {",
]


@pytest.mark.parametrize(
    "rule", [*HIDES, *TURNS_AROUND, *EXIT_OVER_ALL, *PUT_BESIDE, *COVERS, *OUTSIDE, *UNREADABLE, *BROKEN]
)
def test_what_hides_covers_loads_or_cannot_be_read_is_refused(rule: str) -> None:
    assert stops(with_rule(rule)), rule


@pytest.mark.parametrize("rule", [*MOVED, *UNREADABLE])
def test_the_line_is_that_of_the_rule(rule: str) -> None:
    problems = found(with_rule(rule))
    assert {problem.line for problem in problems if problem.weight == STOPS} & {LAST + 3, *EDGES}, problems


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("position: sticky", "position: static"),
        ("position: sticky; ", ""),
        ("inset-block-start: 0; z-index: 1; top: 0", "z-index: 1"),
        ("z-index: 1", "z-index: 0"),
        ("#exit { position", "@media (min-width: 1px) { #exit { color: inherit } } #exitt { position"),
        ("#exit:focus:not(:focus-visible) ~ *", "#exit:focus:not(:focus-visible) ~ main"),
        (".gone body { display: none }", ""),
        (".gone body { display: none }", "@media print { .gone body { display: none } }"),
        ("scroll-padding-block-start: 5rem", "scroll-padding-block-start: 0rem"),
        ("color-scheme: light dark", "color-scheme: light"),
        (":focus-visible { outline: 3px solid", ":focus-visible { outline: none"),
        (":focus-visible { outline: 3px solid", "@media print { } .x:focus-visible { outline: 3px solid"),
    ],
)
def test_what_the_exit_lives_by_is_missed_when_it_is_gone(old: str, new: str) -> None:
    assert old in SHIPPED
    assert stops(SHIPPED.replace(old, new, 1))


PASSES = [
    "#exit::before { content: '\u2190 ' }",
    "#exit { padding: 1rem 2rem; font-size: 1.25rem }",
    ".care::before { content: '\u26a0 '; font-weight: 700 }",
    ".number, .row a { white-space: nowrap }",
    "h2::before { counter-increment: part; content: counter(part) '. ' }",
    "li::marker { content: '\u2013 ' }",
    "a[rel~=nofollow]::after { content: ' \u2197' }",
    ".row { margin-inline: -.5rem; display: grid;"
    " grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)) }",
    "h1 { margin-block-start: -.25rem; text-decoration: underline }",
    "body { display: flex; flex-direction: column }",
    "header { display: grid; grid-template: auto auto / 1fr 20rem }",
    'h3::before { content: "}" }',
    "h3::before { content: '{' ; }",
    'h3::before { content: "\\201C" }',
    "a[href]::after { content: ' (' attr(href) ')' }",
    "h3::after { content: '/* no comment */' }",
    "h3 { quotes: '«' '»' }",
    "@media print { #exit { display: none } .care { display: none } }",
    "@media only print and (orientation: landscape) { #exit { display: none } }",
    "@media print { a { color: CanvasText } @media (color) { #exit { visibility: hidden } } }",
    "@media (prefers-color-scheme: dark) { :root { --edge: 1px solid #aaa } }"
    " @media (prefers-color-scheme: light) { :root { --edge: 1px solid #555 } }",
    ":root { --ink: #111; --paper: #fff }"
    " @media (prefers-color-scheme: dark) { :root { --ink: #eee; --paper: #222 } }"
    " .said { color: var(--ink); background: var(--paper) }",
    ".said { color: light-dark(#111, #eee); background: light-dark(#fff, #222) }",
    ".said { color: navy; background: white; border: 2px solid currentcolor }",
    ".said { color: rgb(0 0 0 / .9); background: rgb(255, 255, 255) }",
    ".said { color: hsl(220 60% 20%); background: hwb(0 100% 0%) }",
    ".said { color: oklch(0.2 0 0); background: oklch(0.98 0 0) }",
    ".said { color: color-mix(in srgb, black 90%, white); background: white }",
    ".said { color: ButtonText; background: ButtonFace }",
    "a { color: LinkText }",
    "a { color: inherit }",
    "@supports (display: grid)"
    " { main { display: grid; grid-template-columns: 1fr minmax(0, 20rem); gap: 1rem } }",
    "@layer base { h3 { margin-block: 2rem } }",
    "@media (min-width: 40rem)"
    " { body { max-inline-size: 60rem; display: grid; grid-template-columns: 1fr } }",
    "main { container-type: inline-size } @container (min-width: 30rem) { .row { gap: 2rem } }",
    ".card { border-radius: 1rem; box-shadow: 0 .25rem .5rem #767676; padding: clamp(1rem, 3vw, 2rem) }",
    "section { & h3 { margin-block: 1rem } > ul { padding: 0 } }",
    "body { font-size: clamp(1rem, .9rem + .5vw, 1.25rem) }",
    "a, .button { transition: background-color .2s ease, color .2s }",
    ".visually-hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden;"
    " clip-path: inset(50%) }",
    ".toc { position: sticky; inset-block-start: 0; z-index: 0 }",
    "details > summary { cursor: pointer; list-style: none }",
    ".steps { counter-reset: step 0 } .steps li::before { counter-increment: step; content: counter(step) }",
    "@page { margin: 2cm }",
    "input:disabled { opacity: .5 }",
    "select { display: none }",
    "#exit { border-radius: .5rem; font-size: 1.125rem; letter-spacing: normal }",
    "#exit:hover { color: #fff; background: #0b2545 }",
    "@media (forced-colors: active) { #exit { border: 2px solid ButtonBorder } }",
    "@media (prefers-reduced-motion: reduce) { * { transition: none } }",
    "p { max-inline-size: min(100%, 65ch); margin-inline: auto }",
    "main { inline-size: calc(100% - 2rem) }",
]  # fmt: skip


@pytest.mark.parametrize("rule", PASSES)
def test_what_a_designer_would_write_passes(rule: str) -> None:
    assert not stops(f"{SHIPPED}\n{rule}")


@given(
    st.text(max_size=40) | st.text(st.sampled_from("#exit{}()[]:;,.*>~+&@'\"\\/ -0varmediprn%!"), max_size=60)
)
def test_any_text_is_checked_and_never_fails(text: str) -> None:
    check_style(text)
    for problem in check_style(f"{SHIPPED}\n{text}"):
        assert problem.sentence
