"""What a result depends on besides the programs: processor, load, system, commit, date."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

FLAGS = ("avx2", "fma", "avx512f", "amx_tile")


def facts(core):
    """Plain facts for the head of the results."""
    processor = cpu_info()
    flags = processor.get("flags", "").split()
    return {
        "processor": processor.get("model name", platform.processor() or "unknown"),
        "family": f"{processor.get('cpu family', '?')}, model {processor.get('model', '?')}",
        "instructions": [flag for flag in FLAGS if flag in flags],
        "cores": os.cpu_count(),
        "core": core,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "commit": commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def cpu_info():
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").split("\n\n")[0].splitlines() if path.exists() else []
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def commit():
    """The short hash of what was measured, and whether anything tracked differed from it."""

    def git(*arguments):
        root = Path(__file__).parent
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")
