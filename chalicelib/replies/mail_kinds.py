"""Kinds of mail (bounce, absence note, receipt, calendar): told apart, and which are kept for a look.

Only a person's reply is ever shown. `Precedence: list` alone makes no automatic mail: people answer through
groups.
"""

from __future__ import annotations

import re

from chalicelib.replies.conversation import (
    AUTOMATIC,
    BOUNCE,
    CALENDAR,
    EMPTY,
    ENCRYPTED,
    FILES_ONLY,
    HUMAN,
    LIST,
    READ_RECEIPT,
    RECALL,
    TNEF,
    UNREADABLE,
)
from chalicelib.replies.mail_headers import Headers, address_of, decoded
from chalicelib.replies.mail_parts import MailParts
from chalicelib.replies.parsed_mail import PASS, ParsedMail
from chalicelib.replies.service_headers import envelope_sender, service_headers

# Not shown, and not thrown away: somebody may have written in them. All other kinds but HUMAN are only noted.
HELD_KINDS = frozenset({LIST, ENCRYPTED, TNEF, UNREADABLE})

_DAEMONS = re.compile(r"(?:mailer-daemon|mail-daemon|mailerdaemon|mdaemon|(bounces?))(?:[+=-].*)?@")
_UNDELIVERED = re.compile(
    r"undeliver|delivery (?:status|fail|incomplete)|failure notice|returned mail|mail delivery|could not"
    r" be deliver"
    r"|unzustellbar|no entregado|non remis|non recapitato|não entregue|无法送达|無法傳遞|退信",
    re.IGNORECASE,
)
_AUTO_FIELDS = frozenset({
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-auto-responder",
    "x-autoreply-from", "x-mail-autoreply", "x-fc-machinegenerated", "x-vacation", "x-vacation-to",
    "x-mdaemon-auto-response",
})  # fmt: skip
# How the subject of an absence note begins, in the languages of our offices and around them.
_AWAY = re.compile(
    r"(?:automatic reply|auto[- ]?reply|auto(?:mated)? response|auto(?:-| )?response|autoresponder|auto:"
    r"|out of (?:the )?office"
    r"|ooo:|i am away|away from|vacation|respuesta autom|fuera de (?:la )?oficina|resposta autom|fora do"
    r" escrit|ausência"
    r"|réponse autom|absence|absent du bureau|automatische antwort|abwesen|autoreply|risposta automatica"
    r"|fuori sede"
    r"|automatisch antwoord|afwezig|autosvar|automatiskt svar|poissa|automatyczna odpowied|автоответ"
    r"|автоматический ответ"
    r"|automatikong tugon|awtomatikong|自动回复|自动答复|自動回覆|自動答覆|自動返信|不在|자동 ?회신"
    r"|부재중|رد تلقائي|الرد التلقائي|خارج المكتب"
    r"|ឆ្លើយតបស្វ័យប្រវត្តិ|ਆਟੋਮੈਟਿਕ ਜਵਾਬ|ਸਵੈਚਲਿਤ|trả lời tự động|otomatik yanıt|ofis dışında)",
    re.IGNORECASE,
)
_RECALL = re.compile(
    r"(?:recall|message recall|rückruf|rappel|recuperar|recuperação|retirada|撤回)\s?:", re.IGNORECASE
)
_RECALLED = re.compile(
    r"would like to recall the message|möchte die nachricht .{0,200}zurückrufen|souhaite rappeler le message"
    r"|desea recuperar el mensaje|gostaria de cancelar a mensagem|message recall report",
    re.IGNORECASE,
)


def is_held(parsed: ParsedMail) -> bool:
    """Say whether a mail that is not HUMAN is to be kept for a look instead of noted.

    So is an automatic one that a person may have written: help desks answer like that, and some people's
    addresses and subjects read like a program's.
    """
    return parsed.kind in HELD_KINDS or (parsed.kind in (AUTOMATIC, BOUNCE) and parsed.generated)


def read_kind(headers: Headers, parts: MailParts) -> str:
    """Return the kind of a mail, the first that fits."""
    subject = decoded(headers.first("subject")).strip()
    null_path = envelope_sender(service_headers(headers)) == ""
    reported = parts.reports | {kind for kind in parts.types if kind.startswith("message/")}
    if _is_bounce(headers, reported, subject, null_path):
        return BOUNCE
    if "disposition-notification" in reported or "message/disposition-notification" in reported:
        return READ_RECEIPT
    if parts.calendar or "calendarmessage" in headers.first("content-class").lower():
        return CALENDAR
    words = " ".join([subject, *parts.texts, *parts.pages])[:2000]
    if _RECALL.match(subject) and _RECALLED.search(" ".join(words.split())):
        return RECALL
    if _is_automatic(headers, subject):
        return AUTOMATIC
    if null_path:
        return BOUNCE
    if _is_of_a_list(headers):
        return LIST
    if parts.encrypted:
        return ENCRYPTED
    if _has_any_words(parts):
        return HUMAN
    if parts.packed:
        return TNEF
    return FILES_ONLY if parts.files else EMPTY


