"""What the doctor finds: lines of a list that a person can tick."""

from __future__ import annotations

from dataclasses import dataclass

FINE, LOOK, UNKNOWN = "fine", "look", "unknown"
# What must be mended before a deploy to prod, and what may wait until the site is shown to anybody.
DEPLOY, OPEN = "before a deploy", "before the site is open"
MUST = (DEPLOY, OPEN)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the list: how much it matters, what it is about, and the sentence."""

    weight: str
    about: str
    sentence: str

    @property
    def line(self) -> str:
        """Return the line as it is printed, with a box to tick."""
        box = {FINE: "[x]", LOOK: "[ ]", UNKNOWN: "[?]"}.get(self.weight, "[!]")
        must = f" (mend it {self.weight})" if self.weight in MUST else ""
        return f"{box} {self.about}: {self.sentence}{must}"
