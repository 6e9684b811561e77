"""Windows lacks modules, functions and signals that Linux has: the engine is imported and serves pages without them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, PostsFolder

# All of octavo/ is imported once, so that the libraries are there, and then again as on Windows.
SCRIPT = """
import importlib, os, pkgutil, signal, socket, sys, types

def modules():
    import octavo
    for found in pkgutil.walk_packages(octavo.__path__, "octavo."):
        importlib.import_module(found.name)

modules()
for name in [name for name in sys.modules if name.partition(".")[0] == "octavo"]:
    del sys.modules[name]
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
locks = types.ModuleType("msvcrt")
locks.LK_NBLCK = 2
locks.locking = lambda descriptor, mode, size: None
sys.modules["msvcrt"] = locks
missing = {
    os: "O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_DIRECTORY O_PATH geteuid getuid fchmod pread pwrite killpg set_blocking "
        "register_at_fork sched_getaffinity fork",
    signal: "SIGHUP SIGCHLD SIGKILL SIGURG SIGUSR1",
    socket: "AF_UNIX",
}
for module, names in missing.items():
    for name in names.split():
        module.__dict__.pop(name, None)
sys.platform = "win32"

modules()
# The libraries choose by os.name, which stays as it is, and use it when they are called.
del sys.modules["fcntl"]
from click.testing import CliRunner
from octavo import create_app
from octavo.serving.command import serve

app = create_app(sys.argv[1])
client = app.test_client()
print([client.get(path).status_code for path in ("/", "/articles/hello/", "/search/?q=hello")])
runner = app.test_cli_runner()
print(runner.invoke(args=["doctor"]).exception, CliRunner().invoke(serve).output)
os._exit(0)
"""


@pytest.mark.long
def test_site_is_served_without_what_windows_lacks(tmp_path: Path) -> None:
    PostsFolder(tmp_path / "posts").write("hello")
    (tmp_path / "pyproject.toml").write_text("[tool.octavo]\nwatch = false\n")

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout.splitlines()[:1] == ["[200, 200, 200]"], done.stderr
    assert "needs Linux or macOS" in done.stdout
