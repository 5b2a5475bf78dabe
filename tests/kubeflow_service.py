"""Kubeflow Pipelines on loopback: its v2beta1 JSON API as far as the client needs it, in memory.

It keeps what it is told, remembers every request, and plays the faults that a test asks for.
"""

import json
import re
import ssl
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Thing = dict[str, Any]

LOGIN_PAGE = "<!doctype html><title>Sign in</title><form>error message state</form>"


@dataclass
class Request:
    """What a client asked."""

    method: str
    path: str
    query: dict[str, str]
    body: Thing
    headers: dict[str, str]


@dataclass
class Fault:
    """What goes wrong with the requests that `where` matches, `times` times.

    Attributes:
        where: a regular expression for `METHOD path`.
        what: a status of HTTP, `login` for a web page in place of an answer, `lost` for one that
            is done, but whose answer never comes, or `held` for one of which that is so only after
            `over` of the service is set.
        times: how often.
        message: what an error says.
        then: what goes wrong from then on.
    """

    where: str
    what: int | str
    times: int = 1
    message: str = "played by the test"
    then: "Fault | None" = None


@dataclass
class KubeflowService:
    """A Kubeflow Pipelines.

    Attributes:
        host: its address.
        requests: all of them, oldest first.
        faults: still to play.
        runs, recurring_runs, experiments: what there is, by id.
        states: what a run turns into with each request for it, by its name; "" for any.
        logs: of pods, by name.
        hidden: ids that the next list leaves out, as if made just after it.
        strangers: ids of recurring runs that are not counted where two may not be active.
        done: is set when a request whose answer is held was done.
        over: ends all holding.
    """

    host: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    runs: dict[str, Thing] = field(default_factory=dict)
    recurring_runs: dict[str, Thing] = field(default_factory=dict)
    experiments: dict[str, Thing] = field(default_factory=dict)
    states: dict[str, list[Thing]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    done: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)
    clock: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def fail(self, where: str, what: int | str, times: int = 1, **more: Any) -> None:
        """Plays a fault from now on."""
        self.faults.append(Fault(where, what, times, **more))

    def asked(self, where: str) -> list[Request]:
        """Returns the requests that a regular expression for `METHOD path` matches."""
        return [one for one in self.requests if re.search(where, f"{one.method} {one.path}")]

    def start_scheduled(self, name: str, **changes: Any) -> Thing:
        """Starts a run as the recurring run of that name would; it has its spec, not its text."""
        one = next(one for one in self.recurring_runs.values() if one["display_name"] == name)
        kept = ("pipeline_spec", "runtime_config", "experiment_id", "recurring_run_id")
        body = {key: one[key] for key in kept} | {"display_name": f"{name}-1"} | changes
        return self.start(body)

    def start(self, body: Thing) -> Thing:
        """Starts a run."""
        return self._create_run(body, {})

    def recur(self, body: Thing) -> Thing:
        """Makes a recurring run."""
        return self._create_recurring(body, {})

    def now(self) -> str:
        """Returns a time of its own, a second after the one before."""
        self.clock += timedelta(seconds=1)
        return self.clock.isoformat().replace("+00:00", "Z")

    def answer(self, request: Request) -> tuple[int, Thing | str]:
        """Returns status and body for a request."""
        for pattern, handle in self._routes().items():
            if match := re.fullmatch(pattern, f"{request.method} {request.path}"):
                try:
                    return 200, handle(request.body, request.query, *match.groups())
                except KeyError:
                    return 404, {"code": 5, "message": "ResourceNotFoundError: not found."}
                except FileExistsError:
                    return 409, {"code": 6, "message": "Already exists."}
        return 404, {"code": 5, "message": "Not Found"}

    def _routes(self) -> dict[str, Callable[..., Any]]:
        api = "/apis/v2beta1"
        return {
            f"POST {api}/experiments": self._create_experiment,
            f"GET {api}/experiments": self._lister("experiments"),
            f"POST {api}/runs": self._create_run,
            f"GET {api}/runs": self._lister("runs"),
            f"GET {api}/runs/([^/:]+)": self._get_run,
            f"POST {api}/runs/([^/:]+):terminate": self._terminate,
            f"POST {api}/recurringruns": self._create_recurring,
            f"GET {api}/recurringruns": self._lister("recurring_runs", "recurringRuns"),
            f"DELETE {api}/recurringruns/([^/:]+)": self._delete_recurring,
            f"POST {api}/recurringruns/([^/:]+):enable": self._switch("ENABLED"),
            f"POST {api}/recurringruns/([^/:]+):disable": self._switch("DISABLED"),
            "GET /apis/v1alpha1/runs/[^/]+/nodes/([^/]+)/log": lambda _, __, pod: self.logs[pod],
        }

    def _create_experiment(self, body: Thing, query: dict[str, str]) -> Thing:
        if any(one["display_name"] == body["display_name"] for one in self.experiments.values()):
            raise FileExistsError
        return self._keep(self.experiments, "experiment_id", body)

    def _create_run(self, body: Thing, query: dict[str, str]) -> Thing:
        return self._keep(self.runs, "run_id", {"state": "PENDING"} | body)

    def _create_recurring(self, body: Thing, query: dict[str, str]) -> Thing:
        mode = body.pop("mode")
        status = {"ENABLE": "ENABLED", "DISABLE": "DISABLED"}[mode]
        return self._keep(self.recurring_runs, "recurring_run_id", body | {"status": status})

    def _keep(self, where: dict[str, Thing], key: str, body: Thing) -> Thing:
        thing = body | {key: str(uuid.uuid4()), "created_at": self.now()}
        where[thing[key]] = thing
        return thing

    def _lister(self, kind: str, key: str = "") -> Callable[..., Thing]:
        def listed(body: Thing, query: dict[str, str]) -> Thing:
            there = getattr(self, kind)
            things = [thing for name, thing in there.items() if name not in self.hidden]
            self.hidden = [name for name in self.hidden if name not in there]
            if query.get("filter"):
                for predicate in json.loads(query["filter"])["predicates"]:
                    assert predicate["operation"] == "EQUALS"
                    name, value = predicate["key"], predicate["stringValue"]
                    things = [thing for thing in things if thing[name] == value]
            if query.get("sort_by") == "created_at desc":
                things.sort(key=lambda thing: thing["created_at"], reverse=True)
            start, size = int(query.get("page_token") or 0), int(query.get("page_size") or 20)
            page = {key or kind: things[start : start + size], "total_size": len(things)}
            more = {"next_page_token": str(start + size)} if len(things) > start + size else {}
            return page | more

        return listed

    def _get_run(self, body: Thing, query: dict[str, str], run_id: str) -> Thing:
        run = self.runs[run_id]
        if states := self.states.get(run["display_name"]) or self.states.get(""):
            run.update(states.pop(0))
        return run

    def _terminate(self, body: Thing, query: dict[str, str], run_id: str) -> Thing:
        self.runs[run_id] |= {"state": "CANCELING"}
        return {}

    def _delete_recurring(self, body: Thing, query: dict[str, str], one: str) -> Thing:
        del self.recurring_runs[one]
        if query.get("propagation_policy") != "ORPHAN":  # Kubernetes deletes what it owns
            for run in self.runs.values():
                if run.get("recurring_run_id") == one and run["state"] in ("PENDING", "RUNNING"):
                    run["state"] = "FAILED"
        return {}

    def _switch(self, status: str) -> Callable[..., Thing]:
        def switched(body: Thing, query: dict[str, str], one: str) -> Thing:
            self.recurring_runs[one] |= {"status": status}
            active = [
                other["display_name"]
                for name, other in self.recurring_runs.items()
                if other["status"] == "ENABLED" and name not in self.strangers
            ]
            assert len(active) == len(set(active)), f"two active schedules: {active}"
            return {}

        return switched


