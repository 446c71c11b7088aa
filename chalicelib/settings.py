"""Settings, from environment variables: this is their one reader."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTIONS = (
    "page",
    "reporter",
    "codes",
    "hsds",
    "access",
    "admin",
    "deliver",
    "note_delivery",
    "take_reply",
    "run_job",
    "sweep",
    "all",
)

# What each function cannot work without. Those of pages and of HSDS need nothing: they serve what shipped.
_NEEDED: dict[str, tuple[str, ...]] = {
    "page": (),
    "reporter": ("REPORTS_TABLE", "REPORTER_SECRET"),
    "codes": ("REPORTS_TABLE", "REPORTER_SECRET"),
    "hsds": (),
    "access": (
        "ACCESS_TABLE",
        "ACCESS_DOOR_TABLE",
        "DOCUMENTS_TABLE",
        "USER_POOL_ID",
        "USER_POOL_CLIENT_ID",
        "DOOR_TABLE",
        "AUDIT_TABLE",
        "PAGES_BUCKET",
        "SENDER_ADDRESS",
    ),
    "admin": (
        "REPORTS_TABLE",
        "WISHES_TABLE",
        "ACCESS_TABLE",
        "DOCUMENTS_TABLE",
        "PAGES_BUCKET",
        "USER_POOL_ID",
        "USER_POOL_CLIENT_ID",
        "DOOR_TABLE",
        "AUDIT_TABLE",
        "JOBS_QUEUE",
        "SENDER_ADDRESS",
    ),
    "deliver": ("REPORTS_TABLE", "WISHES_TABLE", "ACCESS_TABLE", "DESK_KEYS_SECRET", "SENDER_ADDRESS"),
    "note_delivery": ("REPORTS_TABLE", "ACCESS_TABLE"),
    "take_reply": ("REPORTS_TABLE", "ACCESS_TABLE", "INBOUND_BUCKET", "SENDER_ADDRESS"),
    "run_job": ("DOCUMENTS_TABLE", "AUDIT_TABLE", "PAGES_BUCKET", "JOBS_QUEUE"),
    "sweep": ("REPORTS_TABLE", "WISHES_TABLE", "ACCESS_TABLE"),
}
_ONE_OF = {
    "PORCHLIGHT_FUNCTION": FUNCTIONS,
    "PORCHLIGHT_PAGES": ("shipped", "live"),
    "STAGE": ("local", "dev", "prod"),
}
# Whole numbers, with the least and the most that they may be.
_NUMBERS = {"DIGEST_EVERY": (1, 86_400), "KEEP_DAYS": (1, 90)}


class SettingsInvalid(ValueError):
    """The environment lacks or misstates settings; the text names all of them together."""


class Settings:
    """Every setting, by the name of its variable in small letters.

    A class of its own: the page function reads it at each cold start, of which `typing` or `dataclasses`
    alone would take a tenth.
    """

    porchlight_function: str = "page"
    porchlight_pages: str = "shipped"
    stage: str = "dev"
    reports_table: str = ""
    reporter_secret: str = ""
    desk_keys_secret: str = ""
    sender_address: str = ""
    reply_domain: str = ""
    inbound_bucket: str = ""
    operator_address: str = ""
    ses_configuration_set: str = ""
    digest_every: int = 3600
    keep_days: int = 30
    documents_table: str = ""
    jobs_queue: str = ""
    render_function: str = ""
    pages_bucket: str = ""
    pages_url: str = ""
    user_pool_id: str = ""
    user_pool_client_id: str = ""
    door_table: str = ""
    audit_table: str = ""
    wishes_table: str = ""
    access_table: str = ""
    access_door_table: str = ""
    site_address: str = ""
    operator_name: str = ""
    operator_contact: str = ""

    def __init__(self, **values: str | int) -> None:
        """Take what differs from the defaults. Raises TypeError for what is no setting."""
        unknown = sorted(set(values) - set(self.names()))
        if unknown:
            raise TypeError(f"no such setting: {', '.join(unknown)}")
        self.__dict__.update(values)

    @classmethod
    def names(cls) -> list[str]:
        """Return the name of every setting, in the order in which they are declared."""
        return list(cls.__annotations__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(tuple(self._values()))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("settings do not change")

    def _values(self) -> list[str | int]:
        return [getattr(self, name) for name in self.names()]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment. Raises SettingsInvalid naming every missing or wrong variable together."""
        values = {name: environ[name.upper()] for name in cls.names() if environ.get(name.upper())}
        wrong = [
            f"{variable} must be one of {', '.join(allowed)}"
            for variable, allowed in _ONE_OF.items()
            if values.get(variable.lower(), allowed[0]) not in allowed
        ]
        numbers: dict[str, int] = {}
        for variable, (least, most) in _NUMBERS.items():
            text = values.pop(variable.lower(), "")
            if text.isdecimal() and least <= int(text) <= most:
                numbers[variable.lower()] = int(text)
            elif text:
                wrong.append(f"{variable} must be a whole number from {least} to {most}")
        needed = _NEEDED.get(values.get("porchlight_function", "page"), ())
        wrong += [f"{variable} is not set" for variable in needed if variable.lower() not in values]
        if wrong:
            raise SettingsInvalid("; ".join(wrong))
        return cls(**values, **numbers)
