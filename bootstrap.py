"""Sets up `.venv` from a lock file; plain Python of any version, so that it can refuse kindly.

python3 bootstrap.py requirements.txt
"""

import hashlib
import os
import platform
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)
PLATFORMS = {("Linux", "x86_64"), ("Darwin", "arm64")}
VENV = ".venv"
STAMP = os.path.join(VENV, "lock.sha256")
PYTHON = os.path.join(VENV, "bin", "python")


def refusal(version: "tuple[int, ...]", system: str, machine: str) -> "str | None":
    """Returns why this Python or platform does not fit; None if it does."""
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        return (
            f"error: this is Python {version[0]}.{version[1]}; expected Python 3.11, 3.12 or 3.13"
            " (tfx-bsl has wheels for these): install one, or name it with"
            " `make PYTHON=python3.12 ...`"
        )
    if (system, machine) not in PLATFORMS:
        return (
            f"error: this is {system} on {machine}; expected Linux on x86_64 or macOS on arm64"
            " (tfx-bsl has wheels for these): use such a machine or a container of that platform"
        )
    return None


def main(lock: str) -> None:
    """Makes `.venv` hold what the lock says, unless it does already."""
    reason = refusal(sys.version_info[:3], platform.system(), platform.machine())
    if reason:
        sys.exit(reason)
    with open(lock, "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    if os.path.exists(PYTHON) and os.path.exists(STAMP):
        with open(STAMP) as file:
            if wanted in file.read().split():
                return
    print(f"setting up {VENV} from {lock}, which takes a minute or more", flush=True)
    try:
        install(lock)
    except subprocess.CalledProcessError as error:
        sys.exit("error: setting up {} failed: {}".format(VENV, " ".join(map(str, error.cmd))))
    # The development lock holds all of the other, so that one need not be installed after it.
    locks = ["requirements.txt", lock]
    hashes = [hashlib.sha256(open(name, "rb").read()).hexdigest() for name in locks]
    with open(STAMP, "w") as file:
        file.write("\n".join(hashes) + "\n")


def install(lock: str) -> None:
    """Installs the lock, with uv where it is installed or can be, else with pip."""
    if not os.path.exists(PYTHON):
        subprocess.check_call([sys.executable, "-m", "venv", VENV])
    install_with_pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = ["uv"]
    if subprocess.call("command -v uv >/dev/null 2>&1", shell=True):
        uv = [PYTHON, "-m", "uv"]
        subprocess.call(install_with_pip + ["uv"])
    if subprocess.call(uv + ["--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        subprocess.check_call(install_with_pip + ["--require-hashes", "-r", lock])
    else:
        options = ["--python", PYTHON, "--require-hashes", "--compile-bytecode", "--quiet"]
        subprocess.check_call(uv + ["pip", "install"] + options + ["-r", lock])


if __name__ == "__main__":
    main(sys.argv[1])
