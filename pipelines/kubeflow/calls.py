"""Calls to Kubeflow Pipelines: tried again when the service falters, errors in one line."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from kfp_server_api import ApiException
from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, SSLError

from pipelines.settings import Settings
from preprocessing.errors import InputError, Unreachable

PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each further try."""

_TIMEOUT = (10, 60)
"""Seconds to connect, and to wait for an answer; the SDK by itself waits for ever."""

_Answer = TypeVar("_Answer")


class NotFoundError(InputError):
    """There is no such thing in Kubeflow."""


class ExistsError(InputError):
    """There is one of that name already."""


class Calls:
    """Calls methods of the SDK.

    Args:
        settings: name the service in what is said of errors.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._host = settings.kubeflow_host

    def __call__(
        self,
        method: Callable[..., _Answer],
        *,
        found: Callable[[], _Answer | None] | None = None,
        **arguments: Any,
    ) -> _Answer:
        """Returns what the method answers.

        Args:
            method: of one of the SDK's services.
            found: looks whether an earlier try has made what the method makes, although its answer
                was lost. Needed where a second call would make a second one.
            arguments: of the method.

        Raises:
            NotFoundError, ExistsError: the service said so.
            InputError: it refused otherwise.
            Unreachable: it did not answer, or said that it cannot now, after all tries.
        """
        for pause in PAUSES:
            try:
                return self._once(method, arguments)
            except Unreachable:
                time.sleep(pause)
            if found is not None and (there := found()) is not None:
                return there
        return self._once(method, arguments)

    def _once(self, method: Callable[..., _Answer], arguments: dict[str, Any]) -> _Answer:
        api_client = method.__self__.api_client  # type: ignore[attr-defined]
        api_client.last_response = None
        try:
            answer = method(_request_timeout=_TIMEOUT, **arguments)
        except ApiException as error:
            raise self._refusal(error) from None
        except HTTPError as error:
            raise self._broken(error) from None
        except (AttributeError, LookupError, TypeError, ValueError):
            # What is no JSON of this API; the text may hold the token, so it is not shown.
            raise self._no_api() from None
        if _is_page(api_client.last_response.urllib3_response.headers):
            raise self._no_api()
        return answer

    def _refusal(self, error: ApiException) -> InputError:
        """Returns what to say of an answer that is an error."""
        status, said = error.status or 0, _message(error)
        told = f": {said}" if said else ""
        if status in (401, 403):
            return self._not_let_in(f"{status}{told}")
        if status in (301, 302, 307, 308) or (status == 404 and _is_page(error.headers)):
            return self._no_api()
        if status == 404:
            return NotFoundError(
                f"KUBEFLOW_HOST {self._host}: nothing there (404{told}); check the address"
            )
        if status == 409:
            return ExistsError(
                f"KUBEFLOW_HOST {self._host}: has one of that name already (409{told}); look at"
                " `make runs` and `make schedules`"
            )
        if status == 429:
            return Unreachable(
                f"KUBEFLOW_HOST {self._host}: too many requests, or a quota is used up"
                f" (429{told}); try again later"
            )
        if status >= 500:
            return Unreachable(
                f"KUBEFLOW_HOST {self._host}: it cannot answer now ({status}{told}); try again"
                " later; the same command goes on where this one stopped"
            )
        cure = "mend what it names"
        if "namespace" in said.lower():
            cure = "check KUBEFLOW_NAMESPACE: set where Kubeflow has several users, unset where not"
        return InputError(f"Kubeflow refused ({status}{told}); {cure}")

    def _broken(self, error: HTTPError) -> InputError:
        """Returns what to say of a connection that broke or never was."""
        reason = error.reason if isinstance(error, MaxRetryError) else error
        if isinstance(reason, NameResolutionError):
            return InputError(
                f"KUBEFLOW_HOST {self._host}: no such host; check its spelling, or your VPN"
            )
        if isinstance(reason, SSLError):
            return InputError(
                f"KUBEFLOW_HOST {self._host}: its TLS certificate is not trusted; set SSL_CERT_FILE"
                " to its authority's (PEM), or use `kubectl port-forward`"
            )
        return Unreachable(
            f"KUBEFLOW_HOST {self._host}: no answer ({type(reason).__name__}); check that it is up"
            " and reachable from here; the same command goes on where this one stopped"
        )

    def _not_let_in(self, told: str) -> InputError:
        has_token = self._settings.kubeflow_token.get_secret_value()
        has_cookie = self._settings.kubeflow_cookie.get_secret_value()
        if has_token or has_cookie:
            name = "KUBEFLOW_TOKEN" if has_token else "KUBEFLOW_COOKIE"
            namespace = self._settings.kubeflow_namespace
            where = f" in namespace {namespace}" if namespace else ""
            cure = f"get a new {name}, or more rights{where}"
        else:
            cure = "set KUBEFLOW_TOKEN or KUBEFLOW_COOKIE"
        return InputError(f"KUBEFLOW_HOST {self._host}: not let in ({told}); {cure}")

    def _no_api(self) -> InputError:
        return InputError(
            f"KUBEFLOW_HOST {self._host}: answered with what is no Kubeflow Pipelines, mostly a"
            " login page; set KUBEFLOW_TOKEN or a fresh KUBEFLOW_COOKIE, and check the address"
        )


def _is_page(headers: Any) -> bool:
    """Says whether an answer is a page for people."""
    return "html" in (headers or {}).get("content-type", "").lower()


def _message(error: ApiException) -> str:
    """Returns what the service said of an error, in one short line."""
    try:
        said = json.loads(error.body)["message"]
    except (TypeError, ValueError, LookupError):
        said = "" if _is_page(error.headers) else (error.reason or "")
    return " ".join(str(said).split())[:300].rstrip(".")
