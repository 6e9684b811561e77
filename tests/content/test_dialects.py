"""The dialects of other systems become the Markdown of this one; prose that looks like them stays prose."""

from __future__ import annotations

from time import thread_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from octavo.content.markdown.dialects import translate
from octavo.content.markdown.render import ResolvedPicture, render
from octavo.content.parse import Rules, body_of, parse
from octavo.content.posts import Post

RULES = Rules(ZoneInfo("UTC"))


class Everything:
    """A site where every relative link and picture leads somewhere."""

    def link(self, target: str) -> str | None:
        return None if target.startswith("/") else f"/to/{target}"

    def picture(self, target: str) -> ResolvedPicture | None:
        return ResolvedPicture(f"/pictures/{target}", 800, 600)


def shown(body: str, *, is_mdx: bool = False) -> str:
    """Return what readers see of a body: its text, a block a line."""
    return render(translate(body, is_mdx=is_mdx).text, Everything()).text


def html(body: str) -> str:
    return render(translate(body).text, Everything()).html


def told(body: str) -> list[tuple[int, int]]:
    """Return the places that the writer is told of."""
    return [(note.line, note.column) for note in translate(body).notes]


ALERT = '<div class="alert alert-{0}" role="note">'


@pytest.mark.parametrize(
    ("body", "kind", "title"),
    [
        (":::tip\nText\n:::", "tip", "Tip"),
        (":::tip Own title\nText\n:::", "tip", "Own title"),
        (":::note[Own title]\n\nText\n\n:::", "note", "Own title"),
        (':::danger{title="Own title"}\nText\n:::', "caution", "Own title"),
        ("::: warning\nText\n:::", "warning", "Warning"),
        ("::: info Own title\nText\n:::", "note", "Own title"),
        ("::: {.callout-important}\nText\n:::", "important", "Important"),
        ('::: {.callout-tip title="Own title"}\nText\n:::', "tip", "Own title"),
        ("Para.\n\n:::note\nText\n:::", "note", "Note"),
        ("> [!tip] Own title\n> Text", "tip", "Own title"),
        ("> [!hint]\n> Text", "tip", "Hint"),
        ("> \\[!TIP] Own title\n> Text", "tip", "Own title"),
        ("> [!bug]\n> Text", "caution", "Bug"),
        ('!!! note "Own title"\n    Text', "note", "Own title"),
        ("!!!note\n    Text", "note", "Note"),
        ("/// note | Own title\nText\n///", "note", "Own title"),
        (":::tip Own title {#id}\nText\n:::", "tip", "Own title"),
        ("Para.\n\n:::tip\nText", "tip", "Tip"),
        ("!!! failure\n\n    Text\n", "caution", "Failure"),
        ("```{warning}\nText\n```", "warning", "Warning"),
        (":::{admonition} Own title\n:class: tip\nText\n:::", "tip", "Own title"),
        ('{% hint style="danger" %}\nText\n{% endhint %}', "caution", "Danger"),
        ("{{< notice tip >}}\nText\n{{< /notice >}}", "tip", "Tip"),
        ('{{% callout type="warning" %}}\nText\n{{% /callout %}}', "warning", "Warning"),
        ('<Aside type="caution">\nText\n</Aside>', "caution", "Caution"),
    ],
)
def test_callouts_of_all_systems_become_alerts(body, kind, title):
    result = html(body)

    assert ALERT.format(kind) in result
    assert f'class="alert-title">{title}</p>' in result
    assert "Text" in result
    assert shown(body).split("\n")[-2:] == [title, "Text"]


@pytest.mark.parametrize(
    ("body", "opening"),
    [
        ("> [!note]- Title\n> Text", '<details class="alert alert-note">'),
        ("> [!note]+ Title\n> Text", '<details class="alert alert-note" open>'),
        ('??? tip "Title"\n    Text', '<details class="alert alert-tip">'),
        ('???+ tip "Title"\n    Text', '<details class="alert alert-tip" open>'),
        ("::: details Title\nText\n:::", "<details>"),
        ('{{< details "Title" >}}\nText\n{{< /details >}}', "<details>"),
        ("```{dropdown} Title\nText\n```", "<details>"),
    ],
)
def test_folded_callouts_can_be_unfolded(body, opening):
    result = html(body)

    assert opening in result
    assert "<summary" in result
    assert shown(body) == "Title\nText"


def test_callouts_nest_and_stand_in_lists_and_quotes():
    in_list = "- item\n\n  :::note\n  Inner **bold**\n\n  - list\n  :::\n\n"
    body = f"{in_list}!!! tip\n    Outer\n\n    !!! danger\n        Deep\n\nAfter"

    result = html(body)

    assert "<li>" in result.partition(ALERT.format("note"))[0]
    assert "Inner <strong>bold</strong>" in result
    assert result.index(ALERT.format("tip")) < result.index(ALERT.format("caution"))
    assert result.rstrip().endswith("<p>After</p>")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("one {props.two} {[1, 2].map((n) => (\n<b>{n}</b>\n))}three", "one three"),
        ("<>\none\n</>", "one"),
        ("<Foo a={{b: 1}} {...c}>one</Foo>", "one"),
        ("## One {#two}", "One"),
    ],
)
def test_code_in_mdx_leaves_its_words_alone(body, text):
    assert shown(body, is_mdx=True) == text


@pytest.mark.parametrize(
    "body",
    [
        "<img src={require('./a.png').default} alt=\"A\" />",
        '<Image src={useBaseUrl("a.png")} alt="A" />',
        "![A|300](a.png)",
        '{% image "a.png", "A", "(min-width: 30em) 50vw" %}',
        "{{< of-this-site a.png A >}}",
        '{% include of_this_site.html src="a.png" alt="A" %}{: .wide }',
        '{{< figure src="a.png" caption="<b>A</b>" >}}',
        '<OfThisSite file="a.png" caption="A" />',
        "![A](a (1) a.png)",
    ],
)
def test_pictures_are_found_where_their_names_stand_in_code(body):
    picture = LexborHTMLParser(html(body)).css_first("img").attributes

    assert picture["src"].endswith("a.png")
    assert picture["alt"] == "A"


def test_callout_whose_bracket_a_formatter_escaped_is_an_alert():
    assert html("> \\[!TIP]\n> Text") == html("> [!TIP]\n> Text")


def test_title_of_a_callout_holds_links_of_its_dialect():
    result = html("> [!quote]- [[Other note]] and *more*\n> Text")

    assert '<a href="/to/Other note">Other note</a> and <em>more</em>' in result


def test_container_without_an_end_is_told():
    assert told("Para.\n\n:::tip\nText") == [(3, 1)]


def test_element_that_holds_markdown_keeps_the_indentation_within():
    body = '<div markdown>\n\n- one\n\n    ---\n\n    === "Tab"\n\n        two\n\n</div>'

    result = html(body)

    assert result.index("<hr") < result.index("two") < result.index("</li>")
    assert "<strong>Tab</strong>" in result


