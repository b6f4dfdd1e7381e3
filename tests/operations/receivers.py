"""Where messages arrive on loopback: a mail server, and one that stands for Slack."""

import json
import socketserver
import ssl
import subprocess
import threading
from contextlib import contextmanager
from email import message_from_string, policy

SLACK = "https://hooks.slack.com/services/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"
_SLACK_HOST = "hooks.slack.com"


@contextmanager
def mail_server():
    """Port of a server that speaks as much SMTP as is needed, and what it was sent."""
    received = []

    class Session(socketserver.StreamRequestHandler):
        def say(self, text):
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self):
            self.say("220 loopback")
            for line in self.rfile:
                verb = line.split(maxsplit=1)[0].upper() if line.strip() else b""
                if verb == b"DATA":
                    self.say("354 go on")
                    received.append(self.content())
                self.say("221 bye" if verb == b"QUIT" else "250 ok")
                if verb == b"QUIT":
                    return

        def content(self):
            lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
            return message_from_string("".join(lines), policy=policy.default)

    with _running(Session) as port:
        yield port, received


@contextmanager
def slack(folder):
    """
    Environment in which Slack's address leads to a server here, and what it was sent.

    A proxy that answers in Slack's name, by a certificate made for it.
    """
    received, context = [], ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = folder / "slack.pem", folder / "slack.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", key, "-out", certificate, "-subj", f"/CN={_SLACK_HOST}"),
            *("-addext", f"subjectAltName=DNS:{_SLACK_HOST}"),
        ],
        check=True,
        capture_output=True,
    )
    context.load_cert_chain(certificate, key)

    class Proxy(socketserver.StreamRequestHandler):
        def handle(self):
            self.head()
            self.wfile.write(b"HTTP/1.1 200 connected\r\n\r\n")
            with context.wrap_socket(self.connection, server_side=True) as inside:
                self.rfile = inside.makefile("rb")
                first, headers = self.head()
                body = self.rfile.read(int(headers["content-length"]))
                received.append((first, json.loads(body)))
                inside.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

        def head(self):
            lines = iter(lambda: self.rfile.readline().decode().strip(), "")
            first = next(lines)
            return first, {k.lower(): v for k, v in (x.split(": ", 1) for x in lines)}

    with _running(Proxy) as port:
        proxy = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
        yield {**proxy, "REQUESTS_CA_BUNDLE": str(certificate)}, received


@contextmanager
def _running(handler):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
