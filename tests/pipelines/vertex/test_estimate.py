"""What a run may cost: of the machines that its steps ask for, for the times of an earlier run."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.compile import compile_pipeline
from pipelines.history.run_record import RunRecord, Step
from pipelines.settings import Settings
from pipelines.vertex.estimate import Estimate, estimate, machines_of
from pipelines.vertex.machines import Machine, accelerators, find_machine
from pipelines.vertex.prices import dollars_a_run, dollars_an_hour
from pipelines.vertex.show_estimate import show_estimate

PAIRS = [(kind, count) for kind, counts in accelerators().items() for count in counts]


def run(**seconds: float) -> RunRecord:
    steps = [Step(name, "succeeded", value) for name, value in seconds.items()]
    return RunRecord("mnist-1", "mnist", "", {}, "", "succeeded", steps=steps)


def test_the_prices_are_those_of_the_list() -> None:
    assert dollars_an_hour(find_machine(4, 15, "NVIDIA_TESLA_T4", 1)) == pytest.approx(
        0.21849885 + 0.4025
    )
    assert dollars_an_hour(find_machine()) == pytest.approx(0.1541, abs=1e-4)
    assert dollars_an_hour(find_machine(12, 85, "NVIDIA_TESLA_A100", 1)) == pytest.approx(
        3.673385 * 1.15, abs=1e-4
    )


@given(st.sampled_from(PAIRS), st.floats(0, 1e6), st.floats(0, 1e6))
def test_it_grows_with_time(pair: tuple[str, int], first: float, second: float) -> None:
    machines = {"train": find_machine(2, 8, *pair)}
    costs = [estimate(machines, run(train=time)).dollars for time in sorted([first, second])]
    assert dollars_a_run() <= costs[0] <= costs[1]


@given(st.sampled_from(sorted(accelerators())))
def test_it_grows_with_the_count(kind: str) -> None:
    prices = [dollars_an_hour(find_machine(2, 8, kind, n)) for n in accelerators()[kind]]
    assert prices == sorted(prices)
    assert len(set(prices)) == len(prices)


def test_times_are_those_of_the_run_and_what_is_assumed_is_told(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, image="registry/image:1", preset="gpu")  # type: ignore[call-arg]
    machines = machines_of(compile_pipeline("mnist", tmp_path, settings))
    assert machines["train"] == Machine("n1-standard-8", 8, 30, "NVIDIA_TESLA_T4", 1)
    assert machines["score"] == find_machine()

    like = run(train=3600, preprocess=60)
    like.steps.append(Step("score", "cached", 0))
    made = estimate(machines, like)
    by_name = {step.step: step for step in made.steps}
    assert by_name["train"].dollars == pytest.approx(0.4369977 + 0.4025)
    assert by_name["preprocess"].minutes == 1
    assert not by_name["train"].assumed
    assert by_name["score"].assumed  # a step from the cache tells no time
    assert made.like == "mnist-1"
    assert made.dollars == pytest.approx(0.03 + sum(step.dollars for step in made.steps))
    assert isinstance(estimate(machines, None), Estimate)
    assert all(step.assumed for step in estimate(machines, None).steps)


def test_what_a_service_is_asked_for_costs_too(tmp_path: Path) -> None:
    asked = {"managed": "batch-prediction custom-job", "preset": "4gpu"}
    settings = Settings(_env_file=None, image="registry/image:1", **asked)  # type: ignore[call-arg,arg-type]
    machines = machines_of(compile_pipeline("mnist", tmp_path, settings))
    assert machines["train"] == Machine("n1-standard-8", 8, 30, "NVIDIA_TESLA_T4", 4)
    assert machines["model-batch-predict"].name == "n1-standard-4"
    assert machines["prediction-request"] == find_machine()


def test_all_machines_of_a_training_are_counted_and_spot_is_told(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, image="registry/image:1", preset="distributed", spot=True)  # type: ignore[call-arg]
    machines = machines_of(compile_pipeline("mnist", tmp_path, settings))
    assert str(machines["train"]) == "3 x n1-standard-8 + 1 NVIDIA_TESLA_T4, spot"
    assert not machines["score"].spot
    one = find_machine(8, 30, "NVIDIA_TESLA_T4", 1)
    assert dollars_an_hour(machines["train"]) == pytest.approx(3 * dollars_an_hour(one))

    lines: list[str] = []
    show_estimate(estimate(machines, run(train=3600)), "", lines.append)
    assert any(line.split()[1:4] == ["3", "x", "n1-standard-8"] for line in lines)
    (told,) = (line for line in lines if "spot machines" in line)
    assert "train costs less than this list price" in told
    assert "60 s of training at most" in told


def test_a_tuning_job_costs_what_all_its_trials_do(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, image="registry/image:1", preset="gpu", workers=2)  # type: ignore[call-arg]
    machines = machines_of(compile_pipeline("mnist-tuning", tmp_path, settings))
    one = Machine("n1-standard-8", 8, 30, "NVIDIA_TESLA_T4", 1, replicas=2)
    assert machines["tune-on-vertex"] == machines["train"] == one
    costs = {step.step: step for step in estimate(machines, None, trials=7, parallel=3).steps}
    tuning, hour = costs["tune-on-vertex"], dollars_an_hour(one)
    assert (tuning.machine.replicas, tuning.minutes, tuning.trials) == (6, 180, 7)
    assert tuning.dollars == pytest.approx(9 * hour)
    assert costs["train"].dollars == pytest.approx(hour)
    like = run(**{"tune-on-vertex": 1800.0})
    known = {step.step: step for step in estimate(machines, like, trials=2, parallel=3).steps}
    assert known["tune-on-vertex"].dollars == pytest.approx(0.5 * 2 * hour)


def test_a_custom_job_and_a_batch_prediction_cost_what_their_machines_do(tmp_path: Path) -> None:
    """As google-cloud-pipeline-components compiles them: the step itself only waits."""
    spec = {
        "machine_type": "n1-standard-8",
        "accelerator_type": "NVIDIA_TESLA_T4",
        "accelerator_count": 2,
    }
    pools = {"worker_pool_specs": {"defaultValue": [{"machine_spec": spec, "replica_count": 1}]}}
    kind = {"machine_type": {"defaultValue": ""}}
    template = tmp_path / "job.yaml"
    template.write_text(
        yaml.safe_dump(
            {
                "components": {
                    "comp-train": {
                        "executorLabel": "exec",
                        "inputDefinitions": {"parameters": pools},
                    },
                    "comp-predict": {
                        "executorLabel": "exec",
                        "inputDefinitions": {"parameters": kind},
                    },
                    "comp-import": {"executorLabel": "import"},
                    "comp-inner": {"dag": {"tasks": {"train": _task("comp-train")}}},
                },
                "deploymentSpec": {
                    "executors": {"exec": {"container": {"image": "g"}}, "import": {}}
                },
                "root": {
                    "dag": {
                        "tasks": {
                            "condition-1": _task("comp-inner"),
                            "importer": _task("comp-import"),
                            "predict": _task("comp-predict", machine_type="n1-standard-4"),
                        }
                    }
                },
            }
        )
    )
    assert machines_of(template) == {
        "predict": Machine("n1-standard-4", 4, 15),
        "train": Machine("n1-standard-8", 8, 30, "NVIDIA_TESLA_T4", 2),
    }


def _task(component: str, **constants: str) -> dict[str, object]:
    given = {name: {"runtimeValue": {"constant": value}} for name, value in constants.items()}
    return {"componentRef": {"name": component}, "inputs": {"parameters": given}}