@pytest.mark.parametrize("body", ["[x](<My note.md>)", "[x]\n\n[x]: <My note.md>"])
def test_target_in_angle_brackets_is_no_tag(body):
    assert '<a href="/to/My note.md">x</a>' in html(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{% raw %}a {{ b }} c{% endraw %}", "{{ b }}"),
        ("{% raw %}\n```\n{{ b }}\n```\n{% endraw %}", "{{ b }}"),
        ("{% raw %}\n<div>a {{ b_c_d }}</div>\n{% endraw %}", "{{ b_c_d }}"),
        ("a {{</* youtube x */>}} c", "{{< youtube x >}}"),
        ("a `{% raw %}{{ b }}{% endraw %}` c", "{{ b }}"),
        ("```\n{% raw %}\n{{ b }}\n{% endraw %}\n```", "{{ b }}"),
    ],
)
def test_template_marks_that_are_to_be_shown_are_code(body, code):
    page = LexborHTMLParser(html(body))

    assert page.css_first("code").text().strip() == code
    assert "`" not in page.text()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{% highlight python linenos %}\nif a:\n    b = "c"\n{% endhighlight %}', 'if a:\nb = "c"'),
        ('{{< highlight go "linenos=table" >}}\nx := "y"\n{{< /highlight >}}', 'x := "y"'),
        ("{% codeblock lang:js %}\nlet a\n{% endcodeblock %}", "let a"),
        ("```{code-block} python\n:linenos:\nx = 1\n```", "x = 1"),
        ("    :::python\n    x = 1", "x = 1"),
        ("{% code lang:js %}\nlet a\n{% endcode %}", "let a"),
        ("{% mermaid %}\ngraph TD\n{% endmermaid %}", "graph TD"),
        ("{{< code-toggle file=hugo >}}\na = 1\n{{< /code-toggle >}}", "a = 1"),
    ],
)
def test_code_of_all_systems_is_code(body, text):
    assert "<pre" in html(body)
    assert shown(body) == text


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ("[t]({% post_url 2024-01-05-x %})", "/to/2024-01-05-x"),
        ("[t]({% link _posts/x.md %})", "/to/_posts/x.md"),
        ('[t]({{< ref "x.md#h" >}})', "/to/x.md#h"),
        ('[t]({{% relref "../x.md" %}})', "/to/../x.md"),
        ("[t]({{ site.baseurl }}/a/)", "/a/"),
        ("[t]({{ site.url }}{{ site.baseurl }}/a/)", "/a/"),
        ('[t]({{ "/a/" | url }})', "/a/"),
        ("[t]({{ '/a/' | relative_url }})", "/a/"),
        ("[t]({filename}/x.md)", "/x.md"),
        ("[t]({filename}x.md)", "/to/x.md"),
        ("[t](|filename|x.md)", "/to/x.md"),
        ("[t]({tag}space)", "/tags/space"),
        ("[t](@/x.md)", "/x.md"),
        ("[t][r]\n\n[r]: {{ site.baseurl }}/a/", "/a/"),
        ("[[x|t]]", "/to/x"),
        ("[[x#A place|t]]", "/to/x#a-place"),
        ("[[#A place|t]]", "#a-place"),
        ("{ref}`t <x.md>`", "/to/x.md"),
        (":doc:`t <x>`", "/to/x"),
        ("[t](a b.md)", "/to/a b.md"),
        ("[t](__GHOST_URL__/a/)", "/a/"),
        ("[t](pathname:///a.pdf)", "/a.pdf"),
    ],
)
def test_links_of_all_systems_are_links(body, link):
    result = render(translate(body).text, Everything())

    assert f'href="{link.replace(" ", " ")}"' in result.html.replace("%20", " ")
    assert result.text == "t"


@pytest.mark.parametrize(
    "body",
    [
        '{{< figure src="a.png" alt="A" >}}',
        '{% include figure.html src="a.png" alt="A" %}',
        '{% image "a.png", "A" %}',
        "{% img left a.png 200 A %}",
        '{{ image(src="a.png", alt="A") }}',
        "![A]({static}a.png)",
        "![A]({{ site.nothing }}a.png)",
        "![[a.png|A]]",
        "![[a.png|A|200]]",
        "```{figure} a.png\n:alt: A\n```",
        '![A](a.png){width="50%"}',
        "![A](a.png){: .center}",
        "![A](a.png){ align=left }",
        "![A](a.png =200x100)",
        '{% include image.html url="a.png" alt="A" %}',
    ],
)
def test_pictures_of_all_systems_are_pictures(body):
    result = html(body)

    assert 'src="/pictures/a.png"' in result
    assert 'alt="A"' in result
    assert shown(body) == ""


@pytest.mark.parametrize(
    "body",
    [
        "{{< youtube dQw4w9WgXcQ >}}",
        "{% youtube dQw4w9WgXcQ %}",
        '{% include youtube.html id="dQw4w9WgXcQ" %}',
        '{{ youtube(id="dQw4w9WgXcQ") }}',
        "{{< video https://www.youtube.com/watch?v=dQw4w9WgXcQ >}}",
        "::youtube[Film]{#dQw4w9WgXcQ}",
        '{% include video id="dQw4w9WgXcQ" provider="youtube" %}',
        '<lite-youtube videoid="dQw4w9WgXcQ"></lite-youtube>',
        "[embed]https://www.youtube.com/watch?v=dQw4w9WgXcQ[/embed]",
        "[plugin:youtube](https://www.youtube.com/watch?v=dQw4w9WgXcQ)",
        "[youtube]https://www.youtube.com/watch?v=dQw4w9WgXcQ[/youtube]",
        '<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>',
    ],
)
def test_films_of_other_hosts_are_links(body):
    assert 'href="https://www.youtube.com/watch?v=dQw4w9WgXcQ"' in html(body)


LISTED = "https://www.youtube.com/playlist?list=PLabcdefghijk"
FILM = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("body", "link"),
    [
        (f"{{{{< video {LISTED} >}}}}", LISTED),
        (f"[embed]{LISTED}[/embed]", LISTED),
        ('<iframe src="https://www.youtube.com/embed/videoseries?list=PLabcdefghijk"></iframe>', LISTED),
        ("{{< youtube dQw4w9WgXcQ?list=PLx >}}", FILM),
        ("[embed]https://www.youtube.com/live/dQw4w9WgXcQ?si=x[/embed]", FILM),
        ("[embed]https://www.youtube.com/watch?list=PLx&v=dQw4w9WgXcQ[/embed]", FILM),
        ("[embed]https://www.youtube.com/@nasa[/embed]", "https://www.youtube.com/@nasa"),
        ("[embed]https://vimeo.com/channels/staff[/embed]", "https://vimeo.com/channels/staff"),
        (
            '<iframe src="https://www.youtube.com/embed/live_stream?channel=UCx"></iframe>',
            "https://www.youtube.com/embed/live_stream?channel=UCx",
        ),
    ],
)
def test_address_of_a_host_of_films_leads_where_it_led(body, link):
    assert LexborHTMLParser(html(body)).css_first("a").attributes["href"] == link


@pytest.mark.parametrize(
    "body",
    [
        "{% include youtubePlayer.html id=page.youtubeId %}",
        "{% youtube page.youtubeId %}",
        "{{< vimeo .Params.film >}}",
    ],
)
def test_film_whose_id_stands_elsewhere_is_told(body):
    assert told(body) == [(1, 1)]
    assert "href" not in html(body)


@pytest.mark.parametrize(
    "body",
    ['![A](x.png "Words"){: width="300"}', "```{figure} x.png\n:width: 200px\nWords\n```"],
)
def test_picture_with_a_width_keeps_its_caption(body):
    assert "<figcaption>Words</figcaption>" in html(body)


@pytest.mark.parametrize(
    "body", ["read $_GET/$_POST values", "Match $USER. Regex ^foo$ ok", "in $HOME/bin/$ or $x_i/$"]
)
def test_variables_and_sentences_between_dollars_are_prose(body):
    assert html(body) == f"<p>{body}</p>\n"


