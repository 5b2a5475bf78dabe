"""Steps that are left to services of Vertex AI, down to the requests that Google's code sends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.compile import compile_pipeline
from pipelines.settings import Settings, read_settings
from pipelines.shared_training import shared_parameters
from preprocessing.errors import InputError

IMAGE = "registry/image:1"
GOLDEN = Path(__file__).parent.parent / "golden" / "managed"
_PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['(\w+)'\]\}\}")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)  # away from a .env


def compiled(folder: Path, name: str = "quickdraw", **settings: Any) -> dict[str, Any]:
    path = compile_pipeline(name, folder, Settings(image=IMAGE, **settings))
    return dict(yaml.safe_load(path.read_text()))


def whole(value: Any) -> Any:
    """Returns a JSON value whose whole numbers are written as such, as Vertex AI writes them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    return [whole(inner) for inner in value] if isinstance(value, list) else value


def payload(pipeline: dict[str, Any], step: str, **produced: Any) -> dict[str, Any]:
    """Returns what Google's launcher of a step is given, as Vertex AI fills its placeholders in.

    Args:
        pipeline: compiled.
        step: its name.
        produced: parameters that come from other steps.
    """
    task = pipeline["root"]["dag"]["tasks"][step]
    component = pipeline["components"][task["componentRef"]["name"]]
    inputs = component["inputDefinitions"]["parameters"]
    values = {name: spec.get("defaultValue") for name, spec in inputs.items()} | produced
    for name, given in task["inputs"]["parameters"].items():
        if "runtimeValue" in given:
            values[name] = given["runtimeValue"]["constant"]
    artifacts = task["inputs"].get("artifacts", {})

    def filled(text: str) -> str:
        def value(found: re.Match[str]) -> str:
            given = whole(values[found[1]])
            kind = inputs[found[1]]["parameterType"]
            empty = {"STRUCT": "{}", "LIST": "[]"}.get(kind, "")
            if given is None:
                return empty
            return given if isinstance(given, str) else json.dumps(given)

        return _PLACEHOLDER.sub(value, text)

    def parts(node: Any) -> Iterator[str]:
        if isinstance(node, str):
            yield filled(node)
        elif "Concat" in node:
            for inner in node["Concat"]:
                yield from parts(inner)
        else:
            condition = node["IfPresent"]
            if condition["InputName"] in artifacts or values.get(condition["InputName"]):
                yield from parts(condition["Then"])

    arguments = pipeline["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
    template = arguments["args"][arguments["args"].index("--payload") + 1]
    text = "".join(parts(json.loads(template) if '{"Concat"' in template else template))
    return dict(json.loads(text))


def test_the_yaml_is_as_reviewed(tmp_path: Path) -> None:
    """A change here is seen in review; `make golden` writes the file anew."""
    managed = "batch-prediction custom-job"
    settings = Settings(image=IMAGE, preset="gpu", managed=managed)  # type: ignore[arg-type]
    path = compile_pipeline("quickdraw", tmp_path, settings)
    assert path.read_text() == (GOLDEN / "quickdraw.yaml").read_text()


def test_it_names_no_project_account_or_network(tmp_path: Path) -> None:
    place = {
        "project": "acme-vision-7",
        "region": "europe-west4",
        "bucket": "gs://my-bucket",
        "service_account": "pipelines@acme-vision-7.iam.gserviceaccount.com",
        "network": "projects/12345/global/networks/vpc",
    }
    managed = "dataflow batch-prediction custom-job"
    text = json.dumps(compiled(tmp_path, managed=managed, **place))
    assert not [value for value in place.values() if value in text]


@pytest.mark.parametrize("name", ["quickdraw", "gan"])
def test_training_is_a_custom_job_on_the_machine_of_the_settings(tmp_path: Path, name: str) -> None:
    from google.cloud.aiplatform_v1.types import CustomJob

    pipeline = compiled(
        tmp_path,
        name,
        managed="custom-job",
        preset="4gpu",
        train_cpu=16,
        train_memory="60G",
        train_disk_gb=300,
    )
    job = CustomJob(payload(pipeline, "train" if name == "quickdraw" else "train-gan"))
    (pool,) = job.job_spec.worker_pool_specs
    machine = pool.machine_spec
    assert (machine.machine_type, machine.accelerator_count) == ("n1-standard-16", 4)
    assert machine.accelerator_type.name == "NVIDIA_TESLA_T4"
    assert (pool.replica_count, pool.disk_spec.boot_disk_size_gb) == (1, 300)
    assert pool.container_spec.image_uri == IMAGE
    assert "{{$.json_escape[1]}}" in pool.container_spec.args
    assert job.job_spec.service_account == "{{$.pipeline_service_account}}"
    assert job.job_spec.network == "{{$.pipeline_network}}"


@pytest.mark.parametrize(
    ("settings", "machines", "kind", "restarts", "strategy"),
    [
        ({"workers": 3}, [1, 2], ("", 0), True, "STANDARD"),
        ({"workers": 2, "preset": "4gpu"}, [1, 1], ("NVIDIA_TESLA_T4", 4), True, "STANDARD"),
        ({"preset": "distributed", "spot": True}, [1, 2], ("NVIDIA_TESLA_T4", 1), True, "SPOT"),
        (
            {"preset": "distributed", "workers": 1, "accelerator_count": 2, "spot": True},
            [1],
            ("NVIDIA_TESLA_T4", 2),
            False,
            "SPOT",
        ),
    ],
)
def test_several_machines_are_a_chief_and_its_workers_each_with_its_accelerators(
    tmp_path: Path,
    settings: dict[str, Any],
    machines: list[int],
    kind: tuple[str, int],
    restarts: bool,
    strategy: str,
) -> None:
    from google.cloud.aiplatform_v1.types import CustomJob

    pipeline = compiled(tmp_path, **settings)
    spec = CustomJob(payload(pipeline, "train")).job_spec
    assert [pool.replica_count for pool in spec.worker_pool_specs] == machines
    for pool in spec.worker_pool_specs:
        machine = pool.machine_spec
        assert machine.accelerator_type.name == (kind[0] or "ACCELERATOR_TYPE_UNSPECIFIED")
        assert machine.accelerator_count == kind[1]
        assert pool.container_spec == spec.worker_pool_specs[0].container_spec
    assert spec.scheduling.restart_job_on_worker_restart == restarts
    assert spec.scheduling.strategy.name == strategy
    defaults = pipeline["root"]["inputDefinitions"]["parameters"]
    batch_size, sharing = defaults["batch_size"]["defaultValue"], sum(machines) * (kind[1] or 1)
    assert batch_size % sharing == 0
    assert 128 <= batch_size < 128 + sharing
    policy = pipeline["root"]["dag"]["tasks"]["train"]["retryPolicy"]
    assert policy["maxRetryCount"] == (10 if settings.get("spot") else 2)


def test_the_networks_name_is_not_taken_for_a_vpc_network(tmp_path: Path) -> None:
    pipeline = compiled(tmp_path, managed="custom-job")
    task = pipeline["root"]["dag"]["tasks"]["train"]
    component = pipeline["components"][task["componentRef"]["name"]]
    assert payload(pipeline, "train")["job_spec"]["network"] == "{{$.pipeline_network}}"
    assert task["inputs"]["parameters"]["network_class"] == {"componentInputParameter": "model"}
    assert set(component["outputDefinitions"]["artifacts"]) == {"model"}


def test_batch_prediction_gets_the_models_files_and_the_serving_container(tmp_path: Path) -> None:
    from google.cloud.aiplatform_v1.types import BatchPredictionJob
    from google_cloud_pipeline_components.container.v1.batch_prediction_job import remote_runner
    from google_cloud_pipeline_components.container.v1.gcp_launcher.utils import json_util

    pipeline = compiled(tmp_path, managed="batch-prediction")
    shards = ["gs://bucket/run/examples/test/examples-00000-of-00001.tfrecord.gz"]
    spec = payload(
        pipeline,
        "model-batch-predict",
        gcs_source_uris=shards,
        instances_format="tf-record-gzip",
        gcs_destination_output_uri_prefix="gs://bucket/run/predictions",
    )
    imported = pipeline["deploymentSpec"]["executors"]["exec-importer"]["importer"]
    artifact = {"uri": "gs://bucket/run/model", "metadata": imported["metadata"]}
    given = {"inputs": {"artifacts": {"unmanaged_container_model": {"artifacts": [artifact]}}}}
    sent = remote_runner.insert_artifact_into_payload(json.dumps(given), json.dumps(spec))
    cleaned = json_util.recursive_remove_empty(json.loads(sent))
    job = BatchPredictionJob(remote_runner.sanitize_job_spec(cleaned))

    model = job.unmanaged_container_model
    assert model.artifact_uri == "gs://bucket/run/model"
    assert model.container_spec.image_uri == IMAGE
    assert list(model.container_spec.command) == ["python", "-m", "models.prediction_server"]
    assert model.container_spec.health_route == "/health"
    assert model.container_spec.predict_route == "/predict"
    assert job.input_config.instances_format == "tf-record-gzip"
    assert list(job.input_config.gcs_source.uris) == shards
    assert job.output_config.predictions_format == "jsonl"
    assert job.output_config.gcs_destination.output_uri_prefix == "gs://bucket/run/predictions"
    assert job.dedicated_resources.machine_spec.machine_type == "n1-standard-4"
    assert job.dedicated_resources.max_replica_count == 4
    assert job.service_account == "{{$.pipeline_service_account}}"
    submission = pipeline["root"]["dag"]["tasks"]["predictions-to-csv"]
    assert submission["inputs"]["artifacts"]["predictions"]["taskOutputArtifact"] == {
        "outputArtifactKey": "gcs_output_directory",
        "producerTask": "model-batch-predict",
    }
    assert "batch-predict" not in pipeline["root"]["dag"]["tasks"]


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"MANAGED": "data-flow"}, "MANAGED: .*'data-flow' is unknown, did you mean 'dataflow'"),
        ({"MANAGED": "dataflow,custom-job"}, "there are: dataflow, batch-prediction, custom-job"),
        ({"TRAIN_DISK_GB": "10"}, "TRAIN_DISK_GB: "),
    ],
)
def test_a_word_that_is_unknown_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=told):
        read_settings()


