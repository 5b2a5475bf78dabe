"""Dataflow in place of the step's own machine, for the steps that Beam runs."""

from collections.abc import Mapping

from pipelines.settings import Settings
from preprocessing.errors import InputError


def dataflow_args(settings: Settings, image: str, labels: Mapping[str, str]) -> list[str]:
    """Returns Beam's options for Dataflow; none where MANAGED does not ask for it.

    Workers start from the project's image and install nothing. Two steps, and two passes of one,
    may run at the same time, so that Beam names the jobs, which it does differently each time.
    What a user adds in BEAM goes behind these: the last of two counts.

    Args:
        settings: project, region, bucket; service account, network and subnetwork, if any.
        image: the project's image of the kind `cpu`, with tag.
        labels: put on the jobs. They change what the steps are given, and so what the cache knows.

    Raises:
        InputError: a setting that Dataflow needs is missing.
    """
    if "dataflow" not in settings.managed:
        return []
    for name in ("project", "region", "bucket"):
        if not getattr(settings, name):
            raise InputError(f"{name.upper()}: not set; MANAGED=dataflow needs it")
    folder = f"{settings.bucket.rstrip('/')}/dataflow"
    args = [
        "--runner=DataflowRunner",
        f"--project={settings.project}",
        f"--region={settings.region}",
        f"--temp_location={folder}/temp",
        f"--staging_location={folder}/staging",
        f"--sdk_container_image={image}",
        "--sdk_location=container",
        "--no_save_main_session",  # what runs is in the image; the main module is KFP's
    ]
    if settings.service_account:
        args.append(f"--service_account_email={settings.service_account}")
    if settings.subnetwork:
        args.append(f"--subnetwork={settings.subnetwork}")
    elif settings.network:
        args.append(f"--network={settings.network.rpartition('/')[2]}")
    return args + [f"--labels={key}={value}" for key, value in labels.items()]
