"""What the stack holds beside what Chalice generates: the template that `chalice package` merges in.

One function for each concern, each returning a part of a CloudFormation template. Chalice merges dicts by key
and replaces everything else, so a part may add to a generated resource by naming it.
"""

from __future__ import annotations

from tools.aws.template import (
    alarms,
    choices,
    edge,
    http,
    jobs,
    lambdas,
    mail,
    outputs,
    people,
    replies,
    stores,
)
from tools.aws.template.edge import patterns_of as patterns_of
from tools.aws.template.http import PathsClash as PathsClash
from tools.aws.template.http import Site as Site
from tools.aws.template.http import api as api
from tools.aws.template.http import refuse_clashes as refuse_clashes
from tools.aws.template.parts import Json


def merge_template(site: Site) -> Json:
    """Return the whole template to merge."""
    template: Json = {}
    for part in (
        choices.parameters(),
        stores.reports_table(),
        stores.desk_tables(),
        stores.secrets(),
        stores.bucket(),
        people.pool(),
        mail.sender(),
        mail.report_mail(),
        mail.notices(),
        jobs.jobs(),
        replies.inbound(),
        replies.queues(),
        lambdas.logs(),
        lambdas.function_settings(),
        lambdas.started_unasked(),
        http.api(site),
        http.permissions(),
        edge.edge(site),
        edge.published(),
        edge.rules(),
        alarms.alarms(),
        alarms.budget(),
        outputs.outputs(),
    ):
        for section, entries in part.items():
            for name in template.setdefault(section, {}).keys() & entries.keys():
                raise ValueError(f"two parts of the template both have {section}.{name}")
            template[section].update(entries)
    return template
