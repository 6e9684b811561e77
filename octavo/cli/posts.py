"""`flask posts`: what there is and why it is not shown, and new, published and renamed texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup

from octavo.cli.terminal import carry_out, say, writes
from octavo.content.editing.changes import Changes
from octavo.content.editing.layouts import EditError
from octavo.content.errors import ContentError
from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.settings import help_of
from octavo.site.previews.links import Scope, Signer
from octavo.site.previews.preview_site import FOLDER
from octavo.site.writers.drafts import begin, parse_moment, publish, unpublish
from octavo.site.writers.finding import path_of
from octavo.site.writers.renaming import rename
from octavo.site.writers.standing import STATES, Standing, format_moment, standings
from octavo.site.writers.why import explain
from octavo.web.inquiries import ask_servers
from octavo.web.request import site

posts = AppGroup("posts", help="Look after the texts in posts/.")


def _not_blank(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("It is empty. Name a path, a slug or an address.")
    return value


_text = click.argument("text", metavar="PATH|SLUG|URL", callback=_not_blank)
_COLOURS = {"live": "green", "broken": "red", "copy": "yellow"}


@posts.command("list")
@click.option("--state", type=click.Choice(list(STATES)), multiple=True, help="Only these states.")
@click.option("--hidden", is_flag=True, help="Only what readers do not see now.")
@click.option("--category", help="Only articles of this category.")
@click.option("--tag", help="Only articles with this tag.")
@click.option("--author", help="Only articles of this author.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for programs.")
def list_posts(
    state: tuple[str, ...],
    hidden: bool,
    category: str | None,
    tag: str | None,
    author: str | None,
    as_json: bool,
) -> None:
    """List the texts with their state, and why readers do not see them.

    \b
    flask posts list --hidden
    flask posts list --state scheduled --json
    """
    wanted = {"category": category, "tag": tag, "author": author}
    found = [
        one
        for one in standings(site())
        if (not state or one.state in state)
        and not (hidden and one.state == "live")
        and _has(one.post, wanted)
    ]
    if as_json:
        rows = [_as_row(one) for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for one in found:
        line = f"{one.state:<10}{_date(one.post):<18}{one.path}"
        if one.why:
            line += f"  {one.why}"
        say(line, _COLOURS.get(one.state))
    say(f"{len(found):,} of {len(site().library.by_path):,} texts that were read.")


def _has(post: Post | None, wanted: dict[str, str | None]) -> bool:
    if not any(wanted.values()):
        return True
    if post is None:
        return False
    names = {"category": (post.category,), "tag": post.tags, "author": post.authors}
    return all(slugify(name) in map(slugify, names[kind]) for kind, name in wanted.items() if name)


def _date(post: Post | None) -> str:
    if post is None or post.published is None:
        return "-"
    return f"{post.published.astimezone(site().settings.zone):%Y-%m-%d %H:%M}"


def _as_row(one: Standing) -> dict[str, object]:
    row: dict[str, object] = {"path": one.path, "state": one.state, "why": one.why}
    post = one.post
    if post is not None:
        zone = site().settings.zone
        row |= {"slug": post.slug, "title": post.title, "address": site().addresses.post(post)}
        for name, moment in (("date", post.published), ("expires", post.expires)):
            row[name] = moment.astimezone(zone).isoformat() if moment else None
    return row


@posts.command("why")
@_text
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def why(text: str, as_json: bool) -> None:
    """Tell why a text is shown or not; exit code 1 when readers do not see it now.

    \b
    flask posts why posts/mars.md
    flask posts why https://example.org/articles/mars/
    """
    explanation = explain(site(), text, ask_servers)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "verdict": explanation.verdict,
                    "state": explanation.state,
                    "path": explanation.path,
                    "facts": explanation.facts,
                    "cure": explanation.cure,
                },
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        for line in explanation.lines():
            say(line)
    raise SystemExit(int(explanation.state not in ("live", "unlisted", "author", "page", "moved")))


@posts.command("preview")
@click.argument("text", metavar="[PATH|SLUG|URL]", default="")
@click.option("--at", metavar="MOMENT", help="Show the whole site as of 2026-12-24T09:00.")
@click.option("--everything", is_flag=True, help="Show drafts, scheduled and expired texts.")
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    default=7,
    show_default=True,
    help="For how long the link is valid.",
)
def preview(text: str, at: str | None, everything: bool, days: int) -> None:
    """Print a link that shows one text, or the whole site, before readers see it.

    \b
    flask posts preview mars --days 2
    flask posts preview --at 2026-12-24T09:00
    """
    if (text != "") + (at is not None) + everything != 1:
        raise click.UsageError("Name one text, or give --at, or --everything.")
    secret = site().settings.preview_secret
    if not secret:
        raise click.ClickException(
            f"preview_secret is empty. {help_of('preview_secret')} "
            "`python -c 'import secrets; print(secrets.token_urlsafe())'` makes one."
        )
    scope = Scope()
    if at is not None:
        scope = Scope(at=_moment(at).timestamp())
    elif text:
        scope = Scope(post=_post(text).path)
    until = datetime.fromtimestamp(site().clock(), UTC) + timedelta(days=days)
    token = Signer(secret).sign(scope, until.timestamp())
    addresses = site().addresses
    click.echo(addresses.absolute(addresses.path(f"{FOLDER}?preview={token}")))
    click.echo(f"Whoever has this link sees it until {format_moment(site(), until)}.", err=True)


def _moment(text: str) -> datetime:
    try:
        return parse_moment(site(), text)
    except ValueError:
        raise click.BadParameter(f"{text} is no moment such as 2026-12-24T09:00.") from None


@posts.command("new")
@click.argument("title")
@click.option("--category", default="", help="Its category, which also chooses the template.")
@click.option("--author", default="", help="Its byline: a name of a file in _authors/.")
@click.option("--folder", default="", help="The folder below posts/; that of the category if any.")
@writes
def new(title: str, category: str, author: str, folder: str, yes: bool, dry_run: bool) -> None:
    """Begin a draft, from posts/_templates/CATEGORY.md or default.md where there is one.

    \b
    flask posts new "Mars: the sequel" --category Astronomy
    """
    try:
        changes = begin(site(), title, folder=folder, category=category, author=author)
    except (EditError, ContentError) as error:
        raise click.ClickException(str(error)) from None
    carry_out(changes, yes=yes, dry_run=dry_run)


@posts.command("publish")
@_text
@click.option("--now", is_flag=True, help="Date it now, whatever date it has.")
@click.option("--at", help="Date it so: 2026-12-24T09:00, in the site's time zone.")
@writes
def publish_post(text: str, now: bool, at: str | None, yes: bool, dry_run: bool) -> None:
    """Let readers see a text, from its date on."""
    moment: datetime | None = None
    if now:
        zone = site().settings.zone
        moment = datetime.fromtimestamp(site().clock(), UTC).astimezone(zone)
    elif at is not None:
        moment = _moment(at)
    found = _post(text)
    _carry_out(lambda: publish(site(), found, moment), yes=yes, dry_run=dry_run)
    date = moment or found.published
    if date is not None and date.timestamp() > site().clock():
        say(f"It goes live {format_moment(site(), date)}.")


@posts.command("unpublish")
@_text
@writes
def unpublish_post(text: str, yes: bool, dry_run: bool) -> None:
    """Make a text a draft again: `draft: true`."""
    found = _post(text)
    _carry_out(lambda: unpublish(site(), found), yes=yes, dry_run=dry_run)


@posts.command("rename")
@_text
@click.argument("name", metavar="NEW-NAME")
@writes
def rename_post(text: str, name: str, yes: bool, dry_run: bool) -> None:
    """Give a text another name and address; links to it follow, and its old address leads on.

    \b
    flask posts rename mars mars-the-sequel --dry-run
    """
    found = _post(text)
    _carry_out(lambda: rename(site(), found, name), yes=yes, dry_run=dry_run)


def _post(text: str) -> Post:
    path = path_of(site(), text)
    post = site().library.by_path.get(path)
    if post is None:
        raise click.ClickException(
            f"`{text}` is no text that was read: `flask posts why` tells more."
        )
    return post


def _carry_out(plan: Callable[[], Changes], *, yes: bool, dry_run: bool) -> None:
    try:
        changes = plan()
    except (EditError, ContentError, OSError) as error:
        raise click.ClickException(str(error)) from None
    carry_out(changes, yes=yes, dry_run=dry_run)


@posts.command("withdraw")
def withdraw() -> None:
    """Stop showing articles whose files are missing, now, even if most files are missing.

    Where posts/ is unreadable or empty, or most texts are gone at once, running sites show all
    articles as before for a while (the setting `withdraw_after`), because that is rarely meant.
    """
    order = site().withdrawal
    try:
        order.parent.mkdir(parents=True, exist_ok=True)
        order.touch()
    except OSError as error:
        raise click.ClickException(f"{order} cannot be written: {error.strerror}.") from None
    held = site().suspected_loss
    if not held:
        click.echo("Nothing is missing here; running sites look at their files again.")
        return
    click.echo(f"{held} Running sites withdraw them now.")
