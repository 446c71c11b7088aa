"""Taxonomies of HSDS records: ours of needs and audiences (CC0), and codes of Open Eligibility beside them.

Open Eligibility 2.0 is by Aunt Bertha, Inc., CC BY-SA 3.0: its codes and names of terms are used here. It
has none for reporting, or for native people; 211's taxonomy is licensed, so none of its codes is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib.directory.hsds.ids import inner_id
from chalicelib.directory.services import AUDIENCES, NEEDS, Service

OWN, ELIGIBILITY, OF_RECORDS = "Porchlight needs and audiences", "Open Eligibility", "Porchlight records"
CATEGORY, AUDIENCE, OF_RECORD = "service_category", "target_audience", "record"


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its code, name, what it means, and its taxonomy; `link` says what it tells of a service."""

    taxonomy: str
    code: str
    name: str
    description: str
    link: str

    @property
    def id(self) -> str:
        """Return its id, which no language and no version of its taxonomy changes."""
        return _id_of(self.taxonomy, self.code)


@cache
def _id_of(taxonomy: str, code: str) -> str:
    return inner_id("taxonomy_term", taxonomy, code)


_NEEDS = {
    "danger": ("Danger right now", "Police, an ambulance, or a line that is answered day and night"),
    "talk": ("Somebody to talk to", "People who listen and help to plan what comes next"),
    "bed": ("A safe place to stay", "A bed for tonight, or for a longer time"),
    "doctor": ("A doctor", "Care for body and mind"),
    "lawyer": ("A lawyer", "Advice on the law, and somebody who speaks for you"),
    "papers": ("Papers", "Immigration, identity papers and letters"),
    "work": ("Work", "Wages, a job, and rights at work"),
    "food": ("Food", "Meals and groceries"),
    "money": ("Money", "Help to pay for what is needed"),
    "ride": ("A ride", "A way to get somewhere"),
    "children": ("Help with children", "Care for children and help for their parents"),
    "school": ("School", "Learning, for children and adults"),
    "report": ("Tell an agency", "Where to tell what somebody saw"),
}
_AUDIENCES = {
    "anyone": "Anyone",
    "children": "Children",
    "young people": "Young people",
    "women": "Women",
    "men": "Men",
    "lgbtq": "LGBTQ people",
    "partners": "People hurt by a partner",
    "workers": "Workers",
    "immigrants": "Immigrants",
    "native people": "Native people",
    "victims": "Victims of a crime",
}
_RECORDS = {
    "slug": "The stable name of the service where it was written",
    "organization": "The stable name of its organization there",
    "serves": "The place whose people look after the record",
    "mark": "How many publishers agree on it: CONFIRMED, SINGLE or UNVERIFIED",
    "source": "Where it was read",
    "read-on": "The day on which it was read",
    "assured-by": "The role of who confirmed it last",
    "shown-first": "Shown on a first page, so confirmed more often",
    "confidential": "Nobody may learn where it is",
    "name-lang": "The language of its name",
    "translation": "A text in another language: tag, field, text",
}
# Need or audience: code and name in Open Eligibility 2.0.
_SAME_IN_ELIGIBILITY = {
    "danger": ("1123", "Immediate Safety"), "talk": ("1303", "Support Network"),
    "bed": ("1121", "Emergency Shelter"), "doctor": ("1206", "Medical Care"),
    "lawyer": ("1375", "Advocacy & Legal Aid"), "papers": ("1381", "Citizenship & Immigration"),
    "work": ("1110", "Work"), "food": ("1102", "Food"), "money": ("1107", "Money"),
    "ride": ("1105", "Transit"), "children": ("1280", "Childcare"), "school": ("1109", "Education"),
}  # fmt: skip
_AUDIENCE_IN_ELIGIBILITY = {
    "anyone": ("20001", "Anyone in Need"), "children": ("20005", "Children"),
    "young people": ("20004", "Teens"), "women": ("20036", "Women"), "men": ("20037", "Men"),
    "lgbtq": ("20078", "LGBTQ"),
    "partners": ("20083", "Domestic Violence Survivors"), "workers": ("20032", "Employed"),
    "immigrants": ("20012", "Immigrants"), "victims": ("20080", "All Survivors"),
}  # fmt: skip
_MORE_AUDIENCES = {"20084": "victims", "20081": "victims", "20086": "victims", "20014": "immigrants",
                   "20013": "immigrants", "20060": "young people", "20040": "young people"}  # fmt: skip
