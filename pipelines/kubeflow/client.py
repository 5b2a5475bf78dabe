"""The client of Kubeflow Pipelines, made so that it does nothing that nobody asked it for."""

import os
import warnings
from pathlib import Path
from typing import Any

import kfp
import kfp_server_api
import urllib3
from google.auth.exceptions import GoogleAuthError

from pipelines.settings import Settings
from preprocessing.errors import InputError


class _QuietClient(kfp.Client):
    """The SDK's client without what it does by itself.

    It would read a namespace and a cookie from `~/.config/kfp/context.json`, connect while it is
    made, with 25 s of retries and stack traces, and log each lost connection.
    """

    _LOCAL_KFP_CONTEXT = ""

    def _load_config(self, *arguments: Any, **named: Any) -> kfp_server_api.Configuration:
        config = super()._load_config(*arguments, **named)
        config.retries = urllib3.Retry(connect=0, read=0, other=0, redirect=3)  # we do it
        return config

    def get_kfp_healthz(self, sleep_duration: int = 5) -> kfp_server_api.V2beta1GetHealthzResponse:
        """Answers without a call; only a constructor without a namespace asks."""
        return kfp_server_api.V2beta1GetHealthzResponse(multi_user=False)


def make_client(settings: Settings) -> kfp.Client:
    """Returns a client for the Kubeflow Pipelines of the settings; it has not connected yet.

    The authorities of the web are trusted, or those in the file that SSL_CERT_FILE names.

    Raises:
        InputError: KUBEFLOW_HOST is not set or is no address, or SSL_CERT_FILE is not there.
    """
    host = settings.kubeflow_host
    if not host:
        raise InputError(
            "KUBEFLOW_HOST: not set; set it to the address of Kubeflow Pipelines, such as"
            " https://kubeflow.example.org/pipeline"
        )
    if not host.startswith(("http://", "https://")):
        raise InputError(f"KUBEFLOW_HOST: expected http://... or https://..., got {host!r}")
    authorities = os.environ.get("SSL_CERT_FILE") or None
    if authorities and not Path(authorities).is_file():
        raise InputError(f"SSL_CERT_FILE={authorities}: no such file; name one in PEM, or unset it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # that it wants a server of version 2
        try:
            return _QuietClient(
                host=host,
                existing_token=settings.kubeflow_token.get_secret_value().strip() or None,
                cookies=settings.kubeflow_cookie.get_secret_value().strip(),
                ssl_ca_cert=authorities,  # the SDK looks at no machine's own
            )
        except GoogleAuthError as error:
            said = str(error).splitlines()[0]
            raise InputError(
                f"KUBEFLOW_HOST {host} takes Google credentials, and there are none ({said}); run"
                " `gcloud auth application-default login`, or set KUBEFLOW_TOKEN"
            ) from None