@pytest.mark.parametrize("latex", ["_2", "^{14}C", "_{n}C_k", "x_i/y", r"\text{A. Bc} = 5"])
def test_formula_may_begin_with_an_index(latex):
    assert "<math" in html(f"a ${latex}$ b")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a {% raw %}{{ b }}{% endraw %} c", "a {{ b }} c"),
        ("{{</* figure */>}}", "{{< figure >}}"),
        ("A lead.\n{: .lead}", "A lead."),
        ("* TOC\n{:toc}\n\nText", "Text"),
        ("[TOC]\n\nText", "Text"),
        ("[[toc]]\n\nText", "Text"),
        ("[[_TOC_]]\n\nText", "Text"),
        ('[link](x.md){:target="_blank"} on', "link on"),
        ("[span]{.small} on", "span on"),
        ("Text at the end {.lead}", "Text at the end"),
        ("`code`{.python} on", "code on"),
        ("a ==marked== b", "a marked b"),
        ("a :rocket: b :+1:", "a 🚀 b 👍"),
        ("Text ^block-id", "Text"),
        ("{kbd}`Ctrl` {sub}`2`", "Ctrl 2"),
        ('=== "One"\n\n    first\n\n=== "Two"\n\n    second', "One\nfirst\nTwo\nsecond"),
        ('{{< tabs >}}{{< tab "One" >}}first{{< /tab >}}{{< /tabs >}}', "One\nfirst"),
        ('<div markdown="1">**b**</div>', "b"),
        ("<details markdown='1'><summary>S</summary>\n**b**\n</details>", "S\nb"),
        ("{++new++} {--old--} {==seen==}", "new old seen"),
        ("`<b>x</b>`{=html} y", "x y"),
        ("++ctrl+c++ copies", "Ctrl+C copies"),
        ('A line.\n\n--8<-- "file.md"', "A line."),
        ("import X from './x.astro'\n\nText", "Text"),
        ('<Tabs><TabItem label="One">first</TabItem></Tabs>', "One\nfirst"),
        ("{% if a %}yes{% endif %} {{ page.title }}", "yes"),
        ("{% unknown %}inner **text**{% endunknown %}", "inner text"),
        ("{% if a %}yes{% else %}no{% endif %}", "yes no"),
        ("{{- if .x -}}yes{{- end -}}{{ with .y }} no{{ end }}", "yes no"),
        (":material-x:{ .lg .middle } one :heart:{ .h } two", "one ❤️ two"),
        (":man_raising_hand: one", "🙋‍♂️ one"),
        ("one{: .small} two", "one two"),
        ("::: package.module.Class\n    options:\n      x: 1\n\nafter", "after"),
        (":::details Title {open}\ntext\n:::", "Title\ntext"),
        ("one\n\n:::\n\ntwo", "one\ntwo"),
        ("/// tab | Title\ntext\n///", "Title\ntext"),
        ("/// caption\ntext\n///", "text"),
        ("[[2024-01-01]] and [[202401011230]]", "2024-01-01 and 202401011230"),
        ("![[## A heading]]", "A heading"),
        ("one\n<--->\ntwo", "one\ntwo"),
        ("::: tabs\n@tab One\nfirst\n@tab:active Two#b\nsecond\n:::", "One\nfirst\nTwo\nsecond"),
        ("::: tabs\n== tab One\nfirst\n== Two\nsecond\n:::", "One\nfirst\nTwo\nsecond"),
        ("{% tabs x %}\n<!-- tab One@icon -->\nfirst\n<!-- endtab -->\n{% endtabs %}", "One\nfirst"),
        ("[`Class`][package.Class] one", "Class one"),
        ('[caption id="a" width="3"]one[/caption] two', "one two"),
        ('\\[caption id="a\\_1"\\]one\\[/caption\\] two', "one two"),
        ('[gallery ids="1,2"] one', "one"),
        ('{{< glossary_tooltip text="one" term_id="x" >}}', "one"),
        ('{{< unknown title="One" >}}two{{< /unknown >}}', "One\ntwo"),
        ('<Card title="One" icon="x">\ntwo\n</Card>', "One\ntwo"),
        ('<Unknown text="one" other="two" />', "one"),
        ("{% label primary@one %} {% checkbox checked, two %}", "one two"),
        ('<div style={{color: "red"}}>one</div>', "one"),
        ('<button @click="a++" :class="b">one</button> two', "one two"),
        ('<template #header="{ a }">one</template>', "one"),
        ("{% tabs %}{% tab One and two %}text{% endtab %}{% endtabs %}", "One and two\ntext"),
        ("<noscript>one</noscript> two", "one two"),
        ("# ::: one.two\n    options:\n        members: false\n\nthree", "one.two\nthree"),
        ("<details>\n<summary>One</summary>\n```\ntwo\n```\n</details>", "One\ntwo"),
        ('=== ":octicons-file-code-16: One"\n\n    two', "One\ntwo"),
        ("one\n\n::: mkdocs-click\n    :module: a.b\n    :command: c", "one"),
        ("one {{ 1 + 1 }}", "one"),
        (":::{note} One `code`\ntwo\n:::", "One code\ntwo"),
        ("(a-label)=\n## One\n\n[](#a-label) two [](b-page.md)", "One\nOne two b page"),
        (
            "<Table\n  rows={[\n"
            "    {name: 'One', type: 'A<B>', extra: {more: [{name: \"two\", description: 'three'}]}},\n  ]}\n/>",
            "One A<B>\ntwo three",
        ),
        ("<Cards cards={[{title: 'One', description: 'two', href: '/x'}]} />", "One two"),
        ("one <%= two.three %><? four ?>", "one"),
        ("one <?= two ?> three", "one three"),
        (":octocat: one", "octocat one"),
        ("one^†^{#_fn_1}", "one^†^"),
        ("^†^{#\\_fn_1} *one*", "^†^ one"),
        ("one {% if page.toc %}two{% endif %}", "one two"),
        ('::: {.content-visible when-format="html"}\none\n:::', "one"),
        ("text^[A *note* of words.] more", "text more\nA note of words."),
        ("[non-member]one[/non-member] [not_logged_in]two[/not_logged_in]", "one two"),
        ("{if x}one{if:else}two{/if} {if y}three{/if}", "one two three"),
        ("{if x}one{else}two{/if}", "one two"),
        ("one {{ tag:of x }}{{ title }}two{{ /tag:of }} {{ $x = 5 }}three", "one two three"),
        ("@{{ title }} one", "{{ title }} one"),
        ("::: v-pre\n{{ one }}\n:::", "{{ one }}"),
        ("{% css %}a { b: c }{% endcss %}{% js %}d(){% endjs %}one", "one"),
        ("{% hideInline one, button %} {% del two %} {% p center, three %}", "one two three"),
        ("{% note warning fa-bolt modern %}one{% endnote %}", "Warning\none"),
        ('{{< alert "circle-info" >}}one{{< /alert >}}', "Alert\none"),
        ("{% folding blue open, One %}two{% endfolding %}", "One\ntwo"),
        ("{% pullquote left %}one{% endpullquote %}", "one"),
        ('{{< spoiler text="One" >}}two{{< /spoiler >}}', "One\ntwo"),
        ('{{< tabs items="One,Two" >}}{{< tab >}}a{{< /tab >}}{{< tab >}}b{{< /tab >}}{{< /tabs >}}', "One\na\nTwo\nb"),
        ("::: {.callout-tip}\n\n## One\n\ntwo\n:::", "One\ntwo"),
        ("::: code-tabs#shell\n@tab one\ntwo\n:::", "one\ntwo"),
        (":::{grid-item-card} One\ntwo\n^^^\nthree\n:::", "One\ntwo\nthree"),
        ("```{csv-table} One\n:header: a,b\n\n1,2\n```", "One\na b\n1 2"),
        ("```{prf:theorem} One\ntwo\n```", "One\ntwo"),
        ("{octicon}`alert;1em` {bdg-primary}`one` {numref}`Figure %s <two>`", "one Figure"),
        ("| a |\n|---|\n| 1 |\n\n: One {#tbl-x}", "a\n1\nOne"),
        ("| a |\n|---|\n| 1 |\n: One", "a\n1\nOne"),
        ("* this list will be replaced by the table of contents\n{:toc}\n\none", "one"),
        ("[[ toc ]]\n\n[TOC levels=2-4]\n\none", "one"),
        ("one\n\n===\n\ntwo", "one\ntwo"),
        ("\\newpage\n\none\n\n\\vspace{1cm}\n", "one"),
        ("{! one.md !}\n\ntwo", "two"),
        ('[[!meta title="x"]] one', "one"),
        ("one [[!-- two --]] three", "one three"),
        ("H~2~O, 19^th^ and ^^new^^", "H2O, 19th and new"),
        ("![A](a.png){ align=left } one", "one"),
        ("[one](x){ target=_blank }", "one"),
        ('<figure markdown="span">\n  ![A](a.png)\n  <figcaption>One</figcaption>\n</figure>', "One"),
        ("[center]one **two**[/center] [size=30]three[/size] [su_x]four[/su_x]", "one two\nthree four"),
        ('[ui-tabs]\n[ui-tab title="One"]\ntwo\n[/ui-tab]\n[/ui-tabs]', "One\ntwo"),
        ('[contact-form-7 id="1"] one [soundcloud url="https://x.org/a" /]', "one https://x.org/a"),
        ("[a_b][c_d]one[/c_d][/a_b]", "one"),
        ("one <X/> two", "one two"),
        ("```{only} html or latex\none\n```", "one"),
        ("```{only} not latex\none\n```", "one"),
        ("{false && <p>one</p>} two", "two"),
        ("export const meta = {\n  a: 'b',\n\n  c: 'd'\n};\n\none", "one"),
        ("export default function A({b}) {\n  const c = 1;\n\n  return <b>{b}</b>\n}\n\none", "one"),
        ("{{< youtube abc >}} **one** by [two](x)", "Video on YouTube one by two"),
        ("{{< youtube abc >}}\n**one** by [two](x)", "Video on YouTube one by two"),
        ("- {{< youtube abc >}} *one*", "Video on YouTube one"),
        ("{% youtube abc %} and {% tweet https://x.com/a/status/1 %}", "Video on YouTube and Post on X"),
        ("![A](a.png){width=100}\n*one*", "one"),
        ("-   :material-x:{ .lg } __one__\n\n    ---\n\n    two [:octicons-x: three](x)", "one\ntwo three"),
        ("one ^blk\n\n[[#^blk]]", "one\nblk"),
        ("{% include twitter.html %}{% include youtube.html %}one", "one"),
        ('<Link to="/x/">one</Link>', "one"),
        ("```{include} x.md\n```\n\none", "one"),
        ("```{code-block} py\n:caption: one.py\n\ntwo\n```", "one.py\ntwo"),
        ("```{python}\n#| label: a\n#| eval: false\none\n```", "one"),
        ("```mdx-code-block\nimport A from 'a';\n<Tabs>\n```\none\n```mdx-code-block\n</Tabs>\n```", "one"),
        ("::: {#refs}\none\n:::", "one"),
        ("<table><tr><td markdown>**one**</td></tr></table>", "one"),
        ('```py title="one_a.py" {1}\ntwo\n```', "one_a.py\ntwo"),
        ('One\n> ```{.python filename="two.py"}\n> three\n> ```', "One\ntwo.py\nthree"),
        ("```{list-table} One\n:header-rows: 1\n\n* - Two\n  - Th|ree\n* - four\n  -\n```", "One\nTwo Th|ree\nfour"),
        ("```{list-table}\n* - One\n\n    two\n```", "One\ntwo"),
    ],
)
def test_markup_of_other_systems_leaves_its_words_alone(body, text):
    assert shown(body) == text


