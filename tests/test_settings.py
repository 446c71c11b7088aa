"""Settings enter once, and all that is wrong with them is said together."""

from __future__ import annotations

import pytest

from chalicelib.settings import FUNCTIONS, Settings, SettingsInvalid


def test_the_page_function_needs_nothing() -> None:
    settings = Settings.from_env({})
    assert settings == Settings()
    assert (settings.porchlight_function, settings.porchlight_pages, settings.stage) == (
        "page",
        "shipped",
        "dev",
    )


def test_each_variable_becomes_the_setting_of_its_name_and_others_are_left_alone() -> None:
    environ = {
        "PORCHLIGHT_FUNCTION": "reporter",
        "REPORTS_TABLE": "reports",
        "REPORTER_SECRET": "secret",
        "DIGEST_EVERY": "60",
        "STAGE": "prod",
        "HOME": "/somewhere",
        "_FIELDS": "x",
    }
    settings = Settings.from_env(environ)
    assert settings == Settings(
        porchlight_function="reporter",
        stage="prod",
        reports_table="reports",
        reporter_secret="secret",
        digest_every=60,
    )


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_env({"STAGE": "", "DIGEST_EVERY": "", "PORCHLIGHT_FUNCTION": ""}) == Settings()
    with pytest.raises(SettingsInvalid, match="REPORTS_TABLE is not set"):
        Settings.from_env({"PORCHLIGHT_FUNCTION": "sweep", "REPORTS_TABLE": ""})


def test_everything_that_is_wrong_is_said_together() -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        Settings.from_env(
            {
                "PORCHLIGHT_FUNCTION": "deliver",
                "PORCHLIGHT_PAGES": "paper",
                "STAGE": "moon",
                "DIGEST_EVERY": "soon",
            }
        )
    text = str(invalid.value)
    for wrong in (
        "PORCHLIGHT_PAGES must be one of shipped, live",
        "STAGE must be one of local, dev, prod",
        "DIGEST_EVERY must be a whole number",
        "REPORTS_TABLE is not set",
        "DESK_KEYS_SECRET is not set",
        "SENDER_ADDRESS is not set",
    ):
        assert wrong in text


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "1h", "²"])
def test_a_digest_comes_at_a_whole_number_of_seconds(seconds: str) -> None:
    with pytest.raises(SettingsInvalid, match="DIGEST_EVERY"):
        Settings.from_env({"DIGEST_EVERY": seconds})


def test_a_function_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="PORCHLIGHT_FUNCTION must be one of page"):
        Settings.from_env({"PORCHLIGHT_FUNCTION": "everything"})
    assert FUNCTIONS[0] == "page", "the default"


def test_settings_know_their_names_and_do_not_change() -> None:
    settings = Settings(stage="local")
    with pytest.raises(TypeError, match="no such setting: stages"):
        Settings(stages="local")
    with pytest.raises(AttributeError, match="do not change"):
        settings.stage = "prod"
    assert (settings.stage, settings) == ("local", Settings(stage="local"))
    assert settings != Settings()
    assert len({settings, Settings(stage="local")}) == 1
