"""Place search: the counties that a typed ZIP, town, county or state means. What was typed is not kept.

No answer and no error holds the words that were typed. The work is bounded by MOST_TYPED, whatever they are.
"""

from __future__ import annotations

from itertools import islice

from chalicelib.shared.place_names import fold, without_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chalicelib.pages.zip_table import CountyKey, ZipTable

    Meant = tuple[str, int | None]  # a folded name, and the number of the state it is looked for in

MOST_TYPED = 200  # characters that are looked at
MOST_SHOWN = 12  # counties of one answer: with more, the states are shown in which they lie
LEAST_BEGUN, LEAST_MISSPELT = 3, 4  # letters of a name that is not whole, or not right
LONGEST_NAME = 32  # letters; the longest of the nation has 27
_MOST_NAMES = 24  # names that begin alike
_NATION = ("", "us", "usa", "united states", "estados unidos", "ee uu", "eeuu")
# Before a name in a sentence: "condado de Merced", "near Merced", "sa Merced", "hauv Merced".
_LEADING = frozenset(("at", "de", "em", "en", "hauv", "in", "near", "nroog", "of", "sa"))
_MOST_PARTS = 6  # words, or pieces between commas, that are looked for a name, from the end


class FoundCounty:
    """A county that may be meant: the path of its page, "ca/merced", its name, and its state's."""

    __slots__ = ("name", "path", "state")

    def __init__(self, path: str, name: str, state: str) -> None:
        self.path = path
        self.name = name
        self.state = state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FoundCounty) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"FoundCounty({self.path!r})"


class FoundCounties:
    """The answer to what was typed: counties and states, each with a page.

    One county and no state: its page is the answer. Otherwise a list to choose from. `known` is false where
    nothing was found: then these are all states, or all counties of the only one.
    """

    __slots__ = ("counties", "known", "states")

    def __init__(
        self, counties: tuple[FoundCounty, ...], states: tuple[tuple[str, str], ...], known: bool
    ) -> None:
        self.counties = counties
        self.states = states  # path and name: ("ca", "California")
        self.known = known

    @property
    def only(self) -> FoundCounty | None:
        """Return the one county that is meant, or None where there is a choice."""
        return self.counties[0] if self.known and len(self.counties) == 1 and not self.states else None


