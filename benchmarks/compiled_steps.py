"""The steps of a compiled pipeline, each as the command that its container begins with."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.compile import compile_pipeline
from pipelines.compiled import read_compiled
from pipelines.settings import Settings


class CompiledSteps:
    """The steps of `quickdraw`, compiled as for the cloud, to be run here.

    Args:
        folder: gets the compiled pipeline.
    """

    def __init__(self, folder: Path) -> None:
        path = compile_pipeline("quickdraw", folder, Settings(image="not-used:1"))
        self._compiled = read_compiled(path)[0]

    def command(
        self, step: str, inputs: Mapping[str, Path], outputs: Path, **parameters: Any
    ) -> list[str]:
        """Returns the command of a step, with the Python of this process.

        Args:
            step: its name in the pipeline, such as `train`.
            inputs: its artifacts, by name.
            outputs: the folder that each of its outputs comes into, by its name.
            parameters: of the step; the others have the pipeline's defaults.
        """
        component = self._compiled["components"][f"comp-{step}"]
        given = {
            "inputs": {
                "parameterValues": self._parameters(step) | parameters,
                "artifacts": _artifacts(component, "inputDefinitions", inputs),
            },
            "outputs": {
                "artifacts": _artifacts(
                    component,
                    "outputDefinitions",
                    {
                        name: outputs / name
                        for name in component["outputDefinitions"].get("artifacts", {})
                    },
                ),
                "outputFile": str(outputs / "executor_output.json"),
            },
        }
        container = self._compiled["deploymentSpec"]["executors"][f"exec-{step}"]["container"]
        shell, options, script, code = container["command"]
        arguments = [text.replace("{{$}}", json.dumps(given)) for text in container["args"]]
        return [shell, options, script.replace("python3", sys.executable), code, *arguments]

    def _parameters(self, step: str) -> dict[str, Any]:
        root = self._compiled["root"]
        defaults = {
            name: about.get("defaultValue")
            for name, about in root["inputDefinitions"]["parameters"].items()
        }
        wanted = root["dag"]["tasks"][step]["inputs"].get("parameters", {})
        types = self._compiled["components"][f"comp-{step}"]["inputDefinitions"].get(
            "parameters", {}
        )
        values: dict[str, Any] = {}
        for name, source in wanted.items():
            if "runtimeValue" in source:
                values[name] = source["runtimeValue"]["constant"]
            elif "componentInputParameter" in source:
                values[name] = defaults[source["componentInputParameter"]]
            if types[name]["parameterType"] == "NUMBER_INTEGER" and name in values:
                values[name] = int(values[name])  # as KFP's backend hands it over
        return values


def _artifacts(
    component: Mapping[str, Any], kind: str, paths: Mapping[str, Path]
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    return {
        name: {
            "artifacts": [
                {
                    "name": name,
                    "type": component[kind]["artifacts"][name]["artifactType"],
                    "uri": str(path.absolute()),
                    "metadata": {},
                }
            ]
        }
        for name, path in paths.items()
    }
