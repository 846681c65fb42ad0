"""A toy house around the real run.py: its lock names one tiny package, its `liuhe` only echoes.

So the whole way from an empty folder to the running program is walked in seconds, without a
network, and nothing touches the environment that the tests themselves run in.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: A build backend of its own, so that the toy needs none from a registry.
BACKEND = """
import os, zipfile

def build_editable(directory, config_settings=None, metadata_directory=None):
    name = "liuhe-0.1.0-py3-none-any.whl"
    info = "liuhe-0.1.0.dist-info/"
    with zipfile.ZipFile(directory + "/" + name, "w") as wheel:
        wheel.writestr("_liuhe.pth", os.getcwd())
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: liuhe\\nVersion: 0.1.0\\n")
        wheel.writestr(
            info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        )
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nliuhe = toy:main\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""

PYPROJECT = """
[project]
name = "liuhe"
version = "0.1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

#: What stands in for `liuhe up`.
PROGRAM = """
import os, sys, time

def main():
    print("up with", sys.argv[1:], flush=True)
    time.sleep(float(os.environ.get("TOY_SECONDS", "0")))
    return int(os.environ.get("TOY_EXIT", "0"))
"""


class ToyHouse:
    """A folder with run.py in it, ready to be run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = root / "wheels"
        self.venv = root / ".venv"
        self.wheels.mkdir(parents=True)
        (root / "requirements").mkdir()
        shutil.copy(ROOT / "run.py", root)
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / "backend.py").write_text(BACKEND)
        (root / "toy.py").write_text(PROGRAM)
        self.lock("pebble")

    def lock(self, *names: str) -> None:
        """Makes a wheel of each name, and locks it with its hash."""
        lines = [f"{name}==1.0 --hash=sha256:{self.wheel(name)}" for name in names]
        for file in ("run.txt", "test.txt"):
            (self.root / "requirements" / file).write_text("\n".join(lines) + "\n")

    def wheel(self, name: str) -> str:
        path = self.wheels / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info/"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0")
            wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(info + "RECORD", "")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Starts run.py from another folder, with a home that cannot be written."""
        mirror = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.wheels.as_uri(), "PIP_RETRIES": "0"}
        kept = {name: value for name, value in os.environ.items() if "LIUHE" not in name}
        return subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *arguments],
            cwd=self.root.parent,
            env=kept | {"HOME": "/proc/nobody"} | mirror | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """The exit code and all that was said."""
        process = self.start(*arguments, **environment)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def packages(self) -> set[str]:
        return {
            path.parent.name.partition("-")[0]
            for path in self.venv.glob("lib/*/site-packages/*.dist-info/INSTALLER")
        } - {"pip", "setuptools"}
