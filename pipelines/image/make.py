"""Builds the images of a pipeline with whichever tool there is, and pushes them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.image import cloud_build
from pipelines.image.context import build_context, untracked_code
from pipelines.image.name import Images, find_images
from pipelines.image.tool import TOOLS, build, find_tool, push
from pipelines.settings import Settings
from preprocessing.errors import InputError

ARGUMENTS = ("BASE_IMAGE", "BEAM_IMAGE")
"""Of the Dockerfile, beside KERAS_BACKEND."""


def make_images(
    settings: Settings,
    folder: Path,
    show: Callable[[str], None],
    *,
    pipeline: str = "",
    fingerprint: str = "",
    tool: str = "",
    pushes: bool = False,
    dirty: bool = False,
    arguments: Sequence[str] = (),
) -> list[str]:
    """Builds what a pipeline that is compiled with the same settings runs in; returns the names.

    Args:
        settings: say which images, and what they are called.
        folder: of the compiled pipelines, with the packed files of participants.
        show: is told what the tool prints.
        pipeline: whose participant's files go in; "" for none.
        fingerprint: of these files.
        tool: `docker`, `podman`, `buildah` or `cloud-build`; "" for the first that works here.
        pushes: pushes them to their registry; Cloud Build always does.
        dirty: takes tracked files as they are, where they differ from the commit.
        arguments: `NAME=value` of `ARGUMENTS`.

    Raises:
        InputError: something cannot be, or the tool fails.
    """
    if tool not in ("", cloud_build.TOOL, *TOOLS):
        raise InputError(f"TOOL: {tool!r} is unknown; there are: {', '.join(TOOLS)}, cloud-build")
    in_cloud = tool == cloud_build.TOOL
    given = _read(arguments) | {"KERAS_BACKEND": settings.keras_backend}
    images = find_images(settings, fingerprint)
    _check_names(images, settings, pushes or in_cloud)
    targets = images.targets()
    with build_context(folder, pipeline, dirty) as context:
        for name in untracked_code():
            show(f"not in the image, since git does not know it: {name}")
        if in_cloud:
            cloud_build.build_in_cloud(context, targets, given, settings, show)
        else:
            tool = find_tool(tool, show)
            for target, image in targets.items():
                build(tool, context, target, image, given, show)
    if pushes and not in_cloud:
        for image in targets.values():
            push(tool, image, show)
    return list(targets.values())


def _check_names(images: Images, settings: Settings, pushes: bool) -> None:
    for image in images.targets().values():
        if "@" in image:
            raise InputError(f"IMAGE={image}: a digest cannot be chosen; give a tag, or neither")
        if pushes and "/" not in image:
            place = f"{settings.region or 'REGION'}-docker.pkg.dev/{settings.project or 'PROJECT'}"
            raise InputError(
                f"IMAGE: {image} names no registry to push to; set IMAGE, such as"
                f" {place}/REPOSITORY/challenge-pipelines"
            )


def _read(arguments: Sequence[str]) -> dict[str, str]:
    given = {}
    for text in arguments:
        name, equals, value = text.partition("=")
        if name not in ARGUMENTS or not equals:
            expected = " or ".join(f"{known}=..." for known in ARGUMENTS)
            raise InputError(f"BUILD_ARGS: expected {expected}, got {text!r}")
        given[name] = value
    return given
