"""The floor: a handler that returns a constant page."""

from pathlib import Path

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


def handler(event, context):
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/html; charset=utf-8"},
        "body": PAGE,
        "isBase64Encoded": False,
    }
