"""Powertools for AWS Lambda and Jinja2."""

import os

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from content import RESOURCES, WORDS, best_language
from jinja2 import Environment, FileSystemLoader, select_autoescape

app = APIGatewayRestResolver()
templates = Environment(
    loader=FileSystemLoader(os.path.join(os.path.dirname(__file__), "templates")),
    autoescape=select_autoescape(),
)


@app.get("/")
def page():
    language = best_language(app.current_event.headers.get("Accept-Language", ""))
    html = templates.get_template("page.html").render(
        language=language, words=WORDS[language], resources=RESOURCES
    )
    return Response(200, "text/html; charset=utf-8", html)


def handler(event, context):
    return app.resolve(event, context)