def test_the_trials_of_a_tuning_have_the_machines_of_the_training(tmp_path: Path) -> None:
    fixed = {"batch_size": 129}
    settings = Settings(image=IMAGE, preset="distributed", spot=True)
    path = compile_pipeline("quickdraw-tuning", tmp_path, settings, fixed)
    pipeline = dict(yaml.safe_load(path.read_text()))
    given = pipeline["root"]["dag"]["tasks"]["tune-on-vertex"]["inputs"]["parameters"]
    trial = {
        name: whole(given[name]["runtimeValue"]["constant"])
        for name in ("worker_pool_specs", "strategy", "restart_job_on_worker_restart")
    }
    training = payload(pipeline, "train")["job_spec"]
    for pool, trained in zip(
        trial["worker_pool_specs"], training["worker_pool_specs"], strict=True
    ):
        assert pool["container_spec"]["command"][-1] == "models.tuning.vertex_trial"
        assert pool["container_spec"]["image_uri"] == trained["container_spec"]["image_uri"]
        same = ("machine_spec", "disk_spec", "replica_count")
        assert [pool[name] for name in same] == [trained[name] for name in same]
    assert training["scheduling"]["strategy"] == trial["strategy"] == "SPOT"
    assert trial["restart_job_on_worker_restart"]