class PlaceSearch:
    """Finds places in one index. It keeps what it read of the index, and nothing of what was typed."""

    def __init__(self, table: ZipTable) -> None:
        self._table = table
        self._no_place: FoundCounties | None = None

    def find(self, typed: str) -> FoundCounties:
        """Return what a person's words mean: a ZIP, else a town, county or state, else anything.

        A name counts as it is, else as the beginning of one, else with one letter wrong: missing, too many,
        another, or two swapped; else as it is at the end of an address or a sentence.
        """
        words = typed.strip()[:MOST_TYPED]
        zip_code = zip_in(words)
        if zip_code:
            places = self._table.of_zip(zip_code)
            if places:  # in their order: the county of its town first
                return FoundCounties(tuple(self._shown(places)), (), True)
        meant = self._meant(words, without_numbers=bool(zip_code))
        for look in (self._exact, self._begun, self._misspelt):
            if answer := self._look(look, meant):
                return answer
        return (self._at_the_end(words) if words.replace(",", " ").split()[1:] else None) or self._anything()

    def _at_the_end(self, words: str) -> FoundCounties | None:
        return self._look(self._exact, self._names_at_the_end(words))

    def _look(
        self, look: Callable[[str], tuple[Iterable[CountyKey], set[int]]], meant: Iterable[Meant]
    ) -> FoundCounties | None:
        for name, state in meant:
            counties, named = look(name)
            found: dict[CountyKey, None] = {}
            for key in counties:
                if state is None or state == key[0]:
                    found[key] = None
            states = named if state is None else set()
            if found or states:
                return self._answer(found, states)
        return None

    def _meant(self, words: str, without_numbers: bool) -> list[Meant]:
        """Return the names that words may hold: as they are, in the state they end with, before a comma."""
        spoken = _without_nation(fold(words)).split()
        if without_numbers:
            spoken = [word for word in spoken if not word.isdigit()]
        meant: list[Meant] = [(" ".join(spoken), None)]
        for length in (1, 2, 3):  # "ca", "new york", "district of columbia"
            state = self._table.is_state(" ".join(spoken[-length:])) if len(spoken) > length else None
            if state is not None:
                meant.append((" ".join(spoken[:-length]), state))
        before, comma, after = words.partition(",")
        if comma and self._is_around(fold(after)):
            meant.append((fold(before), None))
        return [one for one in dict.fromkeys(meant) if 0 < len(one[0]) <= LONGEST_NAME]

    def _names_at_the_end(self, words: str) -> Iterator[Meant]:
        """Yield names that stand between commas, or behind a number or a word like "in", from the end."""
        for part in reversed(words.split(",")[-_MOST_PARTS:]):
            folded = fold(part)
            if self._table.is_state(folded) is None and folded not in _NATION:
                yield from self._meant(part, without_numbers=True)
                if not self._is_around(folded):
                    break  # it may be in a state that is not here
        for name, state in self._meant(words, without_numbers=False):
            spoken = name.split()
            for at in range(max(1, len(spoken) - _MOST_PARTS), len(spoken)):
                if spoken[at - 1] in _LEADING or any(word[0].isdigit() for word in spoken[:at]):
                    yield " ".join(spoken[at:]), state

    def _is_around(self, folded: str) -> bool:
        """Say whether this is what a town lies in, as far as the index goes: Illinois may be far away."""
        names, words = self._table.state_names(), folded.split()
        begun = len(folded) >= LEAST_BEGUN and any(name.startswith(folded) for name in names)
        state = any(self._table.is_state(" ".join(words[-length:])) is not None for length in (1, 2, 3))
        return begun or state or folded in _NATION or any(self._table.of_county_name(folded))

    def _exact(self, name: str) -> tuple[Iterable[CountyKey], set[int]]:
        state = self._table.is_state(name)
        counties = {*self._table.of_town(name), *self._table.of_county_name(name)}
        return counties, set() if state is None else {state}

    def _begun(self, name: str) -> tuple[Iterable[CountyKey], set[int]]:
        if len(name) < LEAST_BEGUN:
            return (), set()
        names = tuple(islice(self._table.names_from(name, shortest=len(name) + 1), _MOST_NAMES + 1))
        states = {number for number, state in enumerate(self._table.state_names()) if state.startswith(name)}
        return self._all_of(names if len(names) <= _MOST_NAMES else ()), states

    def _misspelt(self, name: str) -> tuple[Iterable[CountyKey], set[int]]:
        name = without_kind(name)
        if len(name) < LEAST_MISSPELT:
            return (), set()
        names = enumerate(self._table.state_names())
        states = {number for number, state in names if is_one_letter_off(name, state)}
        # One letter is wrong in one half at most, so that the other is right, unless two are swapped across.
        half, nearly = len(name) // 2, (len(name) + 1, len(name) - 1)
        half += (name[half - 1] == " ") - (name[half] == " ")  # many begin with "los ", and end with " city"
        begin, end = name[:half], name[half:]
        swapped = begin[:-1] + end[0] + begin[-1] + end[1:]
        found = {swapped} if self._table.is_name(swapped) else set()
        for one in self._table.names_from(begin, *nearly):
            if is_one_letter_off(end, one[half:]):
                found.add(one)
        for one in self._table.names_to(end, *nearly):
            if is_one_letter_off(begin, one.removesuffix(end)):
                found.add(one)
        return self._all_of(found), states

    def _all_of(self, names: Iterable[str]) -> Iterator[CountyKey]:
        for name in names:
            yield from self._table.of_town(name)
            yield from self._table.of_county_name(name)

    def _answer(self, found: Iterable[CountyKey], states: set[int]) -> FoundCounties:
        counties = list(found)
        if len(counties) > MOST_SHOWN:
            counties, states = [], states | {state for state, _ in counties}
        shown = sorted(self._shown(counties), key=lambda county: (county.state, county.name))
        every = self._table.states()
        return FoundCounties(tuple(shown), tuple(every[number] for number in sorted(states)), True)

    def _anything(self) -> FoundCounties:
        if self._no_place is None:
            self._no_place = self._every_place()
        return self._no_place

    def _every_place(self) -> FoundCounties:
        states = self._table.states()
        if len(states) > 1:
            return FoundCounties((), tuple(states), False)
        counties = sorted(self._shown(self._table.counties_in(0)), key=lambda county: county.name)
        return FoundCounties(tuple(counties), (), False)

    def _shown(self, keys: Iterable[CountyKey]) -> Iterator[FoundCounty]:
        for key in keys:
            yield FoundCounty(*self._table.county(key))


def _without_nation(folded: str) -> str:
    """Return words without the nation at their end, unless they are nothing else."""
    for nation in filter(None, _NATION):
        folded = folded.removesuffix(f" {nation}")
    return folded


def zip_in(words: str) -> str:
    """Return the ZIP in some words, in digits of any script, without its +4; or nothing.

    The last number of five digits counts, since an address ends with it. Without letters, gaps do not count.
    """
    runs, letters = [""], False
    for sign in words:
        if sign.isdecimal():
            runs[-1] += str(int(sign))
        else:
            letters = letters or sign.isalpha()
            runs.append("")
    for run in reversed(runs):
        if len(run) in (5, 9):
            return run[:5]
    whole = "".join(runs)
    return whole[:5] if len(whole) in (5, 9) and not letters else ""


def is_one_letter_off(name: str, other: str) -> bool:
    """Say whether two names differ in one letter at most: missing, too many, another, or two swapped."""
    longer = len(name) - len(other)
    if not -1 <= longer <= 1:
        return False
    same = 0
    for one, its in zip(name, other, strict=False):
        if one != its:
            break
        same += 1
    if longer:
        return name[same + 1 :] == other[same:] if longer > 0 else name[same:] == other[same + 1 :]
    if name[same + 1 :] == other[same + 1 :]:
        return True
    return name[same + 2 :] == other[same + 2 :] and name[same : same + 2] == other[same + 1] + other[same]
