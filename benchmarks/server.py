"""Runs beside the measured process: answers a Create as SageMaker, and takes the answers to CloudFormation, both over
TLS as on AWS.

It writes its addresses as a line of JSON, and ends when its standard input does.
"""

from __future__ import annotations

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ARN = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/training-1a2b-job0-0123456789"


class _Record:
    def __init__(self) -> None:
        self.creates = 0
        self.answers: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it the second of an answer's packets waits 40 ms for the first one's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    record = _Record()

    def do_POST(self) -> None:
        self._body()
        self.record.creates += 1
        self._answer({"HyperParameterTuningJobArn": ARN}, "application/x-amz-json-1.1")

    def do_PUT(self) -> None:
        self.record.answers.append(json.loads(self._body())["Status"])
        self._answer({})

    def do_GET(self) -> None:
        self._answer({"creates": self.record.creates, "answers": self.record.answers})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, value: object, content_type: str = "application/json") -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 – the name is the base class's
        pass


def main(certificate: str, key: str) -> None:
    """Serve until standard input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    plain = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    for server in (secure, plain):
        Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"https": secure.server_port, "http": plain.server_port}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
