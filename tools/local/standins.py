"""The process that stands in for AWS: moto, and the mailroom before its SES.

`run.py` starts it in a process group of its own, with a pipe as standard input, and ends it by closing the
pipe: last of all, and also when `run.py` dies in any other way. Its first line of output is moto's address.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from tools.local.mailroom import Mailbox, Mailroom, keeping_mail
from tools.local.ses_inbound import QUEUE, REGION, LocalInbound


def aws(mailbox: Mailbox) -> BaseWSGIServer:
    """Return moto on a free port of this machine, with every mail that its SES takes kept in the mailbox."""
    moto: Any = DomainDispatcherApplication(create_backend_app)
    return make_server(
        "127.0.0.1", 0, keeping_mail(moto, mailbox), threaded=True, request_handler=MotoRequestHandler
    )


def inbound(address: str) -> LocalInbound | None:
    """Return what takes mail for the site's reply domain, if it has one. `address` is moto's."""
    told = {name: os.environ.get(name, "") for name in ("INBOUND_BUCKET", "REPLY_DOMAIN")}
    if not all(told.values()):
        return None
    clients = {name: _client(name, address) for name in ("s3", "sqs")}
    return LocalInbound(clients.__getitem__, told["INBOUND_BUCKET"], QUEUE, told["REPLY_DOMAIN"])


def _client(service: str, address: str) -> Any:
    endpoint = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or address
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION)


def main(mailroom_socket: int) -> None:
    """Serve until standard input ends."""
    os.environ["MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP"] = (
        "true"  # else moto takes any code for the right one
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print every request
    mailbox = Mailbox()
    moto = aws(mailbox)
    takes = inbound(f"http://127.0.0.1:{moto.server_port}")
    mailroom = Mailroom(socket.socket(fileno=mailroom_socket), mailbox, takes)
    for server in (moto, mailroom):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{moto.server_port}", flush=True)
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