PRIVATE = [
    "[//]: # PRIVATE\n\nshown",
    "shown\n[comment]: # {PRIVATE}",
    'shown [PRIVATE]{.content-visible when-format="pdf"}',
    '+++ {"tags": ["remove-cell"]}\nPRIVATE\n\n+++\nshown',
    'shown\n\n+++ {"visibility": "remove"}\n\nPRIVATE',
    'shown {% if site.env == "dev" %}PRIVATE{% endif %}',
    "shown {{- if hugo.IsDevelopment }}PRIVATE{{ end -}}",
    "<% if false %>PRIVATE <% [1].each do |n| %>PRIVATE<% end %> PRIVATE<% else %>shown<% end %>",
    "shown <% if (draft) { %>PRIVATE<% } %>",
    "shown <If condition={false}>PRIVATE</If>",
    '<div class="a" *ngIf="false">PRIVATE</div>\n\nshown',
    "Shown %% PRIVATE %% shown.",
    "%%\nPRIVATE\n%%\n\nshown",
    "shown\n\n%%\nPRIVATE without an end",
    "{% comment %}\nPRIVATE\n{% endcomment %} shown",
    "{%- comment -%}PRIVATE{%- endcomment -%} shown",
    "shown {% # PRIVATE %}",
    "shown {% comment %} PRIVATE without an end",
    "{{/* PRIVATE */}} shown",
    "{{-- PRIVATE --}} shown",
    "shown\n\n::: {.content-hidden}\nPRIVATE\n\n## PRIVATE\n:::\n",
    ":::comment\nPRIVATE\n:::\n\nshown",
    "{{- /* PRIVATE */ -}} shown",
    "{{< comment >}}PRIVATE{{< /comment >}} shown",
    "{{% comment %}}PRIVATE{{% /comment %}} shown",
    "{# PRIVATE #} shown",
    "{{# PRIVATE #}} shown",
    "{{! PRIVATE }} shown",
    "{{!-- PRIVATE --}} shown",
    "{/* PRIVATE */} shown",
    "{/*\nPRIVATE\n*/}\n\nshown",
    "{::comment}PRIVATE{:/comment} shown",
    "% PRIVATE\n\nshown",
    "{>>PRIVATE<<} shown",
    "<%# PRIVATE %> shown",
    "<%-- PRIVATE\n\nPRIVATE --%>\n\nshown",
    "<#-- PRIVATE --> shown",
    "{* PRIVATE *} shown",
    "shown\n\n[private]\nPRIVATE\n\nPRIVATE\n[/private]\n",
    "shown [Members-Only level=2]PRIVATE[/Members-Only]",
    "{{< members >}}PRIVATE{{< /members >}} shown",
    'shown [pmpro_member level="1"]PRIVATE[/pmpro_member]',
    "shown [is_paid]PRIVATE[/is_paid] [mepr-active rules=1]PRIVATE[/mepr-active]",
    "shown [ihc-hide-content]PRIVATE[/ihc-hide-content] [s2If a()]PRIVATE[/s2If]",
    "shown {% private %}PRIVATE{% endprivate %}",
    "shown {{< for-members >}}PRIVATE{{< /for-members >}}",
    "shown <MembersOnly>PRIVATE</MembersOnly>",
    '<Private level="2">\n\nPRIVATE\n\n</Private>\n\nshown',
    "<div hidden>\n\nPRIVATE\n\n<div>PRIVATE</div>\n\nPRIVATE\n\n</div>\n\nshown",
    '<div class="a" HIDDEN="">PRIVATE</div>\n\nshown',
    "<p hidden>PRIVATE\n\nshown",
    'shown <span style="color: red; display: none">PRIVATE</span>',
    "shown\n\n<section hidden>PRIVATE\n\nPRIVATE",
    "shown <comment>PRIVATE</comment> <wiki:comment>PRIVATE</wiki:comment>",
    '<dialog id="a"><p>PRIVATE</p></dialog>\n\nshown',
    "<datalist><option>PRIVATE</option></datalist>\n\nshown",
    "<members-only>\n\nPRIVATE\n\n</members-only>\n\nshown",
    '<div class="box d-none">\n\nPRIVATE\n\n</div>\n\nshown',
    '<div v-if="false">PRIVATE</div>\n\nshown',
    "shown @* PRIVATE *@",
    "#+BEGIN_COMMENT\nPRIVATE\n\nPRIVATE\n#+END_COMMENT\n\nshown",
    "\\begin{comment}\nPRIVATE\n\\end{comment}\n\nshown",
    "shown {#PRIVATE#} {!-- PRIVATE --}",
    "<!-- wp:premium-content/subscriber-view -->\nPRIVATE\n<!-- /wp:premium-content/subscriber-view -->\n\nshown",
    '<!-- wp:pmpro/membership {"levels":[1]} -->\nPRIVATE\n<!-- /wp:pmpro/membership -->\n\nshown',
    '<!-- wp:group {"metadata":{"blockVisibility":false}} -->\n<!-- wp:group -->\nPRIVATE\n<!-- /wp:group -->\n'
    "PRIVATE\n<!-- /wp:group -->\n\nshown",
    '<!--kg-gated-block:begin nonMember:false memberSegment:"" -->\nPRIVATE\n<!--kg-gated-block:end-->\n\nshown',
    "<!-- private -->\nPRIVATE\n<!-- /private -->\n\nshown",
    "<!-- private:start -->\nPRIVATE\n<!-- private:end -->\n\nshown",
    "shown\n\n<!-- PRIVATE without an end\n\nPRIVATE",
    "[//]: # (PRIVATE\nPRIVATE %% PRIVATE %%)\n\nshown %% PRIVATE %%",
    "shown {% if false %}PRIVATE{% endif %}",
    "{% if user.is_member %}\nPRIVATE {% if a %}PRIVATE{% endif %} PRIVATE\n{% else %}\nshown\n{% endif %}",
    "{% unless jekyll.environment == 'production' %}PRIVATE{% endunless %} shown",
    "{{ if logged_in }}PRIVATE{{ else }}shown{{ /if }}",
    "shown {% encrypt pw %}PRIVATE{% endencrypt %} {{< paywall >}}PRIVATE{{< /paywall >}}",
    "shown [sociallocker]PRIVATE[/sociallocker] [access capability='x']PRIVATE[/access]",
    "shown [staff-only]PRIVATE[/staff-only]",
    ":::private\nPRIVATE\n:::\n\nshown",
    '::: {.content-visible when-format="pdf"}\nPRIVATE\n:::\n\nshown',
    '::: {.content-hidden when-profile="public"}\nPRIVATE\n:::\n\nshown',
    "shown [PRIVATE]{.content-hidden}",
    "shown\n\nPRIVATE\nPRIVATE\n{: .d-none }\n",
    '<p class="hide">PRIVATE</p>\n\nshown',
    'shown <span class="note invisible">PRIVATE</span>',
    "<div class='uk-hidden wide'>\n\nPRIVATE\n\n</div>\n\nshown",
    "shown\n\nPRIVATE\n{: .invisible }\n",
    "<p class=hide>PRIVATE</p>\n\nshown",
    "::: {.invisible}\nPRIVATE\n:::\n\nshown",
    "> [!comment]\n> PRIVATE\n\nshown",
    "> [!Comment]- PRIVATE\n> PRIVATE\n\nshown",
    "> [!private|wide] PRIVATE\n> PRIVATE\n\nshown",
    "shown\n\n{: hidden }\nPRIVATE\nPRIVATE\n",
    "> [!secret] PRIVATE\n> PRIVATE\n\nshown",
    "> [!comment]\n> PRIVATE\nPRIVATE too\n> PRIVATE\nPRIVATE\n\nshown",
    "> [!comment]\n> PRIVATE\n# shown",
    "> [!comment] PRIVATE\n>\nshown",
    "!!! comment\n    PRIVATE\n\n    PRIVATE\n\nshown",
    '??? private "PRIVATE"\n    PRIVATE\n\nshown',
    '!!! comment "PRIVATE"\n\nshown',
    "/// comment | PRIVATE\nPRIVATE\n\nPRIVATE\n///\n\nshown",
    ":::comment PRIVATE\nPRIVATE\n:::\n\nshown",
    "shown\n\n## PRIVATE {.hide}\n\nPRIVATE\n\n### PRIVATE",
    "# PRIVATE {#a .hidden}\n\n```sh\n# PRIVATE\n```\n\nPRIVATE\n\n# shown",
    "PRIVATE {.hidden}\n====\n\nshown",
    "PRIVATE *PRIVATE*\nPRIVATE {.hidden}\n\nshown",
    "- a\n- PRIVATE {.hidden}\n- shown",
    "* {: .hidden} PRIVATE\n  PRIVATE\n* shown",
    "*shown* and *PRIVATE*{: .hidden} `PRIVATE`{.hidden}",
    "shown [PRIVATE](x){.hidden} <b>PRIVATE</b>{.hidden} ![PRIVATE](x.png){.hidden}",
    "```{r, echo=FALSE}\nPRIVATE\n```\n\nshown",
    "```{python}\n#| include: false\nPRIVATE\n```\n\nshown",
    "```{code-cell} python\n:tags: [remove-input]\nPRIVATE\n```\n\nshown",
    "```{only} latex\nPRIVATE\n```\n\nshown",
    "```{todo}\nPRIVATE\n```\n\nshown",
    "```{=latex}\nPRIVATE\n```\n\nshown",
    "shown [ppr]PRIVATE[/ppr] [lock]PRIVATE[/lock] [memb_is_logged_in]PRIVATE[/memb_is_logged_in]",
    'shown [show role="editor"]PRIVATE[/show] [DAP hasaccessto="1"]PRIVATE[/DAP]',
    "shown {gated}PRIVATE{/gated} {comment}PRIVATE{/comment} {exp:member:x}PRIVATE{/exp:member:x}",
    "shown {if logged_in}PRIVATE{/if}",
    "shown\n% PRIVATE: ask legal\nshown",
    '<p style="opacity:0.0">PRIVATE</p>\n\n<div style="height:0;overflow:hidden">PRIVATE</div>\n\nshown',
    '<div x-show="false">PRIVATE</div>\n\n<div style="visibility:collapse">PRIVATE</div>\n\nshown',
    '<div class="tw-hidden">PRIVATE</div>\n\nshown',
    "- shown\n  % PRIVATE\n- shown\n\n# shown\n% PRIVATE\n\n> shown\n> % PRIVATE",
    "```{only} not html\nPRIVATE\n```\n\nshown",
    "```{only} latex and not epub\nPRIVATE\n```\n\nshown",
    "```{ifconfig} internal\nPRIVATE\n```\n\nshown",
    "<div style={{display: 'none'}}>PRIVATE</div>\n\nshown",
    '<p style={{ visibility: "hidden" }}>PRIVATE</p>\n\nshown',
    "shown [[!-- PRIVATE --]] and [PRIVATE]{hidden}",
    "{if logged_in}PRIVATE{if:else}shown{/if}",
    "shown {{#comment}}PRIVATE{{/comment}} {{#if @member}}PRIVATE{{/if}}",
    'shown {{ user:can do="x" }}PRIVATE{{ /user:can }}',
    "@auth\nPRIVATE\n@endauth\n\nshown",
    "@can('read')\nPRIVATE\n@endcan\n\nshown",
    "<?php if (is_user_logged_in()): ?>PRIVATE<?php endif; ?> shown",
    '<noembed>PRIVATE</noembed>\n\nshown <b style="opacity:0">PRIVATE</b>',
    '<div v-if="loggedIn">PRIVATE</div>\n\nshown',
    "{{< draft >}}PRIVATE{{< /draft >}} shown {{< dev-only >}}PRIVATE{{< /dev-only >}}",
    "{% private() %}PRIVATE{% end %} shown {% if is_granted('x') %}PRIVATE{% endif %}",
]


