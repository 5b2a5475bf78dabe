"""Leaves a process few files, to read: landlock(7), Linux 5.13 and later."""

import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_GET_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # by version of the interface; later ones have 16
_TCP_RIGHTS = 0b11  # bind, connect: version 4
_SCOPES = 0b11  # abstract sockets, signals: version 6
_PR_SET_NO_NEW_PRIVS = 38


def restrict_files(readable: Sequence[Path]) -> bool:
    """Leaves this thread, and all that it starts, files and folders to read and no other; for good.

    What is open already stays open. Where the kernel knows how, TCP and signals to processes
    outside are shut off too.

    Returns:
        Whether the system does this.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _GET_VERSION)
    if version < 1:
        return False
    handled = [(1 << _FILE_RIGHTS.get(version, 16)) - 1]
    handled += [_TCP_RIGHTS] if version >= 4 else []
    handled += [_SCOPES] if version >= 6 else []
    rules = struct.pack(f"<{len(handled)}Q", *handled)
    ruleset = libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0)
    if ruleset < 0:
        return False
    added = 0
    for path in filter(Path.exists, readable):
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        rule = struct.pack("<Qi", rights, opened)
        added = libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
        os.close(opened)
        if added:
            break
    restricted = (
        added == 0
        and libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    )
    os.close(ruleset)
    return restricted
