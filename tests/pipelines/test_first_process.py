"""A compiled step is told to stop as the first process of a container is."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from pipelines.compile import compile_pipeline
from pipelines.settings import Settings

ROOT = Path(__file__).parents[2]

WAIT = """
def wait():
    import time
    from components.step import step
    with step():
        try:
            print("begun", flush=True)
            time.sleep(60)
        finally:
            print("work put away", flush=True)
"""


def test_a_step_that_is_told_to_stop_puts_its_work_away(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, image="registry/image:1")  # type: ignore[call-arg]
    compiled = yaml.safe_load(compile_pipeline("mnist", tmp_path, settings).read_text())
    for executor in compiled["deploymentSpec"]["executors"].values():
        *shell, code = executor["container"]["command"]
        assert "def " in code
        assert " exec python3 " in shell[-1]
    given = json.dumps({"inputs": {}, "outputs": {"outputFile": str(tmp_path / "out.json")}})
    process = subprocess.Popen(
        [*shell, WAIT, "--executor_input", given, "--function_to_execute", "wait"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert "begun\n" in iter(process.stdout.readline, "")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (143, "work put away\n")
