"""The place where a service account's key is changed into a token, on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ANSWER = json.dumps({"access_token": "made-for-tests", "expires_in": 3600}).encode()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    def log_message(self, *parts: object) -> None:
        pass


def serve_tokens() -> str:
    """Gives out tokens until this process ends; returns the address."""
    server = ThreadingHTTPServer(("localhost", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://localhost:{server.server_port}/token"
