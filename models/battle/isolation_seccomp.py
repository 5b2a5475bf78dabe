"""Leaves a process the few system calls that computing needs: seccomp(2), Linux on x86-64.

The filter is classic BPF over `struct seccomp_data`: the number of the call, the architecture, and
the arguments as numbers, so no path can be looked at: which files may be read is Landlock's part.
"""

import ctypes
import os
import platform
import struct
import sys

_ALLOWED = {
    # memory and threads
    "brk": 12, "munmap": 11, "mremap": 25, "mincore": 27,
    "futex": 202, "set_robust_list": 273, "rseq": 334, "membarrier": 324, "sched_yield": 24,
    "sched_getaffinity": 204, "sched_getparam": 143, "sched_getscheduler": 145, "getcpu": 309,
    "set_tid_address": 218, "exit": 60, "exit_group": 231, "restart_syscall": 219,
    # signals of its own
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sigaltstack": 131,
    # what is open already, and reading
    "read": 0, "write": 1, "readv": 19, "writev": 20, "pread64": 17, "recvfrom": 45,
    "lseek": 8, "close": 3,
    "poll": 7, "ppoll": 271, "fstat": 5, "stat": 4, "lstat": 6, "newfstatat": 262, "statx": 332,
    "access": 21, "faccessat": 269, "faccessat2": 439, "readlink": 89, "readlinkat": 267,
    "getdents64": 217, "getcwd": 79,
    # clocks, and what the process is
    "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "nanosleep": 35,
    "gettimeofday": 96, "time": 201, "getpid": 39, "getppid": 110,
    "gettid": 186, "getuid": 102, "geteuid": 107,
    "getgid": 104, "getegid": 108, "getrandom": 318, "getrlimit": 97, "getrusage": 98,
    "times": 100, "sysinfo": 99, "uname": 63,
}  # fmt: skip
_OPEN, _OPENAT, _MMAP, _MPROTECT, _IOCTL, _SENDTO = 2, 257, 9, 10, 16, 44
_CLONE, _CLONE3, _FCNTL, _PRCTL, _TGKILL, _PRLIMIT64 = 56, 435, 72, 157, 234, 302
_MADVISE = 28

_X86_64 = 0xC000003E
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_KILL_PROCESS, _REFUSE, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_EPERM, _ENOSYS = 1, 38
_LOAD, _AND, _EQUAL, _RETURN = 0x20, 0x54, 0x15, 0x06  # BPF_LD_W_ABS, ALU_AND_K, JMP_JEQ_K, RET_K

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_TMPFILE", 0)
_READS = _WRITES & ~getattr(os, "O_DIRECTORY", 0)  # a folder may be listed
_THREAD, _NAMESPACES = 0x00010000, 0x7E020000
_MAP_SHARED, _PROT_EXEC = 1, 4
_MADV_DONTNEED, _MADV_FREE, _MADV_HUGEPAGE = 4, 8, 14  # not HWPOISON, by which root ends others
_TCGETS = 0x5401  # isatty()
_F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 1, 2, 3, 1030  # not F_SETOWN, which can signal
_PR_SET_NAME, _PR_SET_VMA = 15, 0x53564D41
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


def restrict_calls() -> bool:
    """Leaves this thread, and all that it starts, only harmless system calls; for good.

    Left are memory, threads, clocks, reading files, and what is open already. Everything else
    fails with EPERM: sockets, new processes and programs, signals to others, opening for writing,
    renaming, deleting, tracing, mounting, io_uring, memory shared with others, new machine code.

    Returns:
        Whether the system does this.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    program = b"".join(struct.pack("<HBBI", *one) for one in _filter(os.getpid()))
    code = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    done = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(described), 0, 0)
    return bool(done == 0)


def _filter(own_process: int) -> list[Instruction]:
    instructions = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _X86_64),
        _ret(_KILL_PROCESS),  # 32-bit calls have other numbers
        (_LOAD, 0, 0, _NUMBER),  # x32's are above all of these
    ]
    for number in _ALLOWED.values():
        instructions += _on(number, [_ret(_ALLOW)])
    for number, block in [
        (_OPENAT, _if_masked(2, _READS, 0)),
        (_OPEN, _if_masked(1, _READS, 0)),
        (_MMAP, [*_unless_masked(2, _PROT_EXEC), *_if_masked(3, _MAP_SHARED, 0)]),
        (_MPROTECT, _if_masked(2, _PROT_EXEC, 0)),
        (_MADVISE, _if_one_of(2, [_MADV_DONTNEED, _MADV_FREE, _MADV_HUGEPAGE])),
        (_SENDTO, _if_null(4)),  # to where a socket is connected
        (_CLONE, _if_masked(0, _THREAD | _NAMESPACES, _THREAD)),
        (_IOCTL, _if_one_of(1, [_TCGETS])),
        (_FCNTL, _if_one_of(1, [_F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC])),
        (_PRCTL, _if_one_of(0, [_PR_SET_NAME, _PR_SET_VMA])),
        (_TGKILL, _if_one_of(0, [own_process])),  # abort()
        (_PRLIMIT64, _if_null(2)),
        (_CLONE3, [_ret(_REFUSE | _ENOSYS)]),  # so that the C library takes clone
    ]:
        instructions += _on(number, block)
    return [*instructions, _ret(_REFUSE | _EPERM)]


def _ret(action: int) -> Instruction:
    return (_RETURN, 0, 0, action)


def _on(number: int, block: list[Instruction]) -> list[Instruction]:
    return [(_EQUAL, 0, len(block), number), *block]


def _low(argument: int) -> int:
    return 16 + 8 * argument


def _if_masked(argument: int, mask: int, wanted: int) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _low(argument)),
        (_AND, 0, 0, mask),
        (_EQUAL, 0, 1, wanted),
        _ret(_ALLOW),
        _ret(_REFUSE | _EPERM),
    ]


def _unless_masked(argument: int, mask: int) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _low(argument)),
        (_AND, 0, 0, mask),
        (_EQUAL, 1, 0, 0),
        _ret(_REFUSE | _EPERM),
    ]


def _if_one_of(argument: int, wanted: list[int]) -> list[Instruction]:
    tests = [step for value in wanted for step in _on(value, [_ret(_ALLOW)])]
    return [(_LOAD, 0, 0, _low(argument)), *tests, _ret(_REFUSE | _EPERM)]


def _if_null(argument: int) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _low(argument)),
        (_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, _low(argument) + 4),
        (_EQUAL, 0, 1, 0),
        _ret(_ALLOW),
        _ret(_REFUSE | _EPERM),
    ]
