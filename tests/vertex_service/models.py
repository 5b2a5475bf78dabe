"""ModelService: models with versions, aliases and evaluations."""

import itertools
from collections import defaultdict
from typing import Any

from google.cloud.aiplatform_v1 import types

from tests.vertex_service.checks import check_labels
from tests.vertex_service.faults import exists, impossible, invalid, unknown
from tests.vertex_service.listing import page
from tests.vertex_service.names import LOCATION, check_parent, copy, last, now
from tests.vertex_service.operations import Operations

DEFAULT = "default"


class Models:
    """google.cloud.aiplatform.v1.ModelService.

    Attributes:
        versions: of each model, by its id, oldest first.
    """

    def __init__(self, operations: Operations) -> None:
        self.versions: dict[str, list[Any]] = {}
        self.evaluations: dict[str, list[Any]] = defaultdict(list)
        self._operations = operations
        self._ids = itertools.count(7000)

    def upload_model(self, request: Any) -> Any:
        """Answers UploadModel: a new model, or with `parent_model` its next version."""
        check_parent(request.parent)
        model = copy(request.model)
        if not model.display_name:
            raise invalid("display_name is required")
        check_labels(model.labels)
        if request.parent_model:
            name = self._find(request.parent_model)[0]
        else:
            name = request.model_id or str(next(self._ids))
            if name in self.versions:
                raise exists("Model", name)
            self.versions[name] = []
        versions = self.versions[name]
        number = int(versions[-1].version_id) + 1 if versions else 1
        model.name = f"{LOCATION}/models/{name}"
        model.version_id = str(number)
        model.create_time = versions[0].create_time if versions else now()
        model.version_create_time = model.update_time = model.version_update_time = now()
        aliases = list(model.version_aliases) or ([] if versions else [DEFAULT])
        model.version_aliases = []
        versions.append(model)
        self._give(name, model, aliases if versions[1:] else {*aliases, DEFAULT})
        response = types.UploadModelResponse(model=model.name, model_version_id=str(number))
        return self._operations.done(model.name, types.UploadModelOperationMetadata(), response)

    def get_model(self, request: Any) -> Any:
        """Answers GetModel, of a version or alias after `@`, else of the default."""
        return self._find(request.name)[1]

    def list_models(self, request: Any) -> Any:
        """Answers ListModels: the default version of each."""
        check_parent(request.parent)
        defaults = [self._version(name, DEFAULT) for name in self.versions]
        models, token = page(defaults, request)
        return types.ListModelsResponse(models=models, next_page_token=token)

    def list_model_versions(self, request: Any) -> Any:
        """Answers ListModelVersions."""
        name = self._find(request.name)[0]
        models, token = page(self.versions[name], request)
        return types.ListModelVersionsResponse(models=models, next_page_token=token)

    def update_model(self, request: Any) -> Any:
        """Answers UpdateModel, of the version that is named."""
        model = self._find(request.model.name)[1]
        for path in request.update_mask.paths:
            if path not in ("display_name", "description", "labels", "version_description"):
                raise invalid(f"Field cannot be updated: {path}")
            setattr(model, path, getattr(request.model, path))
        model.update_time = model.version_update_time = now()
        return model

    def merge_version_aliases(self, request: Any) -> Any:
        """Answers MergeVersionAliases."""
        name, model = self._find(request.name)
        gone = {alias[1:] for alias in request.version_aliases if alias.startswith("-")}
        if DEFAULT in gone:
            raise invalid("The default alias can only be moved to another version")
        model.version_aliases = [one for one in model.version_aliases if one not in gone]
        self._give(name, model, [one for one in request.version_aliases if one[0] != "-"])
        return model

    def delete_model_version(self, request: Any) -> Any:
        """Answers DeleteModelVersion; the default one cannot be deleted."""
        name, model = self._find(request.name)
        if "@" not in request.name:
            raise invalid("The version to delete is not given")
        if DEFAULT in model.version_aliases:
            raise impossible("The default version cannot be deleted")
        self.versions[name] = [
            one for one in self.versions[name] if one.version_id != model.version_id
        ]
        return self._operations.done(model.name, types.DeleteOperationMetadata())

    def delete_model(self, request: Any) -> Any:
        """Answers DeleteModel."""
        name, model = self._find(request.name)
        del self.versions[name]
        return self._operations.done(model.name, types.DeleteOperationMetadata())

    def import_model_evaluation(self, request: Any) -> Any:
        """Answers ImportModelEvaluation."""
        name, model = self._find(request.parent)
        evaluation = copy(request.model_evaluation)
        evaluations = self.evaluations[f"{name}@{model.version_id}"]
        evaluation.name = f"{model.name}@{model.version_id}/evaluations/{len(evaluations) + 1}"
        evaluation.create_time = now()
        evaluations.append(evaluation)
        return evaluation

    def list_model_evaluations(self, request: Any) -> Any:
        """Answers ListModelEvaluations."""
        name, model = self._find(request.parent)
        evaluations, token = page(self.evaluations[f"{name}@{model.version_id}"], request)
        return types.ListModelEvaluationsResponse(
            model_evaluations=evaluations, next_page_token=token
        )

    def _give(self, name: str, model: Any, aliases: Any) -> None:
        """Gives a version aliases, taken from the other versions that have them."""
        for other in self.versions[name]:
            other.version_aliases = [one for one in other.version_aliases if one not in aliases]
        model.version_aliases = [*model.version_aliases, *sorted(aliases)]

    def _find(self, name: str) -> tuple[str, Any]:
        check_parent(name)
        model, _, version = last(name).partition("@")
        if model not in self.versions:
            raise unknown("Model", name)
        return model, self._version(model, version or DEFAULT)

    def _version(self, model: str, version: str) -> Any:
        for one in self.versions[model]:
            if version == one.version_id or version in one.version_aliases:
                return one
        raise unknown("Model version", f"{model}@{version}")
