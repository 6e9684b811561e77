"""The problems of texts, told to their writer: over the page that shows one, and all on a page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from flask import Blueprint, Response, make_response, render_template

from octavo.content.errors import Problem
from octavo.site.report import grouped
from octavo.site.site import Site
from octavo.site.writers.excerpts import excerpt
from octavo.site.writers.finding import path_of
from octavo.site.writers.kept_findings import kept_findings
from octavo.web.head import list_page
from octavo.web.pages import pages
from octavo.web.request import own, read_model, site

bp = Blueprint("problems", __name__)


@dataclass(frozen=True, slots=True)
class ToldProblem:
    """A problem as `flask check` tells it, with the lines of the file that it is about."""

    severity: str
    place: str
    cause: str
    cure: str
    lines: tuple[str, ...]
    more: int = 0

    @classmethod
    def of(cls, site: Site, problem: Problem, more: int = 0) -> ToldProblem:
        """Return a problem of a site's text, of which there are so many `more` like it."""
        place = f"{site.settings.posts_dir}/{problem.mark}"
        lines = tuple(excerpt(site.folders.posts, problem.mark))
        return cls(problem.severity, place, problem.cause, problem.cure, lines, more)


def problems_at(site: Site, path: str, status: int) -> list[ToldProblem]:
    """Return what is wrong with the text of the page at `path`, which is answered with `status`."""
    edition = site.edition()
    post = site.resolver(edition).post_at(path)
    found: list[Problem] = []
    if post is not None:
        found += site.dead_links(edition).of(post)
        file = post.path
    elif status in (404, 410):
        file = path_of(site, path)
    else:
        return []
    of_file = [problem for problem in site.library.problems if problem.mark.path == file]
    in_order = sorted([*of_file, *found], key=lambda one: (one.severity != "error", one))
    return [ToldProblem.of(site, problem) for problem in in_order]


@bp.get("/problems/")
def every_problem() -> Response | str:
    """Return the page of all problems that `flask check` finds, or the site's own page there."""
    if "problems" in read_model().untracked.pages:
        return make_response(pages.page("problems"))
    found = grouped(chain(site().library.problems, kept_findings(site())))
    page = list_page(site(), own("/problems/"), "Problems")
    page.robots = "noindex"
    shown = [ToldProblem.of(site(), group.first, group.count - 1) for group in found]
    answer = make_response(render_template("problems.html", page=page, problems=shown))
    answer.headers["Cache-Control"] = "no-store"
    return answer
