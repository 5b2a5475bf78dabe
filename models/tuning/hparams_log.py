"""What TensorBoard's HParams tab shows of a trial: its values and its metric."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.training_log import LOGS_FOLDER
from models.tuning.results import METRIC


def write_hparams(
    folder: Path, name: str, values: Mapping[str, Any], reached: tuple[int, float] | None
) -> None:
    """Adds a trial's values and metric to its logs, once it has ended.

    No experiment is declared: TensorBoard takes the first one there is for its whole folder, where
    other studies have other parameters; without one it finds them in the trials.

    Args:
        folder: of the trial.
        name: of the trial, unlike all others.
        values: that it tried, by their names in the search space.
        reached: the epochs trained, and the metric; None if it failed.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    status = api_pb2.STATUS_SUCCESS if reached else api_pb2.STATUS_FAILURE
    ended = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=time.time())
    end = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(
            plugin_data_pb2.HParamsPluginData(session_end_info=ended)
        ),
        tensor=metadata.NULL_TENSOR,
    )
    writer = EventFileWriter(str(folder / LOGS_FOLDER))
    writer.add_event(Event(wall_time=time.time(), summary=hparams_pb(values, trial_id=name)))
    if reached:
        epochs, hit = reached
        metric = scalar_pb(METRIC, hit)
        writer.add_event(Event(wall_time=time.time(), step=epochs, summary=metric))
    writer.add_event(Event(wall_time=time.time(), summary=Summary(value=[end])))
    writer.close()
