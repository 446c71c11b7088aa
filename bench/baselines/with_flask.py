"""Flask and Jinja2 behind apig-wsgi."""

from apig_wsgi import make_lambda_handler
from content import RESOURCES, WORDS, best_language
from flask import Flask, render_template, request

app = Flask(__name__)


@app.get("/")
def page():
    language = best_language(request.headers.get("Accept-Language", ""))
    return render_template("page.html", language=language, words=WORDS[language], resources=RESOURCES)


handler = make_lambda_handler(app)
