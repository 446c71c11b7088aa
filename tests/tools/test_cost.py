"""docs/cost.md says what tools/aws/cost.py calculates."""

from tools.aws import cost


def test_the_page_holds_the_tables_as_calculated() -> None:
    page = cost.PAGE.read_text(encoding="utf-8")
    assert cost.written(page) == page


def test_more_use_never_costs_less() -> None:
    town, state, flood = (sum(cost.costs(load).values()) for load in cost.LOADS)
    assert town < state < flood


def test_a_publish_costs_what_it_renders_and_each_unit_of_it_has_a_price() -> None:
    county, state, nation = (sum(cost.publish_costs(*of).values()) for _, *of in cost.PUBLISHES)
    assert county < state < nation
    assert set(cost.publish_units(1, 1)) <= {*cost.PRICES, *cost.PUBLISH_PRICES}
    # Two encodings of a page are two objects: what is counted where they arrive says the same.
    assert cost.publish_units(3000, 3000)["bucket write"] >= 2 * 3000 * cost.LANGUAGES


def test_every_unit_has_a_price() -> None:
    for load in cost.LOADS:
        assert set(cost.units(load)) == set(cost.PRICES)
