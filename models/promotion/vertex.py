"""A registry in the Model Registry of Vertex AI.

A challenge is a model by its name, a version one of its versions, the champion the default one.
What is known of a version is in its labels, its reigns are the lines of its description, its
metrics an evaluation; its files are in a bucket, named by their content, and its container is the
image of the run that made it.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.prediction_server import COMMAND, HEALTH_ROUTE, PORT, PREDICT_ROUTE
from models.promotion.bucket_store import BucketStore
from models.promotion.registry import ChampionChanged, champion_of
from models.promotion.version import Facts, Reign, Version, content_hash
from models.vertex_ai import call, connect
from preprocessing.errors import InputError

METRICS_SCHEMA = (
    "gs://google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml"
)
SAVED_MODEL = "saved_model"

_DEFAULT = "default"  # the alias that Vertex AI serves where no version is named
_REIGN = re.compile(r"(?P<since>\S+) (?P<by>\S+): (?P<why>.*)")
_REIGNS_KEPT = 8
_FOLDER = "registry"


class VertexRegistry:
    """The Model Registry of a project and region.

    Args:
        project: of Google Cloud.
        region: of Vertex AI.
        bucket: `gs://` folder whose `registry/` gets the files of new versions; "" to read only.

    Raises:
        InputError: there are no credentials.
    """

    def __init__(self, project: str, region: str, bucket: str) -> None:
        aiplatform = connect(project, region)
        config = aiplatform.initializer.global_config
        self._types = aiplatform.gapic
        self._client = aiplatform.gapic.ModelServiceClient(
            credentials=config.credentials, client_options=config.get_client_options()
        )
        self._parent = f"projects/{project}/locations/{region}"
        self._bucket = bucket

    def challenges(self) -> list[str]:
        """Returns the challenges that have versions, sorted."""
        request = {"parent": self._parent, "filter": "labels.content:*"}
        models = call("list the models", lambda: list(self._client.list_models(request)))
        ours = [one.labels for one in models if {"content", "pipeline"} <= set(one.labels)]
        return sorted(labels["pipeline"] for labels in ours)

    def versions(self, challenge: str) -> list[Version]:
        """Returns the versions of a challenge's model, the first first."""
        found = call(f"list the versions of {challenge}", self._list, challenge)
        return sorted((_version(one) for one in found), key=lambda version: version.number)

    @contextmanager
    def package(self, version: Version) -> Iterator[Path]:
        """Gives the files of a version as a local folder while the body runs."""
        if not version.facts.content:
            raise InputError(
                f"version {version.number} of {version.facts.challenge} in Vertex AI was not"
                " registered by a pipeline of this project, so it cannot be compared with; make"
                " another the default version, or name another REGISTRY"
            )
        parent, _, name = version.place.rpartition("/")
        with BucketStore(parent).folder(name) as folder:
            if content_hash(folder) != version.facts.content:
                raise InputError(
                    f"{version.place}: the files of version {version.number} are not those that"
                    " were registered; go back to another with `make rollback`"
                )
            yield folder

    def add(self, package: Path, facts: Facts, why: str) -> Version:
        """Registers a model; one that is registered already is returned as it is."""
        if not facts.image:
            raise InputError(
                "IMAGE: not set, so there is nothing to serve a model of Vertex AI with; set it to"
                " the image with its tag"
            )
        if not self._bucket.startswith("gs://"):
            raise InputError(
                "BUCKET: not set, so there is no place for the files of a model in Vertex AI; set"
                " BUCKET=gs://... and compile again"
            )
        store = BucketStore(f"{self._bucket.rstrip('/')}/{_FOLDER}")
        name = f"{facts.challenge}/models/{facts.content}"
        store.put_folder(package, name)
        version: Version = call(
            f"register {facts.challenge}",
            self._upload_once,
            facts,
            f"{store.place(name)}/{SAVED_MODEL}",
            Reign.now(facts.by, why),
        )
        call(f"write down the evaluation of {facts.challenge}", self._evaluate_once, version, facts)
        return version

    def crown(self, version: Version, instead_of: int, reign: Reign) -> None:
        """Makes a version the champion; see `Registry.crown`.

        Vertex AI cannot make this depend on who is champion, so it is asked just before.
        """
        challenge = version.facts.challenge
        champion = champion_of(self.versions(challenge))
        number = champion.number if champion else 0
        if number == version.number:
            return  # the first version is the default one from its upload on
        if number != instead_of:
            raise ChampionChanged
        before = version.reigns
        if champion and champion.reigns and before and before[-1].since > champion.reigns[-1].since:
            before = before[:-1]  # written by one who was stopped before the alias had moved
        lines = [_line(one) for one in (*before, reign)][-_REIGNS_KEPT:]
        name = f"{self._name(challenge)}@{version.number}"
        described = self._types.Model(name=name, version_description="\n".join(lines))
        doing = f"make version {version.number} of {challenge} the default"
        call(
            doing,
            self._client.update_model,
            model=described,
            update_mask={"paths": ["version_description"]},
        )
        call(doing, self._client.merge_version_aliases, name=name, version_aliases=[_DEFAULT])

    def _list(self, challenge: str) -> list[Any]:
        """Returns the versions as Vertex AI tells them."""
        from google.api_core.exceptions import NotFound

        try:
            return list(self._client.list_model_versions(name=self._name(challenge)))
        except NotFound:
            return []

    def _upload_once(self, facts: Facts, artifacts: str, reign: Reign) -> Version:
        """Uploads a version unless it is there: an answer may have been lost."""
        from google.api_core.exceptions import AlreadyExists

        known = self._list(facts.challenge)
        for one in known:
            if one.labels.get("content") == facts.content:
                return _version(one)
        model = self._types.Model(
            display_name=facts.challenge,
            version_description="" if known else _line(reign),
            labels=_labels(facts),
            artifact_uri=artifacts,
            container_spec=self._types.ModelContainerSpec(
                image_uri=facts.image,
                command=list(COMMAND),
                ports=[self._types.Port(container_port=PORT)],
                predict_route=PREDICT_ROUTE,
                health_route=HEALTH_ROUTE,
            ),
        )
        name = self._name(facts.challenge)
        place = {"parent_model": name} if known else {"model_id": facts.challenge}
        try:
            done = self._client.upload_model(
                {"parent": self._parent, "model": model, **place}
            ).result()
        except AlreadyExists:
            if known or not self._list(facts.challenge):
                raise
            return self._upload_once(facts, artifacts, reign)  # another's first one was first
        return _version(self._client.get_model(name=f"{name}@{done.model_version_id}"))

    def _evaluate_once(self, version: Version, facts: Facts) -> None:
        """Imports the evaluation unless it is there."""
        name = f"{self._name(facts.challenge)}@{version.number}"
        if list(self._client.list_model_evaluations(parent=name)):
            return
        finite = {one: value for one, value in facts.metrics.items() if math.isfinite(value)}
        evaluation = self._types.ModelEvaluation(
            display_name=facts.run,
            metrics_schema_uri=METRICS_SCHEMA,
            metrics=_schema_metrics(facts.accuracy, finite),
            metadata=finite,
        )
        self._client.import_model_evaluation(parent=name, model_evaluation=evaluation)

    def _name(self, challenge: str) -> str:
        return f"{self._parent}/models/{challenge}"


