"""Ghost's own JavaScript packages, installed once into pytest's cache, for tests that speak with them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "node"


class Node:
    """Runs a script of tests/node with JSON in and out."""

    def __init__(self, packages: Path) -> None:
        self._env = {**os.environ, "NODE_PATH": str(packages / "node_modules")}

    def run(self, script: str, given: Any) -> Any:
        done = subprocess.run(
            ["node", str(HERE / script)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            env=self._env,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def install(config: pytest.Config) -> Node:
    """Return Node with the packages that the lock file names; skip where Node or the registry is out of reach."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node.js with npm is not installed: Ghost's own client and filters cannot be asked")
    assert config.cache is not None
    lock = (HERE / "package-lock.json").read_bytes()
    folder = Path(config.cache.mkdir(f"node-{blake2b(lock, digest_size=6).hexdigest()}"))
    if not (folder / "installed").exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            pytest.skip(f"npm could not install the packages of tests/node: {done.stderr.strip()[-200:]}")
        (folder / "installed").touch()
    return Node(folder)