@pytest.mark.parametrize("body", PRIVATE)
def test_comments_of_other_systems_reach_no_reader_and_are_told(body):
    data = f"---\ntitle: T\ndate: 2025-01-01\n---\n{body}\n".encode()

    parsed = parse("a.md", data, RULES)

    assert isinstance(parsed.item, Post)
    assert "PRIVATE" not in parsed.item.summary
    assert "PRIVATE" not in body_of("a.md", data)
    assert "shown" in shown(body)
    assert [problem.cause for problem in parsed.problems if "comment" in problem.cause.lower()]


@pytest.mark.parametrize(
    "body", ["<!-- PRIVATE -->\n\nshown", "[//]: # (PRIVATE)\n\nshown", "a <!--\nPRIVATE --> shown"]
)
def test_comments_of_html_leave_no_trace_in_the_text_for_programs(body):
    data = f"---\ntitle: T\n---\n{body}\n".encode()

    assert "PRIVATE" not in body_of("a.md", data)
    assert "shown" in body_of("a.md", data)


def test_mdx_has_no_indented_code() -> None:
    body = "<Step>\n    One **two**:\n    ```py\n    if a:\n        b\n    ```\n</Step>\n\n- three\n\n    four\n"

    text = translate(body, is_mdx=True).text

    assert "\nOne **two**:" in text
    assert "\n```py\nif a:\n    b\n```" in text
    assert "\n    four" in text


