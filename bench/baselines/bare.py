"""The floor: a handler that returns a constant page."""

import os

with open(os.path.join(os.path.dirname(__file__), "page.html"), encoding="utf-8") as file:
    PAGE = file.read()


def handler(event, context):
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/html; charset=utf-8"},
        "body": PAGE,
        "isBase64Encoded": False,
    }
