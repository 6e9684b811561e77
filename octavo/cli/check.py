"""`flask check`: what is wrong with the writing, told as a compiler tells it."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import with_appcontext

from octavo.cli.terminal import carry_out, say, writes
from octavo.content.errors import Problem, number
from octavo.site.progress import Progress
from octavo.site.report import MAX_LINES, report, single_lines
from octavo.site.writers.excerpts import excerpt
from octavo.site.writers.finding import path_of
from octavo.site.writers.fixing import mend
from octavo.site.writers.kept_findings import kept_findings
from octavo.web.request import site

_COLOURS = {"error": "red", "warning": "yellow"}


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--all", "everything", is_flag=True, help="Tell each problem on a line of its own.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "json"]),
    default="text",
    help="For people, for annotations of GitHub's actions, or for programs.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--fix", is_flag=True, help="Mend what has one right answer; shows it, asks once.")
@writes
@with_appcontext
def check(
    paths: tuple[str, ...],
    everything: bool,
    strict: bool,
    form: str,
    as_json: bool,
    fix: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Tell what is wrong with the writing, or with the files and folders at PATH.

    Errors come first, and equal problems are told once, with their number and the first place.
    Exit code 1 when an error keeps a file from readers.

    \b
    flask check
    flask check posts/mars.md --strict
    flask check --fix --dry-run
    flask check --format github
    """
    if (yes or dry_run) and not fix:
        raise click.UsageError("--yes and --dry-run belong to --fix.")
    # All texts stay until the process ends, which need not look through them then.
    gc.freeze()
    library = site().library
    progress = Progress("Check", things="texts")
    problems = [*library.problems, *kept_findings(site(), progress.show)]
    progress.clear()
    # The next check, and the next start, need not read what has not changed.
    site().save()
    if paths:
        problems = list(_within(problems, paths))
    if fix:
        carry_out(mend(site(), problems), yes=yes, dry_run=dry_run)
        return
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json or form == "json":
        click.echo(json.dumps([_as_row(one) for one in problems], ensure_ascii=False, indent=1))
    elif form == "github":
        for problem in problems:
            click.echo(_as_command(problem))
    elif everything:
        for line in single_lines(problems):
            say(line)
    else:
        _tell(problems)
    if form == "text" and not as_json:
        _sum_up(errors, len(problems) - errors)
    raise SystemExit(int(bool(errors or (strict and problems))))


def _within(problems: Iterable[Problem], paths: tuple[str, ...]) -> Iterable[Problem]:
    """Yield the problems of files that are, or are below, one of the paths."""
    wanted: set[str] = set()
    for path in paths:
        whole = Path.cwd() / path
        if whole.is_dir() and whole.is_relative_to(site().posts_dir):
            wanted.add(whole.relative_to(site().posts_dir).as_posix())
        elif found := path_of(site(), path):
            wanted.add(found)
        else:
            raise click.BadParameter(f"{path} is no file or folder of {site().posts_dir}.")
    for problem in problems:
        path = problem.mark.path
        if any(path == one or one == "." or path.startswith(f"{one}/") for one in wanted):
            yield problem


def _tell(problems: list[Problem]) -> None:
    """Print the report; lines of the files stand below their problems as long as there is room."""
    groups, rest = report(problems, MAX_LINES - 1)
    room = MAX_LINES - 1 - len(groups) - bool(rest)
    for group in groups:
        severity = group.first.severity
        say(f"{severity}: {group}", _COLOURS[severity])
        shown = excerpt(site().folders.posts, group.first.mark)
        if len(shown) <= room:
            room -= len(shown)
            for part in shown:
                say(part)
    if rest:
        say(rest)


def _sum_up(errors: int, warnings: int) -> None:
    library = site().library
    texts = (*library.posts, *library.pages)
    withheld = sum(text.draft for text in texts)
    seen = library.at(site().clock())
    articles = number(len(seen.by_slug), "article")
    pages = number(len(seen.pages), "page")
    readable = f"{articles} and {pages} are readable"
    if withheld:
        readable += f", {withheld:,} withheld"
    other = len(texts) - withheld - len(seen.by_slug) - len(seen.pages)
    if other:
        readable += f", {other:,} scheduled or expired"
    say(f"{readable}; {number(errors, 'error')}, {number(warnings, 'warning')}.")


def _as_row(problem: Problem) -> dict[str, object]:
    mark = problem.mark
    return {
        "severity": problem.severity,
        "path": mark.path,
        "line": mark.line,
        "column": mark.column,
        "cause": problem.cause,
        "cure": problem.cure,
    }


def _as_command(problem: Problem) -> str:
    """Return a problem as GitHub's actions read it from a log.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    mark = problem.mark
    place = [f"file={_escaped(f'{site().settings.posts_dir}/{mark.path}', ',:')}"]
    if mark.line:
        place.append(f"line={mark.line}")
    if mark.column:
        place.append(f"col={mark.column}")
    return f"::{problem.severity} {','.join(place)}::{_escaped(f'{problem.cause} {problem.cure}')}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(sign):02X}" if sign in f"%\r\n{more}" else sign for sign in text)