INNOCENT = [
    "a <!-- b and [/private] stays, me@*host and {! this }",
    '<div class="hidden-xs hiding">x</div> and <dialog open>y</dialog>',
    '<p class="visually-hidden">x</p> <span class="sr-only">y</span> <b class="hide-print hideaway">z</b>',
    '<p title="hide">x</p> <div class="hide md:block">y</div>',
    "A <% b and c, 5 <? 6 #+ 7",
    '```python\nprint("echo: false")\n```',
    "Press + and\n++++\nagain",
    "50%% of these and 60%% of those",
    "braces {{ and }} or {% and %} in prose, {{ like this }} too",
    "if a == b and b == c, x==y==z, <== or ==>",
    "at 12:30:45, a::b::c, std::vec::Vec, :nosuchname: and C:\\new:",
    "a[[0]] and [[1]] or [[ -f x ]] && true",
    "!!! really ???\n\nso",
    "100 % sure\n\n50 % off",
    "{:ok, result} and {a: 1} and {x}",
    "Set {1, 2} and {.} or { } and f{x}",
    "Well ::: that is it",
    "Is x^2 + y^2 or a ^ b there",
    "import taxes from China rose",
    "a < B c > d and List<String> x",
    "The | filename | is a pipe",
    "me @/ home and foo@/bar",
    "A [link](x.md) (and more) {so}",
    "C++ and ++i; i++ and j++",
    "{#} and {# no end",
    '[a](b "Title") text',
    "Call f(a, b){return} now",
    "[code] and [caption] and [video](x.mp4) and [gallery]: x",
    "the pattern ^[a-z]+ and ^[0-9 a] and x^[2]",
    "@tab is a key\n\n== no ==",
    "buy \\(one, that is\\) and \\[two\\]",
    "a@site/b and a <> b and c <---> d",
    "[text][name] and [text][no.such name]",
    "move into node_metadata{.h, .cc}",
    "!!!wow that is good",
    "/// three slashes\n\nin prose",
    "[[1]] and [[0, 1], [2, 3]] and [[#]]",
    "[private] and [members](x.md): [secret][x]",
    "[memberlist]a[/memberlist] [x] done [/x] [INST] do [/INST] [foo-bar] [a_b]",
    'input[type="text"] and [type="text"] and a[href=\'x\'] and [foo bar="x"](y)',
    "foo ^_^ bar ^_^ and ^^ so ^^ und a^2 + b^2, 2^10 ^ x",
    "https://x.org/~ann~b and PROGRA~1 and MICROS~1, about ~5 to ~10",
    "set { a = b } and { x=1 } in prose, x {hidden} and \\tag[x]{hidden}",
    "Title\n===\n\nand `===`",
    "a line\n\\newpage in prose\n\n\\begin{x} and \\newpage{x}",
    "{if only} it were {/else} and {else}",
    "not a table\n\n: no caption",
    "[example.org][x] and [some words][] and [[!]]",
    "mail me@{host} and @{x}",
    "It grew by 50\n% of all, and that\nis so",
    "export default settings, and\nexport const is a keyword",
    "if {a && b} or {x && y} or {a} && <b",
    "see note ^3 and so ^",
    "| a | b\n|---|---\n| 1 | ^Same\n> | 2 | ^as-above\n",
    "{*emphasis*} and 5 <% 6 and a <#b and <- c",
    '<div title="so hidden here">all see it</div>',
    '<span aria-hidden="true">+</span> and <p class="hidden md:block">x</p>',
    '<p hidden="until-found">found</p>',
    "[b]bold[/b] [button plan=x] and [show role=x]",
    "{if user} and {gated} and {draft} and @auth is a directive, as @canvas is none",
    "{users}see{/users}",
    '<p style="opacity:0.5">see</p> <div v-if="!user">see</div> <div v-if="show">see</div>',
]


@pytest.mark.parametrize("body", INNOCENT)
def test_prose_that_looks_like_a_dialect_stays_prose(body):
    translation = translate(body)

    assert translation.text == body
    assert translation.notes == ()


FORMS = ["{{< figure >}}", "{% include x %}", "[[page]]", "==mark==", "%% hidden %%", ":rocket:", "{: .x}", "{# c #}"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "around",
    [
        "```\n{}\n```",
        "~~~~ md\n```\n{}\n~~~~",
        "> ```\n> {}\n> ```",
        "- item\n\n  ```\n  {}\n  ```",
        "Text\n\n    {}\n\nText",
        "a `{}` b",
        "a ``x ` {}`` b",
        "<pre>\n{}\n</pre>",
        "a <code>{}</code> b",
        "```text\n{}",
    ],
)
def test_code_keeps_what_looks_like_a_dialect(form, around):
    body = around.format(form)

    assert translate(body).text == body


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("cheap ($), mid ($$), dear ($$$)", "cheap ($), mid ($$), dear ($$$)"),
        ("Use $.ajax/$.get.", "Use $.ajax/$.get."),
        ("dear ($$$). Use $.ajax/$.get. $$ is the PID", "dear ($$$). Use $.ajax/$.get. $$ is the PID"),
        ("$$ is the PID, $$ again", "$$ is the PID, $$ again"),
        ("$5 to $10, US$5 and US$6", "$5 to $10, US$5 and US$6"),
        ("$HOME/bin:$PATH and ($a) or ($b)", "$HOME/bin:$PATH and ($a) or ($b)"),
        ("between $5-and $6- more", "between $5-and $6- more"),
        ("(0.09$/GB, while 0.04$/month, as", "(0.09$/GB, while 0.04$/month, as"),
    ],
)
def test_dollar_signs_in_prose_are_no_formula(body, kept):
    assert "<math" not in html(body)
    assert shown(body) == kept


