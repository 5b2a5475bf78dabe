"""Optuna's dashboard of the studies on this machine."""

import sqlite3
from contextlib import closing
from pathlib import Path

from preprocessing.errors import InputError

_HOST = "127.0.0.1"
_LAST_PORT = 65_535


def serve_dashboard(studies: Path, port: int) -> None:
    """Serves the dashboard until it is interrupted, and prints its address.

    Args:
        studies: the folder of the studies.
        port: on this machine.

    Raises:
        InputError: there is no study, or the port is taken or none.
    """
    from models.tuning.study import STUDIES_FILE  # takes a second

    if port > _LAST_PORT:
        raise InputError(f"PORT={port}: expected {_LAST_PORT} at most")
    path = studies / STUDIES_FILE
    _expect_a_study(path)
    from optuna_dashboard import wsgi
    from waitress import create_server

    try:
        server = create_server(wsgi(f"sqlite:///{path}"), host=_HOST, port=port)
    except OSError as error:
        raise InputError(f"PORT={port}: {error.strerror}; name another, such as 8081") from None
    print(f"the studies of {path}: http://{_HOST}:{port}/dashboard (Ctrl-C ends it)", flush=True)
    server.run()  # returns at Ctrl-C


def _expect_a_study(path: Path) -> None:
    count = 0
    if path.is_file():
        try:
            with closing(sqlite3.connect(path)) as database:
                (count,) = database.execute("SELECT COUNT(*) FROM studies").fetchone()
        except sqlite3.Error as error:
            raise InputError(
                f"{path}: holds no studies that can be read ({error}); remove it, and tune again"
            ) from None
    if not count:
        raise InputError(f"{path.parent}: no study yet; `make tune PIPELINE=quickdraw` begins one")
