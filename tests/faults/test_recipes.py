"""The recipes of docs/operating.md: each is run as it stands there, with this machine's paths and ports."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from octavo.site.previews.links import Scope, Signer
from tests.conftest import PostsFolder
from tests.serving import AUTHORIZATION, Crowd, Operator, Served, is_gone
from tests.tools import CHECKOUT, Server, Servers, free_port, needed
from tests.waiting import until
from tests.web.test_proxies import documented, varnish

# An application that fails while there is a file `failing`.
FAILING = """
from pathlib import Path
from octavo import create_app
folder = Path(__file__).parent
app = create_app(folder)
inner = app.wsgi_app

def failing(environ, start_response):
    if (folder / "failing").exists() and environ["PATH_INFO"] != "/healthz":
        start_response("500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain")])
        return [b"failing"]
    return inner(environ, start_response)

app.wsgi_app = failing
"""


@pytest.fixture
def operator(tmp_path: Path, servers: Servers) -> Operator:
    return Operator(tmp_path, servers)


class Front:
    """A proxy with TLS on a port of this machine, as its readers see it."""

    def __init__(self, server: Server) -> None:
        self.process, self.port = server
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self._context))

    def get(self, path: str) -> tuple[int, str, str]:
        """The status, the word of the cache, and the body."""
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", headers={"Host": "journal.example"})
        with contextlib.suppress(urllib.error.HTTPError), self._opener.open(request, timeout=20) as answer:
            return answer.status, answer.headers.get("X-Cache", ""), answer.read().decode()
        return 502, "", ""


@pytest.fixture
def nginx(operator: Operator, servers: Servers) -> Callable[[], Front]:
    """Starts nginx with the recipe, in front of the operator's socket."""
    program = needed("nginx")
    folder = operator.folder / "nginx"
    folder.mkdir()
    certificate(folder)

    def command(port: int) -> list[str]:
        text = documented("nginx-tls")
        text = (
            text.replace("/var/cache/nginx", str(folder))
            .replace("/var/log/nginx", str(folder))
            .replace("/run/octavo-journal", str(operator.folder))
        )
        text = text.replace("/etc/letsencrypt/live/journal.example", str(folder))
        text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid {folder}/nginx.pid; error_log stderr;\nevents {{}}\n"
            f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;\n{text}}}\n"
        )
        return [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]

    return lambda: Front(servers.start(command))


