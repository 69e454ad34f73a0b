"""Discord's markdown: what is read, what is escaped, and that nothing becomes the page's markup."""

import pytest

pytestmark = pytest.mark.browser

DRAW = """async (source) => {
  const { richText } = await import("/richtext.js");
  const nobody = () => null;
  const names = { user: () => ({ username: "noah" }), role: nobody, place: nobody };
  return richText(source, names).innerHTML;
}"""


@pytest.fixture
def draw(modules):
    async def run(source: str) -> str:
        return await modules.evaluate(DRAW, source)

    return run


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", "<p>plain</p>"),
        ("**b** *i* _i_ ~~s~~", "<p><strong>b</strong> <em>i</em> <em>i</em> <s>s</s></p>"),
        ("__u__", "<p><u>u</u></p>"),
        ("***both***", "<p><strong><em>both</em></strong></p>"),
        ("**bold *and italic***", "<p><strong>bold <em>and italic</em></strong></p>"),
        (r"\*not\* \_this\_ \`nor\` \||that\||", "<p>*not* _this_ `nor` ||that||</p>"),
        (r"\# no head", "<p># no head</p>"),
        (r"\> no quote", "<p>&gt; no quote</p>"),
        (r"\<@123456>", "<p>&lt;@123456&gt;</p>"),
        (r"a\b c:\dir", r"<p>a\b c:\dir</p>"),
        ("snake_case_name and 2*3*4", "<p>snake_case_name and 2<em>3</em>4</p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("`a **b**`", "<p><code>a **b**</code></p>"),
        ("**a\nb**", "<p><strong>a<br>b</strong></p>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("# H", '<p class="heading h1" role="heading" aria-level="2">H</p>'),
        ("-# small\ntext", '<p class="subtext">small</p><p>text</p>'),
        ("> a\n> b\nc", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("```py\n1 < 2\n```", '<pre tabindex="0"><code data-language="py">1 &lt; 2</code></pre>'),
        ("<@1234567>", '<p><span class="mention">@noah</span></p>'),
        ("<#99>", '<p><span class="mention">#unknown</span></p>'),
        (
            "<b>x</b> &amp; <img src=x onerror=alert(1)>",
            "<p>&lt;b&gt;x&lt;/b&gt; &amp;amp; &lt;img src=x onerror=alert(1)&gt;</p>",
        ),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("**unclosed", "<p>**unclosed</p>"),
        ("", ""),
    ],
)
async def test_it_reads_as_discord_does(draw, source, expected):
    html = await draw(source)

    assert html.replace(' dir="auto"', "") == expected


@pytest.mark.parametrize("source", ["{}", "# {}", "-# {}", "> {}", "- {}", "1. {}"])
async def test_each_paragraph_has_the_direction_of_its_own_script(modules, source):
    script = """async (source) => {
      const { richText } = await import("/richtext.js");
      const text = richText(source, {});
      document.body.append(text);
      const innermost = [...text.querySelectorAll("[dir]")].at(-1);
      const { direction, textAlign } = getComputedStyle(innermost);
      text.remove();
      return [direction, textAlign];
    }"""
    for words, direction in (("\u0642\u0637\u0629 hi", "rtl"), ("cat \u0642\u0637\u0629", "ltr")):
        assert await modules.evaluate(script, source.format(words)) == [direction, "start"]


async def test_links_end_before_the_sentence_does(draw):
    html = await draw("See https://example.com/a_b_c?d=1. Or [here](https://example.com/x).")

    assert 'href="https://example.com/a_b_c?d=1"' in html
    assert 'href="https://example.com/x"' in html
    assert html.endswith("</a>.</p>")


@pytest.mark.parametrize(
    "source",
    ["*" * 3000, "||" * 1500, "[" * 3000, "> " * 1500, "`" * 3000, "_a" * 2000, "~~a" * 1500],
)
async def test_hostile_marks_do_not_hang_the_page(modules, source):
    """4000 characters are what one message may hold; none of them may cost a second."""
    script = """async (source) => {
      const { parse } = await import("/markdown.js");
      const before = performance.now();
      parse(source);
      return performance.now() - before;
    }"""
    assert await modules.evaluate(script, source) < 1000  # ms


MOMENTS = {  # seconds from now
    -100: ("2 minutes ago", "vor 2 Minuten"),
    -59.7: ("1 minute ago", "vor 1 Minute"),
    -5: ("5 seconds ago", "vor 5 Sekunden"),
    0: ("now", "jetzt"),
    5: ("in 5 seconds", "in 5 Sekunden"),
    89: ("in 1 minute", "in 1 Minute"),
    3599: ("in 1 hour", "in 1 Stunde"),
    7199: ("in 2 hours", "in 2 Stunden"),
    71990: ("in 20 hours", "in 20 Stunden"),
    86399: ("in 1 day", "in 1 Tag"),
    2.4 * 86400: ("in 2 days", "in 2 Tagen"),
    29.6 * 86400: ("in 1 month", "in 1 Monat"),
    -700 * 86400: ("2 years ago", "vor 2 Jahren"),
}


@pytest.mark.parametrize(("language", "index"), [("en-US", 0), ("de", 1)])
async def test_relative_times_are_rounded_and_in_the_clients_language(modules, language, index):
    """Discord's clients count for free; a card need not be edited for it."""
    script = """async ([language, moments]) => {
      const { format } = await import("/time.js");
      const { setLanguage } = await import("/words.js");
      setLanguage(language);
      return moments.map((by) => format(1e6 + by, "R", 1e9));
    }"""
    texts = await modules.evaluate(script, [language, [*MOMENTS]])

    await modules.evaluate("import('/words.js').then(({ setLanguage }) => setLanguage())")
    assert texts == [each[index] for each in MOMENTS.values()]