def _version(model: Any) -> Version:
    """Returns a version from what Vertex AI tells of it."""
    labels = dict(model.labels)
    reigns = tuple(
        Reign(**found.groupdict())
        for line in model.version_description.splitlines()
        if (found := _REIGN.fullmatch(line))
    )
    accuracy = labels.get("accuracy", "").replace("_", ".")  # one of others may be anything
    facts = Facts(
        challenge=labels.get("pipeline", model.name.rpartition("/")[2].partition("@")[0]),
        run=labels.get("run", ""),
        by=labels.get("by", ""),
        commit=labels.get("commit", ""),
        image=model.container_spec.image_uri,
        accuracy=float(accuracy) if re.fullmatch(r"\d\.\d+", accuracy) else 0.0,
        content=labels.get("content", ""),
    )
    return Version(
        number=int(model.version_id),
        created=model.version_create_time.isoformat(timespec="seconds"),
        place=model.artifact_uri.removesuffix(f"/{SAVED_MODEL}"),
        facts=facts,
        champion=_DEFAULT in model.version_aliases,
        reigns=reigns,
    )


def _labels(facts: Facts) -> dict[str, str]:
    """Returns labels as Google Cloud takes them: lower case, digits, - and _, 63 at most."""
    labels = {
        "pipeline": facts.challenge,
        "content": facts.content,
        "run": facts.run,
        "by": facts.by,
        "commit": facts.commit,
        "accuracy": f"{facts.accuracy:.4f}".replace(".", "_"),
    }
    return {
        name: re.sub(r"[^-_a-z0-9]", "-", text.lower())[:63]
        for name, text in labels.items()
        if text
    }


def _schema_metrics(accuracy: float, metrics: dict[str, float]) -> dict[str, Any]:
    """Returns the metrics as the schema calls them.

    Its `auPrc` is over all classes together, as is GAP; where each example's best guess counts and
    no other, precision and recall are the accuracy.
    """
    best = {"precision": accuracy, "recall": accuracy, "f1Score": accuracy}
    named = {"logLoss": metrics.get("loss"), "auPrc": metrics.get("gap")}
    return {
        **{name: value for name, value in named.items() if value is not None},
        "confidenceMetrics": [{"confidenceThreshold": 0.0, "maxPredictions": 1, **best}],
    }


def _line(reign: Reign) -> str:
    by = re.sub(r"\s+", "-", reign.by) or "unknown"
    return f"{reign.since} {by}: {reign.why}"
