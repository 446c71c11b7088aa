"""Lambda handler of the page function, without the framework for the sake of its cold start.

Loading Chalice is a third of what a cold start costs. The routes serve everywhere else, as under `make run`,
and a test asks both the same.
"""

from __future__ import annotations

import logging
import os

from chalicelib.pages.web.gateway_answers import page_function
from chalicelib.settings import Settings
from chalicelib.wiring import http

_settings = Settings.from_env(os.environ)
answer = page_function(
    http.public_pages(_settings),
    logging.getLogger("porchlight").error,
    http.about_site(_settings),
    http.place_search,
)
