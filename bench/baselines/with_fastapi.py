"""FastAPI and Jinja2 behind Mangum."""

import os

from content import RESOURCES, WORDS, best_language
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from mangum import Mangum

app = FastAPI()
templates = Environment(
    loader=FileSystemLoader(os.path.join(os.path.dirname(__file__), "templates")),
    autoescape=select_autoescape(),
)


@app.get("/", response_class=HTMLResponse)
async def page(request: Request):
    language = best_language(request.headers.get("accept-language", ""))
    return templates.get_template("page.html").render(
        language=language, words=WORDS[language], resources=RESOURCES
    )


handler = Mangum(app, lifespan="off")
