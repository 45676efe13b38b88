"""One virtual environment a peer, built from its requirements file and kept between runs."""

import hashlib
import shutil
import subprocess
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent / "requirements"
INSTALL_SECONDS = 3600


class Missing(Exception):
    """Why a system is not timed."""


def python_of(name, cache, python):
    """The interpreter of environment `name`; builds it unless it stands as its requirements say."""
    folder = Path(cache) / name
    requirements = REQUIREMENTS / f"{name}.txt"
    stamp, wanted = folder / "requirements.sha256", hashlib.sha256(requirements.read_bytes()).hexdigest()
    interpreter = folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted:
        return interpreter
    shutil.rmtree(folder, ignore_errors=True)
    call([python, "-m", "venv", folder])
    call([interpreter, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r", requirements])
    stamp.write_text(wanted)
    return interpreter


def call(command):
    """Runs a step of the installation; its last words are the reason if it fails."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        raise Missing(f"not installed: {words[-1]}"[:200])
