"""What the doctor can see here: settings, recipients, contacts, languages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from chalicelib.delivery.adapters.mail_encryption import KeyedEncrypter
from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.contacts import CONFIRMED, Contact
from chalicelib.directory.content import Content, read_content
from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SITE,
)
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.recipients import Recipient, offered_at, read_recipients
from chalicelib.shared.retention import KEEP_DAYS
from tools.aws.findings import (
    DEPLOY,
    FINE,
    LOOK,
    OPEN,
    Finding,
)
from tools.aws.stage import Stage
from tools.aws.template.choices import OPERATOR

STALE = timedelta(days=90)
KEY_ENDS_SOON = timedelta(days=30)
MOST_PLACES = 3000  # in ten languages: so many were measured (`python -m bench.towns`)

_EXAMPLE = "example.org"

Texts = Mapping[str, str]


def of_settings(stage: Stage) -> Iterator[Finding]:
    """Look at what the operator chose."""
    for problem in stage.problems:
        yield Finding(DEPLOY, "settings", problem)
    if stage.problems:
        return
    left = [name for name, value in sorted(stage.parameters.items()) if value.endswith(_EXAMPLE)]
    if left:
        sentence = f"{', '.join(left)} still name {_EXAMPLE}, as in deploy/example.json: fill them in."
        yield Finding(DEPLOY, "settings", sentence)
        return
    lacking = [name for name in OPERATOR if not stage.parameters.get(name)]
    if lacking and stage.name == "prod":
        sentence = f"{' and '.join(lacking)} must say who runs the site: “About this page” tells everybody."
        yield Finding(DEPLOY, "settings", sentence)
        return
    yield Finding(FINE, "settings", f"deploy/{stage.name}.json has what the template needs.")
    if not stage.parameters.get("DomainName"):
        yield Finding(
            LOOK, "settings", "The site has no name of its own; CloudFront's looks odd in a history."
        )
    if stage.parameters.get("SenderIdentityIs") == "address":
        yield Finding(LOOK, "settings", "Mail from a single address fails DMARC at strict receivers.")
    elif not stage.parameters.get("MailFromDomain"):
        yield Finding(LOOK, "settings", "Without MailFromDomain, DMARC stands on DKIM alone.")
    if not stage.first_publisher:
        yield Finding(LOOK, "settings", "Without first_publisher nobody can sign in at the desk.")


def of_promises(texts: Texts, stage: Stage) -> Iterator[Finding]:
    """Compare what the pages say of how long a report is kept with what the functions do."""
    try:
        said = read(texts)[0].site.keep_days
        done = int(stage.parameters.get("KeepDays", KEEP_DAYS))
    except (ContentInvalid, ValueError, LookupError):
        return  # said elsewhere
    if said != done:
        sentence = (
            f"The pages say that a report is deleted after {said} days, and KeepDays is {done}:"
            " write it as keep_days into “site”, and publish."
        )
        yield Finding(DEPLOY, "settings", sentence)


def of_content(texts: Texts, today: date) -> Iterator[Finding]:
    """Look at contacts, recipients and languages. `texts` are the documents as they are published."""
    try:
        content, recipients = read(texts)
    except (ContentInvalid, ValueError, LookupError) as error:
        yield Finding(DEPLOY, "content", f"A document breaks a rule: {error}")
        return
    yield from of_recipients(content, recipients, today)
    yield from of_contacts(content.contacts, today)
    yield from of_languages(content)
    yield from of_size(content)


def read(texts: Texts) -> tuple[Content, tuple[Recipient, ...]]:
    """Return what the documents say. Raises ContentInvalid, or a ValueError for what is not JSON."""
    places, contacts, site, recipients = (
        json.loads(texts[name]) for name in (PLACES, CONTACTS, SITE, RECIPIENTS)
    )
    content = read_content(places, contacts, site)
    return content, read_recipients(recipients, [place.slug for place in content.places])


def of_recipients(content: Content, recipients: Iterable[Recipient], today: date) -> Iterator[Finding]:
    """Look at who gets reports: consent, second addresses, keys, and whether a place has anybody who acts."""
    everybody = tuple(recipients)
    for one in everybody:
        if one.agreed_on is None:
            yield Finding(
                DEPLOY, f"recipient {one.id}", "It has not agreed to get reports: no date of consent."
            )
        elif one.agreed_on > today:
            yield Finding(DEPLOY, f"recipient {one.id}", f"Its consent is of the future: {one.agreed_on}.")
        if not one.fallback:
            yield Finding(
                LOOK, f"recipient {one.id}", "It has no second address: one bounce, and nobody reads."
            )
        yield from _of_key(one, today)
    for place in content.places:
        offered = offered_at(
            everybody, [one.slug for one in content.places.chain(place.slug)], agreed_only=True
        )
        about = f"place {place.slug}"
        if not offered:
            yield Finding(DEPLOY, about, "Its form has nobody to send a report to who agreed to get one.")
        elif all(one.nature == "awareness" for one in offered):
            yield Finding(
                LOOK,
                about,
                "All who get its reports are mailboxes of campaigns, which may not act: ask one that does.",
            )
        else:
            yield Finding(FINE, about, f"{len(offered)} recipients agreed to get its reports.")


def _of_key(one: Recipient, today: date) -> Iterator[Finding]:
    if not one.key:
        return
    about = f"key of {one.id}"
    known = KeyedEncrypter(lambda: datetime.now(UTC)).describe(one.key)
    if not known.usable:
        yield Finding(DEPLOY, about, f"It cannot be used, so its mail would be held: {known.reason}.")
    elif known.expires_on and known.expires_on - today <= KEY_ENDS_SOON:
        yield Finding(LOOK, about, f"It stops working on {known.expires_on}: ask for the next one.")
    else:
        yield Finding(FINE, about, f"It works ({known.kind}, until {known.expires_on or 'further notice'}).")


def of_contacts(contacts: Iterable[Contact], today: date) -> Iterator[Finding]:
    """Look at when a person last checked each contact, and how sure we are of it."""
    for one in contacts:
        about = f"contact {one.id}"
        if one.checked_on is None:
            yield Finding(
                DEPLOY, about, "Nobody has checked it: call or open it, then write checked_on and checked_by."
            )
        elif today - one.checked_on > STALE:
            yield Finding(LOOK, about, f"It was last checked on {one.checked_on}: call it again.")
        else:
            yield Finding(FINE, about, f"Checked on {one.checked_on} by {one.checked_by}.")
        if one.mark != CONFIRMED:
            yield Finding(LOOK, about, f"It is published and marked {one.mark}.")


def of_languages(content: Content) -> Iterator[Finding]:
    """Look at which languages a person has checked."""
    for locale in content.site.locales:
        if locale.drafted:
            sentence = "No person has checked these sentences; each page says so."
            yield Finding(LOOK, f"language {locale.tag}", sentence)


def of_size(content: Content) -> Iterator[Finding]:
    """Look at whether publishing so many places was ever measured."""
    places = len(tuple(content.places))
    if places > MOST_PLACES:
        sentence = (
            f"{places} places are more than the {MOST_PLACES} that were measured: publish on another stage"
            " first, and look at how long run_job takes."
        )
        yield Finding(OPEN, "places", sentence)


def shipped_texts() -> dict[str, str]:
    """Return the documents of content as they ship."""
    names = (PLACES, CONTACTS, SITE, RECIPIENTS)
    return {name: (CONTENT / f"{name}.json").read_text(encoding="utf-8") for name in names}
