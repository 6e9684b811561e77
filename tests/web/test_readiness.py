"""`/healthz` and `/readyz`: what load balancers and orchestrators are told, and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import PostsFolder
from tests.waiting import settled


def asked(app: Flask) -> tuple[int, dict[str, dict[str, Any]]]:
    """The status of /readyz, and its checks by their names."""
    answer = app.test_client().get("/readyz")
    return answer.status_code, {check["name"]: check for check in answer.get_json()["checks"]}


def test_process_is_alive(app: Flask) -> None:
    answer = app.test_client().get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["Cache-Control"] == "no-store"


def test_site_is_ready_when_all_articles_can_be_found(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    app = make_app(indexing=False)
    before, checks = asked(app)

    after, settled_checks = asked(settled(app))

    assert (before, checks["index"]["state"]) == (503, "failed")
    assert "1 to be indexed" in checks["index"]["detail"]
    assert after == 200
    assert {check["state"] for check in settled_checks.values()} == {"ok"}
    assert settled_checks["posts"]["detail"] == "1 article and 0 pages"


def test_site_whose_posts_cannot_be_read_is_not_ready(app: Flask, folder: PostsFolder) -> None:
    folder.write("hello")
    settled(app)

    shutil.rmtree(folder.path)
    status, checks = asked(app)

    assert status == 503
    assert checks["posts"] == {
        "name": "posts",
        "state": "failed",
        "detail": "posts/ cannot be read: No such file or directory",
    }


def test_files_with_errors_and_a_store_that_is_away_keep_no_readers_away(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello")
    folder.raw("broken.md", "---\ntitle: [\n---\nText.\n")
    app = make_app(cache="redis", redis_url="redis://127.0.0.1:1/0")
    app.test_client().get("/articles/hello/")

    status, checks = asked(settled(app))

    assert status == 200
    assert checks["problems"] == {
        "name": "problems",
        "state": "warning",
        "detail": "1 file with errors: `flask check` tells them",
    }
    assert checks["cache"]["detail"] == "redis does not answer"


def test_folder_of_the_index_that_cannot_be_written_is_told(
    app: Flask, folder: PostsFolder, tmp_path: Path, permissions_count: None
) -> None:
    folder.write("hello")
    settled(app)

    (tmp_path / "search_index").chmod(0o500)
    status, checks = asked(app)
    (tmp_path / "search_index").chmod(0o700)

    assert status == 200
    assert checks["disk"]["detail"] == "search_index/ cannot be written"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_found_at_one_address_only(app: Flask, path: str) -> None:
    assert app.test_client().get(f"{path}/").status_code in (301, 308, 404)
