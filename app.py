"""Lambda entry points: one Chalice application, several functions.

PORCHLIGHT_FUNCTION says which of them this process is. Every handler is always defined, because Lambda looks
them up by name; only the blueprints that a function may serve are registered in it.
"""

# Annotations are not postponed here: `chalice gen-policy` cannot read a file in which they are.
import os
from typing import Any

from chalice.app import Chalice

from chalicelib.settings import Settings
from chalicelib.wiring import http
from chalicelib.wiring.events import ON_THE_HOUR, opening_of, scheduled_at, whole_beat, whole_request

if "AWS_CHALICE_CLI_MODE" in os.environ and os.path.isdir("tools"):
    # A bare `chalice` command in a checkout; `make package` runs Chalice where there are no tools.
    from tools.local.chalice_commands import prepare

    prepare(os.environ)

settings = Settings.from_env(os.environ)
app = Chalice(app_name="porchlight")
form_path = http.serve(app, settings)


@app.lambda_function(name="reporter_api")
def reporter_api(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Serve the form; API Gateway sends its path here, and a schedule what keeps it warm."""
    response: dict[str, Any] = app(whole_request(opening_of(event, form_path), app.routes), context)
    return response


@app.lambda_function(name="code_api")
def code_api(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Serve the code page; API Gateway sends its path here."""
    response: dict[str, Any] = app(whole_request(event, app.routes), context)
    return response


# On AWS the template names the handler in wiring/hsds_function.py itself, which does not load Chalice.
@app.lambda_function(name="hsds_api")
def hsds_api(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer for machines: the services of the directory as HSDS. API Gateway sends its paths here."""
    from chalicelib.wiring import hsds_function as function

    return function.answer(event, context)


@app.lambda_function(name="access_api")
def access_api(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Serve the access screens; API Gateway sends what lies below /admin/access here, a schedule its clock.

    API Gateway puts nothing of a visitor's at the top of an event, so no request looks like the clock's.
    """
    if event == ON_THE_HOUR:
        from chalicelib.wiring import access

        return access.on_the_hour(settings)
    response: dict[str, Any] = app(whole_request(event, app.routes), context)
    return response


@app.lambda_function(name="admin_api")
def admin_api(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Serve the admin site; API Gateway sends /admin and what else lies below it here."""
    response: dict[str, Any] = app(whole_request(event, app.routes), context)
    return response


@whole_beat
@app.schedule("rate(1 minute)", name="deliver")
def deliver(event: Any) -> dict[str, Any]:
    """Send what is due from the outbox."""
    from chalicelib.wiring import deliver as function

    return function.deliver(settings, event.context)


# On AWS the template names the queue, and lets the function name the messages that it wants again.
@app.on_sqs_message(queue="porchlight-notices", batch_size=10, name="note_delivery")
def note_delivery(event: Any) -> dict[str, Any]:
    """Record what became of mails: delivered, delayed, bounced, complained of, rejected."""
    from chalicelib.wiring import note_delivery as function

    return function.note_delivery(settings, event.to_dict() or {}, event.context)


# A mail at a time: one that takes long makes no other come twice.
@app.on_sqs_message(queue="porchlight-replies", batch_size=1, name="take_reply")
def take_reply(event: Any) -> dict[str, Any]:
    """Take what offices wrote back: sealed to the reporter's key, and deleted where it came in."""
    from chalicelib.wiring import take_reply as function

    return function.take_reply(settings, event.to_dict() or {}, event.context)


@app.on_sqs_message(queue="porchlight-jobs", batch_size=1, name="run_job")
def run_job(event: Any) -> dict[str, Any]:
    """Do what somebody at the desk waits for: look over every page, publish, roll back."""
    from chalicelib.wiring import run_job as function

    return function.run_job(settings, event.to_dict() or {}, event.context)


# On AWS the template names the handler in wiring/render.py itself, which needs neither settings nor Chalice.
@app.lambda_function(name="render")
def render(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Render what is handed in, and hand it back: it may do nothing else."""
    from chalicelib.wiring import render as function

    return function.answer(event, context)


@whole_beat
@app.schedule("rate(1 hour)", name="sweep")
def sweep(event: Any) -> dict[str, Any]:
    """Delete what is past its date, and raise the alarms that time raises."""
    from chalicelib.wiring import sweep as function

    return function.sweep(settings, event.context, scheduled_at=scheduled_at(event.time))
