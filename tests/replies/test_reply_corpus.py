"""Our own corpus of replies, and the command that tries one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import reply_corpus

RESULTS = [reply_corpus.tried(mail, expected) for mail, expected in reply_corpus.samples(reply_corpus.CORPUS)]
LANGUAGES = ("en", "es", "pt", "fil", "zh-Hans", "zh-Hant", "ar", "km", "pa", "hmn")


def test_the_corpus_is_of_ten_languages_with_and_without_fences() -> None:
    assert len(RESULTS) >= 60
    for language in LANGUAGES:
        names = [one for one in RESULTS if Path(one.name).name.startswith(f"{language}_")]
        assert {one.fenced for one in names} == {True, False}


def test_hardly_any_reply_of_ours_loses_or_leaks_a_word() -> None:
    assert reply_corpus.is_good(RESULTS)
    assert sum(one.exact for one in RESULTS) >= len(RESULTS) - 2
    assert not [one.name for one in RESULTS if one.lost]
    assert not [one.name for one in RESULTS if one.leaked]


def test_no_word_of_a_report_is_left_where_fences_stand() -> None:
    odd = (
        "There are four girls",
        "cuatro muchachas",
        "quatro meninas",
        "apat na babae",
        "四个女孩",
        "四個女孩",
    )
    for one in RESULTS:
        if one.fenced:
            assert not any(words in one.reply.text + one.reply.whole for words in odd), one.name
            assert not one.reply.repeats, one.name
            assert not one.reply.text_repeats or "without_blank" in one.name, one.name


def test_the_command_prints_counts_and_fails_where_a_corpus_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["reply_corpus", str(tmp_path)])
    assert reply_corpus.main() == 1
    (tmp_path / "a.txt").write_text("We have it.\n\nOn 1/2/2026 at 9:00, x@y.example wrote:\n> q\n")
    (tmp_path / "a.expected.txt").write_text("We have it.\n")
    assert reply_corpus.main() == 0
    (tmp_path / "b.txt").write_text("We have it.\n")
    (tmp_path / "b.expected.txt").write_text("We have it. And more.\n")
    monkeypatch.setattr(sys, "argv", ["reply_corpus", str(tmp_path), "--show"])
    assert reply_corpus.main() == 1
    told = capsys.readouterr().out
    assert "2 mails: 1 exact, 1 lost, 0 leaked" in told
    assert "lost ['And', 'more.']" in told