@pytest.mark.parametrize(
    "body",
    [
        "$x$",
        "$x = 1$",
        r"$\alpha$",
        "$f(x)$",
        "$a_1$",
        "$$\nx = 1\n$$",
        "$$x = 1$$",
        "a $$y^2$$ b",
        r"a \\(x^2\\) b",
        r"\\[x^2\\]",
        "$5 < x$",
        "$$\n% a remark\nx=1\n$$",
        "$$\nx=1 % it's (1\n$$",
    ],
)
def test_formulas_are_formulas(body):
    assert "<math" in html(body)


def test_word_behind_a_caret_is_told_where_no_link_leads_to_it() -> None:
    assert told("See above ^this\n\nOr [[#^that]].\n\nThat ^that\n\nAnd ^a1b2") == [(1, 11)]


@pytest.mark.parametrize(
    ("body", "display"),
    [
        ("$$\nx^2\n$$ {#eq-a}", True),
        ("{{< math >}}\n$$\nx^2\n$$\n{{< /math >}}", True),
        ("$$\nx^2\n$$ (eq1)", True),
        ("a $latex x^2$ b", False),
        ("a [latex]x^2[/latex] b", False),
        ("{{< katex display >}}\nx^2\n{{< /katex >}}", True),
        ("a {{< katex >}}x^2{{< /katex >}} b", False),
        ("```math\nx^2\n```", True),
        ("> ```math\n> x^2\n> ```", True),
        ("a $`x^2`$ b", False),
        ("a \\(x^2\\) b", False),
        ("a \\[\nx^2\n\\] b", True),
        ("a $$ \\sqrt{x^2} $$ b", True),
        ("\\begin{equation}\nx^2\n\\end{equation}", True),
        ("\\begin{align*}\nx^2 &= 1\n\\end{align*}", True),
        ("$$\n\\begin{align}\nx^2 &= 1\n\\end{align}\n$$", True),
    ],
)
def test_formulas_of_other_systems_are_formulas(body, display):
    result = html(body)

    assert ('display="block"' in result) == display
    assert "<msup>" in result
    assert "$" not in LexborHTMLParser(result).text()


def test_formula_between_two_dollar_signs_in_a_line_stays_in_the_line():
    assert 'display="block"' not in html("a $$y^2$$ b")
    assert 'display="block"' in html("$$y^2$$")


@pytest.mark.parametrize("body", ["Para.\n\n:::unclosed\nText", "Name\n::: no", "Term\n:no blank", "Term\n:)"])
def test_colon_without_a_blank_defines_nothing(body):
    assert "<dl>" not in html(body)


def test_colon_with_a_blank_defines():
    assert "<dl>" in html("Term\n: definition")


def test_what_is_left_out_is_told_with_its_place():
    assert told("a\n\nb {{ page.title }} c\n{% include foo.html %}") == [(3, 3), (4, 1)]
    assert told("!!! note\n    {{ x }}\n") == [(2, 5)]
    assert told("```{note}\n:class: x\n{{ y }}\n```") == [(3, 1)]


def test_places_are_counted_in_the_file():
    data = b"---\ntitle: T\ndate: 2025-01-01\n---\n\nText {{ page.title }}\n"

    problems = parse("a.md", data, RULES).problems

    assert [str(problem.mark) for problem in problems] == ["a.md:6:6"]
    assert problems[0].severity == "warning"


def test_summaries_are_of_the_translated_text():
    def summary(body: str) -> str:
        item = parse("a.md", f"---\ntitle: T\n---\n{body}".encode(), RULES).item
        assert isinstance(item, Post)
        return item.summary

    assert summary("See [[Other page|that]] :rocket: and ==more==.") == "See that 🚀 and more."
    assert summary("> [!note] Title\n> Aside\n\nThe text.") == "The text."
    assert summary(":::note\nAside\n:::\n\nThe text.") == "The text."
    assert summary('!!! note "Title"\n    Aside\n\nThe text.') == "The text."


def test_what_follows_ghosts_mark_for_members_is_shown_to_nobody_and_told() -> None:
    body = "For all.\n\n<!--members-only-->\n\nFor members."

    assert shown(body) == "For all."
    assert told(body) == [(3, 1)]


def test_mark_for_members_within_code_hides_nothing() -> None:
    assert "For all" in shown("`<!--members-only-->`\n\nFor all")


