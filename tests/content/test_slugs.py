"""Slugs: one spelling of an address, whatever the spelling of the name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.slugs import link_name, slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Apollo–Soyuz Test Project", "apollo-soyuz-test-project"),
        ("Čeština & Ångström", "cestina-angstrom"),
        # Accents are taken away from the first of Unicode's to the last.
        ("voilà", "voila"),
        ("a\u036fb", "ab"),
        ("a\u0370b", "aͱb"),
        ("Straße", "strasse"),
        ("Łódź, Œuvre, Ærø", "lodz-oeuvre-aero"),
        ("火星", "火星"),
        ("Привет мир", "привет-мир"),
        ("हिन्दी", "हिन्दी"),
        # Selectors of an emoji's look are no letters, from the first to the last.
        ("a\ufe00b\ufe0f", "a-b"),
        ("a\U000e0100b", "a-b"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\dir\0\n", "c-dir"),
        ("__init__", "init"),
        ("ﬁ ½ ①", "fi-1-2-1"),
        ("𝐀𝐁", "ab"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        (".NET", "dot-net"),
        ("Net", "net"),
        ("ASP.NET and .NET 9", "asp-net-and-dot-net-9"),
        ("node.js", "node-js"),
        ("wait ... what", "wait-what"),
        ("F# & C++20", "f-sharp-c-plus-plus-20"),
        ("Notepad++, passwd#", "notepad-plus-plus-passwd"),
        ("Issue #4: 1+1, a+b, + #", "issue-4-1-1-a-b"),
        ("🚀\ufe0f 1\ufe0f\u20e3", "1"),
        ("", ""),
    ],
)
def test_names_become_slugs(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text(max_size=40))
def test_a_slug_is_its_own_slug(text: str) -> None:
    assert slugify(slugify(text)) == slugify(text)


@given(st.text(max_size=40), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_unicode_form_makes_no_difference(text: str, form: str) -> None:
    assert slugify(unicodedata.normalize(form, text)) == slugify(text)


@given(st.text(max_size=40))
def test_case_makes_no_difference(text: str) -> None:
    assert slugify(text.casefold()) == slugify(text)
    assert slugify(text.lower()) == slugify(text)


@given(st.text(max_size=40))
def test_a_slug_is_one_plain_segment_of_a_path(text: str) -> None:
    slug = slugify(text)

    assert not set(slug) & set("/\\?#%. \t\n\0<>&\"'")
    assert not slug.startswith("-")
    assert not slug.endswith("-")
    assert "--" not in slug


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("hello", "hello"),
        ("notes/2024-07-17-Hello There.md", "hello-there"),
        ("/blog/hello/", "hello"),
        ("blog/hello/index.md", "hello"),
        ("blog/hello/README.rst", "hello"),
        ("blog/hello/_index.md/default.aspx", "hello"),
        ("hello/..", "hello"),
        ("./hello/.", "hello"),
        ("hello.html", "hello"),
        ("hello.tar.gz", "hello-tar-gz"),
        ("index.md", ""),
        ("../..", ""),
        ("", ""),
        ("blog/...!", ""),
    ],
)
def test_links_to_one_file_share_a_name(path: str, name: str) -> None:
    assert link_name(path) == name
