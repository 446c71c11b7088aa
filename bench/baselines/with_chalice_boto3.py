"""The same, in one file with the form, as most applications are: so boto3 is loaded for each page too."""

import os
import uuid
from urllib.parse import parse_qs

import boto3
from chalice import Response
from with_chalice import app

dynamodb = boto3.client("dynamodb")


@app.route("/report", methods=["POST"], content_types=["application/x-www-form-urlencoded"])
def report():
    form = parse_qs(app.current_request.raw_body.decode("utf-8"), keep_blank_values=True)
    number = uuid.uuid4().hex
    dynamodb.put_item(
        TableName=os.environ["REPORTS_TABLE"],
        Item={
            "pk": {"S": number},
            "story": {"S": form["a"][0]},
            "where": {"S": form.get("c", [""])[0]},
        },
    )
    html = f"<!doctype html><html lang=en><title>Thank you</title><p>Your report has number {number}.</p>"
    return Response(html, headers={"Content-Type": "text/html; charset=utf-8"})
