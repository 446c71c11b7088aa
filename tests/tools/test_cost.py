"""docs/cost.md says what tools/aws/cost.py calculates."""

from tools.aws import cost


def test_the_page_holds_the_tables_as_calculated() -> None:
    page = cost.PAGE.read_text(encoding="utf-8")
    assert cost.written(page) == page


def test_more_use_never_costs_less() -> None:
    town, state, flood = (sum(cost.costs(load).values()) for load in cost.LOADS)
    assert town < state < flood


def test_every_unit_has_a_price() -> None:
    for load in cost.LOADS:
        assert set(cost.units(load)) == set(cost.PRICES)