# First and last code of a branch of Open Eligibility, and the need it is; a code by itself comes first.
_BRANCHES = (
    (1112, 1112, "danger"), (1113, 1119, "money"), (1120, 1120, "food"), (1121, 1121, "bed"),
    (1123, 1124, "danger"), (1125, 1125, "bed"), (1126, 1126, "talk"), (1127, 1134, "food"),
    (1135, 1135, "bed"), (1136, 1136, "talk"), (1137, 1141, "money"), (1142, 1144, "talk"),
    (1145, 1154, "bed"), (1155, 1171, "money"), (1172, 1177, "ride"), (1178, 1231, "doctor"),
    (1232, 1270, "money"),
    (1271, 1286, "children"), (1292, 1297, "talk"), (1303, 1316, "talk"), (1317, 1356, "school"),
    (1346, 1346, "papers"), (1357, 1374, "work"), (1375, 1390, "lawyer"), (1381, 1381, "papers"),
    (1384, 1384, "papers"), (1386, 1386, "work"), (1390, 1390, "papers"), (1101, 1101, "danger"),
    (1102, 1102, "food"), (1103, 1103, "bed"), (1105, 1105, "ride"), (1106, 1106, "doctor"),
    (1107, 1107, "money"), (1109, 1109, "school"), (1110, 1110, "work"), (1111, 1111, "lawyer"),
)  # fmt: skip
# Words of categories and names, as sheets of organizations have them.
_WORDS = {
    "danger": r"911|police|sheriff|immediate safety|in danger|emergency (?!shelter|food|hous|financ|rent)",
    "talk": r"counsel|hot ?line|help ?line|crisis|support group|advoca|case manag|mental|behavio|peer|talk",
    "bed": r"shelter|(?<!fair )housing(?! (right|advi|couns))|safe ?house|safe place|\bbeds?\b|homeless"
    r"|refuge\b|lodging|transitional",
    "doctor": r"medical|\bclinic|dental|doctor|hospital|health ?care|public health|substance|rehab",
    "lawyer": r"\blegal|lawyer|attorney|\blaw\b|\bcourt|restraining",
    "papers": r"immigra|citizenship|\bvisas?\b|identification|passport|interpret|translat|naturali",
    "work": r"\bjobs?\b|employ|\bwork(?!shop)|labou?r|\bwages?\b|career",
    "food": r"\bfood|\bmeals?\b|pantry|nutrition|grocer|hunger",
    "money": r"financ|\bmoney|\bcash|benefit|rent assist|utilit|compensation|clothing|furniture",
    "ride": r"transport|\bbus\b|\brides?\b|transit",
    "children": r"child ?care|day ?care|child|parent|family resource|foster",
    "school": r"school|educat|\besl\b|\bged\b|tutor|literacy|training",
    "report": r"\breport|tip ?line|complaint|enforcement",
}
_FINDERS = {need: re.compile(words, re.IGNORECASE) for need, words in _WORDS.items()}


def _all_terms() -> tuple[Term, ...]:
    own = [Term(OWN, code, name, says, CATEGORY) for code, (name, says) in _NEEDS.items()]
    own += [Term(OWN, f"for {code}", name, name, AUDIENCE) for code, name in _AUDIENCES.items()]
    theirs = [Term(ELIGIBILITY, code, name, name, CATEGORY) for code, name in _SAME_IN_ELIGIBILITY.values()]
    theirs += [
        Term(ELIGIBILITY, code, name, name, AUDIENCE) for code, name in _AUDIENCE_IN_ELIGIBILITY.values()
    ]
    records = [Term(OF_RECORDS, code, code, says, OF_RECORD) for code, says in _RECORDS.items()]
    return (*own, *theirs, *records)


TERMS = _all_terms()
_TAXONOMIES = {
    str(one["name"]): one
    for one in [
        {
            "id": inner_id("taxonomy", OWN),
            "name": OWN,
            "description": "What somebody needs, and for whom a service is. CC0 1.0.",
            "version": "1",
        },
        {
            "id": inner_id("taxonomy", ELIGIBILITY),
            "name": ELIGIBILITY,
            "description": "Human services taxonomy by Aunt Bertha, Inc. CC BY-SA 3.0. What we use of it.",
            "uri": "http://openeligibility.org",
            "version": "2.0",
        },
        {
            "id": inner_id("taxonomy", OF_RECORDS),
            "name": OF_RECORDS,
            "description": "What HSDS has no field for: sources, places, translations. CC0 1.0.",
            "version": "1",
        },
    ]
}
BY_CODE: Mapping[tuple[str, str], Term] = {(term.taxonomy, term.code): term for term in TERMS}


