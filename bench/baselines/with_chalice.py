"""Chalice and Jinja2: the page is rendered when it is asked for."""

import os

from chalice import Chalice, Response
from content import RESOURCES, WORDS, best_language
from jinja2 import Environment, FileSystemLoader, select_autoescape

app = Chalice(app_name="town")
templates = Environment(
    loader=FileSystemLoader(os.path.join(os.path.dirname(__file__), "templates")),
    autoescape=select_autoescape(),
)


@app.route("/")
def page():
    language = best_language(app.current_request.headers.get("accept-language", ""))
    html = templates.get_template("page.html").render(
        language=language, words=WORDS[language], resources=RESOURCES
    )
    return Response(html, headers={"Content-Type": "text/html; charset=utf-8"})