def test_a_tuning_takes_no_batch_that_the_machines_cannot_share(tmp_path: Path) -> None:
    settings = Settings(image=IMAGE, preset="distributed", spot=True)
    path = compile_pipeline("quickdraw-tuning", tmp_path, settings)
    inputs = yaml.safe_load(path.read_text())["root"]["inputDefinitions"]["parameters"]
    assert inputs["fixed_parameters"]["defaultValue"] == ["batch_size"]
    assert inputs["batch_size"]["defaultValue"] == 129
    two = Settings(image=IMAGE, workers=2)
    assert shared_parameters("quickdraw-tuning", {}, two) == {"batch_size": 128}
    (tmp_path / "mine.py").write_text(
        'SEARCH_SPACE = {"batch_size": {"type": "integer", "low": 64, "high": 256, "default": 128}}'
        "\nclass Net: ...\n"
    )
    given = {"model": f"{tmp_path}/mine.py:Net", "fixed_parameters": ["clip_norm"]}
    changed = shared_parameters("quickdraw-tuning", given, two)
    assert changed["fixed_parameters"] == ["clip_norm", "batch_size"]  # not each of 64 to 256 does
    with pytest.raises(InputError, match="batch_size=128: expected a multiple of the 3 that"):
        compile_pipeline("quickdraw", tmp_path, settings, {"batch_size": 128})


def test_on_kubeflow_the_training_of_a_tuning_is_on_spot_nodes_and_its_trials_are_not(
    tmp_path: Path,
) -> None:
    settings = Settings(image=IMAGE, preset="gpu", spot=True, backend="kubeflow")
    path = compile_pipeline("quickdraw-tuning", tmp_path, settings)
    pipeline, platform = yaml.safe_load_all(path.read_text())
    step = pipeline["deploymentSpec"]["executors"]["exec-tune"]["container"]
    assert (step["image"], step["resources"]["accelerator"]["count"]) == (IMAGE, "1")
    on_spot = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert list(on_spot) == ["exec-train"]


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        (
            "quickdraw",
            {"workers": 2, "backend": "kubeflow"},
            "WORKERS=2: .* not on BACKEND=kubeflow; set WORKERS=1",
        ),
        (
            "quickdraw",
            {"preset": "distributed", "keras_backend": "jax"},
            "PRESET=distributed: .* not with KERAS_BACKEND=jax",
        ),
        ("gan", {"workers": 2}, "WORKERS=2: a GAN trains on one machine; set WORKERS=1"),
    ],
)
def test_several_machines_are_refused_where_one_trains(
    tmp_path: Path, name: str, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        compiled(tmp_path, name, **settings)


def test_what_only_vertex_ai_has_is_not_for_kubeflow(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MANAGED: custom-job of Vertex AI in a pipeline for BACK"):
        compiled(tmp_path, managed="dataflow custom-job", backend="kubeflow")
    compiled(tmp_path, managed="dataflow", backend="kubeflow")