def sentences() -> tuple[str, ...]:
    """Return the English words of all terms of ours, which catalogs translate."""
    return (*(text for needs in _NEEDS.values() for text in needs), *_AUDIENCES.values())


def words_in(translated: Callable[[str], str]) -> dict[str, str]:
    """Return our terms' words in a language: `translated` gives each, or nothing where it is missing."""
    found = {sentence: translated(sentence) for sentence in sentences()}
    return {sentence: text for sentence, text in found.items() if text and text != sentence}


def terms_of(service: Service) -> list[Term]:
    """Return the terms of a service's needs and audiences, ours and those of Open Eligibility."""
    found = [BY_CODE[OWN, need] for need in service.needs]
    found += [BY_CODE[OWN, f"for {one}"] for one in service.audiences]
    theirs = [_SAME_IN_ELIGIBILITY[need] for need in service.needs if need in _SAME_IN_ELIGIBILITY]
    theirs += [_AUDIENCE_IN_ELIGIBILITY[one] for one in service.audiences if one in _AUDIENCE_IN_ELIGIBILITY]
    return [*found, *(BY_CODE[ELIGIBILITY, code] for code, _ in theirs)]


def taxonomy_records() -> list[dict[str, Any]]:
    """Return the taxonomies."""
    return [dict(one) for one in _TAXONOMIES.values()]


def term_record(term: Term, detail: bool = True) -> dict[str, Any]:
    """Return a term as a record, in English.

    Without `detail` it says its taxonomy by name and id alone: a service has a dozen terms.
    """
    record = {
        "id": term.id,
        "code": term.code,
        "name": term.name,
        "description": term.description,
        "taxonomy": term.taxonomy,
        "language": "en",
    }
    taxonomy = _TAXONOMIES[term.taxonomy]
    return {**record, "taxonomy_detail": taxonomy} if detail else {**record, "taxonomy_id": taxonomy["id"]}


def term_in(term: dict[str, Any], tag: str, words: Mapping[str, str]) -> dict[str, Any]:
    """Return a term of ours in a language, with its `words` for English texts; others stay as they are."""
    if term.get("taxonomy") != OWN or term["name"] not in words:
        return term
    name, description = words[term["name"]], words.get(term["description"], term["description"])
    return {**term, "name": name, "description": description, "language": tag.partition("-")[0]}


def needs_and_audiences(
    terms: Sequence[Mapping[str, Any]], words: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the needs and audiences that terms say: ours, else those of Open Eligibility, else words.

    `words` are texts such as the service's name, asked one after the other when no term says a need.
    """
    own = [str(term.get("code") or "") for term in terms if _taxonomy_of(term) == OWN]
    needs = dict.fromkeys(code for code in own if code in NEEDS)
    audiences = dict.fromkeys(code[4:] for code in own if code[:4] == "for " and code[4:] in AUDIENCES)
    theirs = [str(term.get("code") or "") for term in terms if "eligibility" in _taxonomy_of(term).casefold()]
    if not needs:
        needs = dict.fromkeys(need for code in theirs for need in _needs_of(code))
    if not audiences:
        audiences = dict.fromkeys(one for code in theirs for one in _audiences_of(code))
    names = [str(term.get("name") or "") for term in terms if _taxonomy_of(term) not in (OWN, OF_RECORDS)]
    for text in (" | ".join(names), *words):
        needs = needs or dict.fromkeys(needs_in(text))
    return tuple(needs), tuple(audiences)


def needs_in(text: str) -> list[str]:
    """Return the needs whose words stand in a category or a name."""
    plain = text.strip().casefold()
    return [plain] if plain in NEEDS else [need for need in NEEDS if _FINDERS[need].search(text)]


def _taxonomy_of(term: Mapping[str, Any]) -> str:
    detail = term.get("taxonomy_detail") or {}
    return str(term.get("taxonomy") or detail.get("name") or "")


def _needs_of(code: str) -> list[str]:
    """Return the need of a code of Open Eligibility: its own, else that of the branch it stands in."""
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 7 else 0
    own = [need for first, last, need in _BRANCHES if first == last == number]
    return own[:1] or [need for first, last, need in _BRANCHES if first <= number <= last][:1]


def _audiences_of(code: str) -> list[str]:
    found = [name for name, (one, _) in _AUDIENCE_IN_ELIGIBILITY.items() if one == code]
    return found or ([_MORE_AUDIENCES[code]] if code in _MORE_AUDIENCES else [])