ENDLESS = [
    *"\\( \\[ ^[a [caption ![a| <a @b {{< {% {{ [[ ==a %%a` ` ``a $a $$a {: {# <!-- <#-- [private]".split(),
    "<td hidden>",
    "{* ",
]
LINES = [":::note", "!!! a", "> [!a]", "```{note}", "{: .a}", "{% a %}", "    a\n", "$$", "=== 'a'"]
# Whatever takes the square of it takes too long.
MANY = 4_000
HOSTILE = {
    **{form: form * MANY for form in ENDLESS},
    **{f"lines of {form}": f"{form}\n" * MANY for form in LINES},
    "tags that differ": "".join(f"{{% t{n} %}}" for n in range(MANY)),
    "brackets that differ": "".join(f"[private-{n}]" for n in range(MANY)) + "[/secret]",
    "brackets that end": "".join(f"[private-{n}]a[/private-{n}]" for n in range(MANY // 2)),
    "components that differ": "".join(f"<Private{n}>" for n in range(MANY)),
    "a long name": f"[{'private-' * MANY}] [/secret]",
    "sums": "$a " * MANY * 2,
    "raw without an end": "{% raw %}" * MANY,
    "highlight without an end": "{{< highlight go >}}" * MANY,
    "nested admonitions": "".join(f"{'    ' * n}!!! note\n" for n in range(300)),
    "ticks of all lengths": " ".join("`" * n for n in range(1, 700)),
    "colons": ":" * MANY * 10,
    "attributes": "){" + "a=b " * MANY * 2,
    "dollars before a blank line": "$a " * MANY * 3 + "\n\n$",
    "ticks before a blank line": "` `` " * MANY * 2 + "\n\n`",
    "links with blanks": "[a](b c" * MANY,
    "shortcodes in one line": "{{< x >}}" * MANY * 3,
    "hidden parts of one element": "<p hidden>" * MANY,
    "hidden parts that are open": "<b hidden>a</b> <b hidden>" * (MANY // 4),
    "elements without an end": "<script> <iframe> <title a='" * MANY,
    "elements with one end": "<iframe> " * MANY + "</iframe>" + " " * MANY * 10,
    "brackets for some": "".join(f"[t{n} role=x]" for n in range(MANY)) + "[/x]",
    "braces for some": "".join(f"{{private-{n}}}" for n in range(MANY)) + "{/x}",
    "directives": "@auth " * MANY + "@endx",
    "pairs of braces": "".join(f"{{{{ user:t{n} }}}}" for n in range(MANY)),
    "attributes before none": "<a " + "b " * MANY * 3,
    "components": "<A b={" * MANY,
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_translated_in_time(name):
    start = thread_time()

    translate(HOSTILE[name], is_mdx=name == "components")

    assert thread_time() - start < 2


PIECES = st.sampled_from(
    "{{< figure >}} {{< /note >}} {{< note >}} {% raw %} {% endraw %} {{ x }} ::: :::note [[ ]] ![[ == %% !!!"
    " ``` ~~~ ` $ $$ > - {: .a} {.a} :rocket: ^abcde | \\ # * \n \n\n <div> </div> {/* */} {# #} <!-- --> import @/"
    " ) ]( a".split(" ")
)


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30).map("".join), st.booleans())
def test_no_text_raises_or_is_translated_twice_over(body, is_mdx):
    translation = translate(body, is_mdx=is_mdx)

    assert isinstance(translation.text, str)
    assert all(note.line >= 1 and note.column >= 1 for note in translation.notes)


def test_what_readers_do_not_see_is_told():
    body = "a\n\n<svg><path d='M0 0'/></svg>\n\n<form>b</form>\n\n<script>c()</script>"

    assert [note.cause for note in translate(body).notes] == [
        "`<svg>` is left out.",
        "`<form>` is left out.",
        "`<script>` is left out.",
    ]


def test_scripts_that_show_a_gist_are_links():
    body = '<script src="https://gist.github.com/ann/0123abc.js"></script>'

    assert html(body) == ('<p><a href="https://gist.github.com/ann/0123abc" rel="noopener">Gist ann/0123abc</a></p>\n')


def test_titles_of_containers_hold_code_and_templates() -> None:
    body = ":::tip Where is `$last`?\n\na\n\n:::\n\n:::note By {{$frontmatter.author}}\n\nb\n\n:::\n"

    assert shown(body) == "Where is $last?\na\nBy\nb"
    assert told(body) == [(7, 12)]


@pytest.mark.parametrize(
    "body",
    [
        "<iframe src='https://a.example/' />", "<iframe\n  src='https://a.example/'\n  title='a > b'\n/>",
        "<iframe src='https://a.example/'>", "x <video src='a.mp4' /> y", "<audio src='a.mp3'>",
        "<script src='a.js' />",
        "Use <title> and <script>, <style>, <template>, <textarea>, <xmp> and <plaintext>.", "<![CDATA[ x", "<?xml x",
    ],
)  # fmt: skip
def test_elements_without_an_end_swallow_nothing(body: str) -> None:
    assert shown(f"Before.\n\n{body}\n\nAfter.\n\nEnd.").endswith("After.\nEnd.")


def test_names_of_elements_that_have_no_end_are_text() -> None:
    assert shown("Use <title> now.") == "Use <title> now."
    assert told("Use <title> now.") == [(1, 5)]


def test_code_of_php_without_an_end_is_hidden() -> None:
    assert shown("a\n\n<?php $key = 1;\n\nb") == "a"


@pytest.mark.parametrize(
    ("body", "href"),
    [
        ("{% codepen https://codepen.io/a/pen/b %}", "https://codepen.io/a/pen/b"),
        ('{{< codepen id="b" user="a" >}}', "https://codepen.io/a/pen/b"),
        ('{{< github repo="a/b" >}}', "https://github.com/a/b"),
        ("{% iframe https://x.org 600 300 %}", "https://x.org"),
        ("{% gist parkr/1234 %}", "https://gist.github.com/parkr/1234"),
        ("{% of_this_site https://x.org %}", "https://x.org"),
    ],
)
def test_works_on_other_hosts_are_links(body: str, href: str) -> None:
    assert f'href="{href}"' in html(body)


def test_captions_have_all_words_of_a_figure() -> None:
    body = '{{< figure src="a.png" alt="A" title="One" caption="two" attr="three" >}}'

    assert "One: two three" in html(body)


@pytest.mark.parametrize(
    "unseen",
    [
        "<template>PRIVATE</template>",
        '<svg viewBox="0 0 1 1"><title>PRIVATE</title><path d="M0"/></svg>',
        '<video src="https://x.example/a.mp4">PRIVATE</video>',
    ],
)
def test_summaries_have_nothing_that_readers_of_the_text_do_not_see(unseen: str) -> None:
    item = parse("a.md", f"---\ntitle: T\n---\n{unseen}\n\nThe {unseen}text.".encode(), RULES).item

    assert isinstance(item, Post)
    assert item.summary == "The text."


@pytest.mark.parametrize("body", ['to "https://a.example".', "to 'https://a.example'.", 'to "https://a.example/b."'])
def test_addresses_in_quotes_end_before_the_quote(body: str) -> None:
    link = LexborHTMLParser(html(body)).css_first("a").attributes["href"] or ""

    assert link.rstrip("/b") == "https://a.example"


@pytest.mark.parametrize("tag", ["section", "table", "article", "header", "main", "nav", "pre", "center"])
def test_places_in_html_stay_for_links_that_lead_to_them(tag: str) -> None:
    assert 'id="there"' in html(f'<{tag} id="there">\n\ntext\n\n</{tag}>\n\n[x](#there)')


def test_height_of_a_picture_is_kept_where_it_stands_alone() -> None:
    picture = LexborHTMLParser(html('an <img src="a.png" height="15" alt="A"> icon')).css_first("img").attributes

    assert (picture["width"], picture["height"], picture["class"]) == ("20", "15", "sized")


def test_sized_picture_keeps_its_caption() -> None:
    assert "<figcaption>Two men</figcaption>" in html('![A](a.png "Two men"){: width="300"}')


@pytest.mark.parametrize("body", ["注意**⚠️**です。", "これは**:smile:**です", "这个**€100**的", "これは**○○**です"])
def test_bold_symbols_beside_chinese_and_japanese_are_bold(body: str) -> None:
    assert "<strong>" in html(body)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('with "--help" now', "with “--help” now"),
        ("**--bold** and '--force'", "--bold and ‘--force’"),
        ('An 8½" plate', 'An 8½" plate'),
    ],
)
def test_options_and_inches_stay_as_typed(body: str, text: str) -> None:
    assert shown(body) == text


@pytest.mark.parametrize("address", ["slack://channel?id=1", "zoommtg://zoom.us/join", "web+ap://a.example/b"])
def test_links_of_harmless_schemes_stay_links(address: str) -> None:
    assert f'href="{address}"' in html(f"[x]({address})")


def test_list_of_films_leads_to_the_list() -> None:
    body = '<iframe src="https://www.youtube.com/embed/videoseries?list=PL1"></iframe>'

    assert 'href="https://www.youtube.com/playlist?list=PL1"' in html(body)


@pytest.mark.parametrize(
    "formula", [r"$$\frac{{a}}{{b}}$$", r"$\sum_{{i=1}}^{{n}} x$", "$a ==b==c$", "$$\n[[a]] = 1\n$$"]
)
def test_dialects_are_not_read_within_formulas(formula: str) -> None:
    assert translate(f"{formula}\n\n{{{{ page.title }}}}").text.startswith(formula)
    assert "<math" in html(formula)


@pytest.mark.parametrize(
    "body",
    [
        '{% if jekyll.environment != "development" %}shown{% endif %}',
        "{% if page.device %}shown{% endif %}",
        '+++ {"kind": "remove"}\nshown',
        '<Figure show={true} title="false">shown</Figure>',
        '[shown]{.content-visible when-format="html"}',
        "[//]: x\n\nshown",
    ],
)
def test_what_only_resembles_hidden_text_is_shown(body: str) -> None:
    assert "shown" in shown(body)