def certificate(folder: Path) -> None:
    subject = ["-subj", "/CN=journal.example", "-days", "2"]
    key = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    command = [needed("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *key]
    subprocess.run(command, check=True, capture_output=True)


def test_nginx_gives_pages_by_tls_and_http2(operator: Operator, nginx: Callable[[], Front]) -> None:
    operator.serve_by_socket("--workers", "1")
    front = nginx()
    curl = [needed("curl"), "-sk", "--http2", "-o", os.devnull, "-w", "%{http_version} %{http_code}"]

    told = subprocess.run(
        [*curl, f"https://127.0.0.1:{front.port}/articles/hello/"], capture_output=True, text=True, check=True
    )

    assert told.stdout == "2 200"
    assert front.get("/metrics")[0] != 200


def test_nginx_neither_stores_nor_logs_a_preview(operator: Operator, nginx: Callable[[], Front]) -> None:
    (operator.folder / "posts" / "secret.md").write_text("---\ntitle: The secret\ndraft: true\n---\nText\n")
    with (operator.folder / "pyproject.toml").open("a") as settings:
        settings.write('preview_secret = "a secret of the editors"\n')
    operator.serve_by_socket("--workers", "1")
    front = nginx()
    token = Signer("a secret of the editors").sign(Scope("secret.md"), time.time() + 600)
    site = f"https://journal.example:{front.port}"
    jar = str(operator.folder / "jar")
    curl = [needed("curl"), "-ski", "--resolve", f"journal.example:{front.port}:127.0.0.1"]

    def get(address: str, *options: str) -> str:
        return subprocess.run([*curl, *options, f"{site}{address}"], capture_output=True, text=True, check=True).stdout

    moved = re.search(r"(?im)^location: (\S+)", get(f"/-/preview/?preview={token}", "-c", jar))
    assert moved is not None
    pages = [get(moved[1], "-b", jar) for _ in range(2)]
    refused = get(moved[1])

    assert all("The secret" in page and "X-Cache: HIT" not in page for page in pages)
    assert " 403" in refused.splitlines()[0]
    logged = (operator.folder / "nginx" / "journal.log").read_text()
    assert "preview=***" in logged
    assert token not in logged


@pytest.mark.parametrize("fault", ["fails", pytest.param("is down", marks=pytest.mark.long)])
def test_readers_see_the_last_good_page_of_a_site_that_fails(
    operator: Operator, nginx: Callable[[], Front], fault: str
) -> None:
    (operator.folder / "app.py").write_text(FAILING)
    with (operator.folder / "pyproject.toml").open("a") as settings:
        settings.write("shared_seconds = 1\n")
    served = operator.serve_by_socket("--workers", "1")
    front = nginx()
    good = front.get("/articles/hello/")

    if fault == "fails":
        (operator.folder / "failing").touch()
    else:
        served.process.terminate()
        served.process.wait(30)
    until(lambda: front.get("/articles/hello/")[1] == "STALE", "nginx shows what it has")

    assert front.get("/articles/hello/")[::2] == good[::2]
    assert front.get("/articles/never-asked-for/")[0] >= 500


@pytest.mark.long
@pytest.mark.parametrize("fault", ["fails", "is down"])
def test_so_they_do_behind_varnish(operator: Operator, servers: Servers, fault: str) -> None:
    (operator.folder / "app.py").write_text(FAILING)
    with (operator.folder / "pyproject.toml").open("a") as settings:
        settings.write("shared_seconds = 1\n")
    served = operator.serve("--workers", "1")
    front = Served.at_port(Server(served.process, varnish(servers, served.port)), servers.folder)
    good = front.get("/articles/hello/")
    assert good.status == 200

    if fault == "fails":
        (operator.folder / "failing").touch()
    else:
        served.process.terminate()
        served.process.wait(30)
    answers = [good]

    def is_older() -> bool:
        answers.append(front.get("/articles/hello/"))
        return answers[-1].status != 200 or int(answers[-1].headers["Age"]) >= 3

    until(is_older, "the page is older than it may be where the site answers")
    assert {(answer.status, answer.text) for answer in answers} == {(200, good.text)}
    assert front.get("/articles/never-asked-for/").status >= 500
    if fault == "fails":
        (operator.folder / "failing").unlink()
        assert front.get("/articles/hello/").headers["Age"] == "0"


@pytest.mark.long
def test_workers_are_replaced_behind_nginx_and_no_request_fails(operator: Operator, nginx: Callable[[], Front]) -> None:
    served = operator.serve_by_socket("--workers", "2")
    front = nginx()
    before = served.workers(2)
    crowd = Crowd(served)
    through: list[int] = []

    with crowd.coming(3):
        served.process.send_signal(signal.SIGHUP)

        def are_replaced() -> bool:
            # A query is another page for nginx, so that it asks the site.
            through.append(front.get(f"/articles/hello/?{len(through)}")[0])
            return all(map(is_gone, before))

        until(are_replaced, "the old workers are gone")

    assert set(through) == {200}
    assert crowd.failures == []


def test_caddy_gives_pages_and_no_numbers(operator: Operator, servers: Servers) -> None:
    program = needed("caddy")
    operator.serve_by_socket("--workers", "1")

    def command(port: int) -> list[str]:
        text = documented("caddy").replace("/run/octavo-journal", str(operator.folder))
        text = text.replace("journal.example {", f"https://journal.example:{port} {{\n\ttls internal")
        options = (
            "admin off",
            f"http_port {free_port()}",
            "skip_install_trust",
            f"storage file_system {operator.folder}",
        )
        text = "{\n" + "\n".join(options) + "\n}\n" + text
        (operator.folder / "Caddyfile").write_text(text)
        return [program, "run", "--config", str(operator.folder / "Caddyfile"), "--adapter", "caddyfile"]

    server = servers.start(command)
    curl = [needed("curl"), "-sk", "--resolve", f"journal.example:{server.port}:127.0.0.1", "-o", os.devnull]

    def asked(path: str) -> str:
        url = f"https://journal.example:{server.port}{path}"
        done = subprocess.run([*curl, "-w", "%{http_code}", url], capture_output=True, text=True, check=False)
        return done.stdout

    until(lambda: asked("/articles/hello/") == "200", "Caddy answers")
    assert asked("/metrics") == "404"


def test_unit_for_systemd_is_understood_and_exposes_little(tmp_path: Path) -> None:
    program = needed("systemd-analyze")
    unit = documented("systemd").replace("/srv/%i/.venv/bin/flask", sys.executable).replace("/srv/%i", str(tmp_path))
    # Users of this machine are asked for.
    unit = unit.replace("User=octavo\nGroup=octavo", f"User={pwd.getpwuid(1).pw_name}")
    path = tmp_path / "octavo@.service"
    path.write_text(unit)

    verified = subprocess.run([program, "verify", str(path)], capture_output=True, text=True, check=False)
    graded = subprocess.run(
        [program, "security", "--offline=true", "--threshold=15", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    # It only prints what it does not know: any word is a failure.
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    assert graded.returncode == 0, graded.stdout[-300:]


@pytest.mark.long
def test_two_sites_on_one_machine_do_not_meet(tmp_path: Path, servers: Servers) -> None:
    sites = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        operator = Operator(tmp_path / name, servers)
        PostsFolder(tmp_path / name / "posts").write(name, title=f"Only in the {name}")
        sites.append(operator.serve_by_socket("--workers", "1"))

    pages = [[site.get(f"/articles/{name}/").status for name in ("first", "second")] for site in sites]

    assert pages == [[200, 404], [404, 200]]


@pytest.mark.long
def test_backup_that_is_made_while_the_site_runs_restores_it(operator: Operator, tmp_path: Path) -> None:
    (operator.folder / ".venv").symlink_to(Path(sys.prefix))
    served = operator.serve("--workers", "1")
    browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    assert served.get("/views/hello.gif", **browser).status == 200

    def written() -> int:
        file = operator.folder / "instance" / "views.sqlite"
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db,
        ):
            return int(db.execute("select count(*) from views").fetchone()[0])
        return 0

    until(written, "the view is written")
    backup = tmp_path / "backup"
    script = documented("backup").replace("/srv/journal", str(operator.folder))
    script = script.replace("/var/backups/journal", str(backup))

    subprocess.run(["sh", "-eu", "-c", script], check=True)
    before = served.get("/articles/hello/").text
    served.process.terminate()
    served.process.wait(30)
    restored = Operator.of(backup, operator).serve("--workers", "1")

    assert restored.get("/articles/hello/").text == before
    assert json.loads(restored.get("/views/hello").text)["views"] == 1


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder whose files can be read by all, as in a container; pytest's own are for one user alone."""
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
    os.umask(before)


@pytest.mark.long
@pytest.mark.root
def test_steps_of_the_container_file_make_a_site_that_writes_nowhere_else(
    open_folder: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: open_folder / name.strip("/") for name in ("/build", "/venv", "/site")}
    here = open_folder
    command: list[str] = []
    user = 0
    for line in documented("container").splitlines():
        word, _, rest = line.partition(" ")
        for name, place in places.items():
            rest = re.sub(rf"{name}\b", str(place), rest)
        if word == "WORKDIR":
            here = Path(rest)
            here.mkdir(exist_ok=True)
        elif line == "COPY . .":
            listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
            for name in listed.stdout.split("\0"):
                if name and not name.startswith("tests/"):
                    (here / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(CHECKOUT / name, here / name)
        elif word == "RUN":
            subprocess.run(["sh", "-euc", rest.replace("python -m", f"{sys.executable} -m")], cwd=here, check=True)
        elif word == "ENV":
            monkeypatch.setenv(*rest.split("=", 1))
        elif word == "USER":
            user = int(rest.partition(":")[0])
        elif word == "CMD":
            command = re.findall(r'"([^"]+)"', rest)
    assert user > 0

    def start(port: int) -> list[str]:
        changed = [str(port) if word == "8000" else word for word in command]
        return [*drop, *changed]

    drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    again = "import os, sys; os.execv(sys.executable, [sys.executable, '-c', ''])"
    # This machine's Python may lie in a folder that is for root alone.
    if subprocess.run([*drop, command[0].replace("flask", "python"), "-c", again], check=False).returncode != 0:
        drop = []
    before = set(here.rglob("*"))
    server = servers.start(start, folder=here)
    served = Served.at_port(server, servers.folder)
    until(lambda: served.get("/readyz").status == 200, "the site is ready")

    written = {path.relative_to(here).parts[0] for path in set(here.rglob("*")) - before}
    assert written <= {"search_index", "instance"}
    assert served.get("/").status == 200
    assert served.get("/status.json", **AUTHORIZATION).status == 404
