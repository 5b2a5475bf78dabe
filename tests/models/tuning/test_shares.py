"""What each of the processes that train at the same time has of the machine."""

from models.tuning.shares import share_out


def test_cores_and_gpus_are_dealt_out() -> None:
    one, other = share_out(2, [0, 1, 2], ["4", "5", "GPU-6"])
    assert (one.cores, other.cores) == ([0, 2], [1])
    assert one.environment == {"CUDA_VISIBLE_DEVICES": "4,GPU-6"}
    assert other.environment == {"CUDA_VISIBLE_DEVICES": "5"}


def test_where_there_are_too_few_they_are_shared() -> None:
    found = share_out(3, [0, 1], ["0"])
    assert [share.cores for share in found] == [[0], [1], [0]]
    for share in found:
        assert share.environment["CUDA_VISIBLE_DEVICES"] == "0"
        assert share.environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


def test_a_machine_without_gpus_needs_nothing_said() -> None:
    assert [share.environment for share in share_out(2, [0, 1], [])] == [{}, {}]
