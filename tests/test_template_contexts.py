"""Each template uses the names of its own class in contexts.py, all of them, and no others."""

import dataclasses

import pytest
from jinja2 import meta, nodes

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.pages.render.catalogs import Sentences
from chalicelib.pages.render.contexts import HELPERS
from chalicelib.pages.render.templates import environment
from chalicelib.publishing.render.template_names import CONTEXT_OF

PUBLIC = TEMPLATES / "public"
NOT_PAGES = {"layout.html", "parts.html"}


def names_in(name):
    """Return the names that a template, and whatever it extends or imports, takes from its context."""
    tree = environment(PUBLIC).parse((PUBLIC / name).read_text(encoding="utf-8"))
    # Blocks see what the template defines around them, which Jinja's own search does not know.
    own = {macro.name for macro in tree.find_all(nodes.Macro)} | {
        part.target for part in tree.find_all(nodes.Import)
    }
    own |= {one.target.name for one in tree.find_all(nodes.Assign) if isinstance(one.target, nodes.Name)}
    found = meta.find_undeclared_variables(tree) - own - {"_trans"}  # _trans: Jinja's own, inside trans
    for other in meta.find_referenced_templates(tree):
        found |= names_in(other)
    return found


@pytest.mark.parametrize("template", sorted(CONTEXT_OF))
def test_a_template_uses_exactly_the_names_of_its_context(template):
    declared = {field.name for field in dataclasses.fields(CONTEXT_OF[template])}
    assert names_in(template) - HELPERS == declared


def test_every_template_is_a_page_with_a_context_or_a_part_of_one():
    assert {path.name for path in PUBLIC.glob("*.html")} == set(CONTEXT_OF) | NOT_PAGES


@pytest.mark.parametrize("context", CONTEXT_OF.values())
def test_a_context_cannot_change_while_it_is_shown(context):
    assert context.__dataclass_params__.frozen


@pytest.mark.parametrize(
    "escape",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ bdi.__globals__ }}",
        "{{ gettext.__self__.__class__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% include '../../app.py' %}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_a_template_cannot_reach_out_of_its_directory(escape):
    sandbox = environment(PUBLIC)
    with pytest.raises(Exception, match=r"unsafe|not found|app\.py|passwd|undefined"):
        sandbox.from_string(escape).render(gettext=Sentences(str).gettext)


def test_a_name_that_nobody_gives_stops_the_page():
    with pytest.raises(Exception, match="undefined"):
        environment(PUBLIC).from_string("{{ nowhere }}").render()