class _Handler(BaseHTTPRequestHandler):
    service: KubeflowService

    def _do(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query)),
            body=json.loads(self.rfile.read(length) or b"{}"),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        self.service.requests.append(request)
        fault = self._fault(f"{request.method} {request.path}")
        if fault is None:
            self._send(*self.service.answer(request))
        elif fault.what in ("lost", "held"):
            self.service.answer(request)
            if fault.what == "held":
                self.service.done.set()
                self.service.over.wait()
            self.close_connection = True
            self.connection.close()
        elif fault.what == "login":
            self._send(200, LOGIN_PAGE, "text/html; charset=utf-8")
        else:
            self._send(int(fault.what), {"code": 2, "message": fault.message})

    def _fault(self, where: str) -> Fault | None:
        for fault in self.service.faults:
            if fault.times and re.search(fault.where, where):
                fault.times -= 1
                if fault.then:
                    self.service.faults.append(fault.then)
                return fault
        return None

    def _send(self, status: int, body: Thing | str, kind: str = "application/json") -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_DELETE = _do  # noqa: N815

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


@contextmanager
def serve_kubeflow(certificate: Path | None = None, key: Path | None = None) -> Iterator[Any]:
    """Serves a new, empty Kubeflow Pipelines on loopback; with a certificate, over TLS."""
    service = KubeflowService()
    handler = type("Handler", (_Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    service.host = f"http://127.0.0.1:{server.server_port}"
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        service.host = service.host.replace("http:", "https:")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
