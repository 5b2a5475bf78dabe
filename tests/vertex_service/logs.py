"""Cloud Logging on loopback: the log of each job in which a step runs."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Logs:
    """The entries:list method of Cloud Logging.

    Attributes:
        lines: of each job's log, by its id; a test sets them.
        status: what is answered, such as 403.
        queries: that came.
        address: where it listens.
    """

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {}
        self.status = 200
        self.queries: list[Any] = []
        logs = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = json.dumps(logs.answer(query)).encode()
                self.send_response(logs.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *parts: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("localhost", 0), Handler)
        self.address = f"http://localhost:{self._server.server_port}"

    def answer(self, query: Any) -> Any:
        """Returns the answer to a query."""
        self.queries.append(query)
        if self.status != 200:
            message = "Permission 'logging.logEntries.list' denied on resource."
            return {"error": {"code": self.status, "message": message}}
        found = re.search(r'job_id="(\d+)"', query["filter"])
        lines = self.lines.get(found.group(1), []) if found else []
        newest_first = lines[::-1][: query["pageSize"]]
        return {"entries": [{"jsonPayload": {"message": line}} for line in newest_first]}

    def start(self) -> None:
        """Begins to listen."""
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Ends."""
        self._server.shutdown()
        self._server.server_close()