def may_be_a_persons(headers: Headers, parts: MailParts, kind: str, dmarc: str) -> bool:
    """Say whether a person may have written a mail that is automatic, or a bounce.

    Either a help desk's program sent it, or nothing but a name speaks for its kind, that of its sender or its
    subject, and it is proven where it came from. To look at one too many costs little.
    """
    if kind == AUTOMATIC and _was_generated(headers, parts):
        return True
    return dmarc == PASS and _has_any_words(parts) and _is_by_name_alone(headers, parts, kind)


def _is_by_name_alone(headers: Headers, parts: MailParts, kind: str) -> bool:
    subject = decoded(headers.first("subject")).strip()
    told = envelope_sender(service_headers(headers)) == "" or headers.has("x-failed-recipients")
    if told or parts.reports or _is_marked(headers):
        return False
    if kind == AUTOMATIC:
        return True  # its subject said so
    named = _DAEMONS.match(address_of(headers.all("from")))
    return kind == BOUNCE and bool(named and named[1]) and not _UNDELIVERED.search(subject)


def _was_generated(headers: Headers, parts: MailParts) -> bool:
    """Say whether a program sent a mail that answers ours and that a person may have written.

    An absence note says of itself that it is a reply, or what it is.
    """
    said = headers.first("auto-submitted").lower()
    away = _AWAY.match(_without_re(decoded(headers.first("subject"))))
    marked = any(headers.has(name) for name in _AUTO_FIELDS) or said.startswith("auto-replied")
    return bool(_answers(headers) and _has_any_words(parts) and not away and not marked)


def _is_bounce(headers: Headers, reported: set[str], subject: str, null_path: bool) -> bool:
    sender = address_of(headers.all("from"))
    if "delivery-status" in reported or "message/delivery-status" in reported:
        return True
    if headers.has("x-failed-recipients") or _DAEMONS.match(sender):
        return True
    told = null_path or bool(_UNDELIVERED.search(subject)) or headers.has("auto-submitted")
    return (sender.startswith("postmaster@") and told) or (null_path and bool(_UNDELIVERED.search(subject)))


def _is_automatic(headers: Headers, subject: str) -> bool:
    return _is_marked(headers) or bool(_AWAY.match(_without_re(subject)))


def _is_marked(headers: Headers) -> bool:
    """Say whether a header says that a program sent a mail."""
    said = headers.first("auto-submitted").partition(";")[0].strip().lower()
    if said and said != "no":
        return True
    if headers.first("precedence").strip().lower() in ("auto_reply", "auto-reply", "junk", "bulk"):
        return True
    if headers.first("preference").strip().lower() == "auto_reply":
        return True
    if any(headers.has(name) for name in _AUTO_FIELDS):
        return True
    by_class = (
        headers.first("x-post-messageclass").lower() + headers.first("x-ms-exchange-message-class").lower()
    )
    return "autorespond" in by_class or "oof" in by_class


def _is_of_a_list(headers: Headers) -> bool:
    """Say whether a mail went out to a list and answers nothing: a newsletter, a notice of a group."""
    listed = any(headers.has(name) for name in ("list-unsubscribe", "list-id", "list-post"))
    return (listed or headers.first("precedence").strip().lower() == "list") and not _answers(headers)


def _answers(headers: Headers) -> bool:
    return bool(headers.first("in-reply-to").strip() or headers.first("references").strip())


def _without_re(subject: str) -> str:
    return re.sub(
        r"\A\s*(?:(?:re|aw|sv|vs|antw|rv|res|ref|回复|答复|回覆)\s{0,2}[:：]\s{0,5}){1,5}",
        "",
        subject,
        flags=re.I,
    ).strip()


def _has_any_words(parts: MailParts) -> bool:
    return any(text.strip() for text in parts.texts) or any(_has_words(page) for page in parts.pages)


def _has_words(page: str) -> bool:
    bare = re.sub(r"<(?:style|script|title)\b[^<>]*>[^<]*", " ", page[:200_000], flags=re.IGNORECASE)
    return bool(re.search(r"\w", re.sub(r"<[^<>]*>|&nbsp;|&#160;", " ", bare)))
