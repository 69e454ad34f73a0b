"""The forms of a request body: JSON, a form, a form with files; and what is refused."""

import json
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.sandbox.discord.builders import picture, text

MESSAGES = "/channels/745100321596440610/messages"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"


@pytest.fixture
def post(api):
    async def post(kind, data, path=MESSAGES, method="POST"):
        return await api(method, path, data=data, headers={"Content-Type": kind})

    return post


def parts(*fields):
    """Return a multipart body of pairs: the rest of a Content-Disposition, and the data."""
    return b"".join(
        b"--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % field for field in fields
    ) + (b"--b--\r\n")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/json; charset=utf-8", '{"content": "dès", "tts": true}'.encode()),
        ("APPLICATION/JSON", '{"content": "dès", "tts": true}'.encode()),
        (FORM, urlencode({"content": "dès", "tts": "true", "flags": "4096"})),
        (f"{FORM}; charset=utf-8", urlencode({"content": "dès", "tts": "1", "embeds": ""})),
        (FORM, urlencode({"payload_json": '{"content": "dès", "tts": true}', "content": "no"})),
        (MULTIPART, parts((b'name="content"', "dès".encode()), (b'name="tts"', b"true"))),
        (MULTIPART, parts((b'name="payload_json"', b'{"content": "d\\u00e8s", "tts": true}'))),
    ],
)
async def test_each_form_of_a_body_says_the_same(post, kind, data):
    status, message = await post(kind, data)
    assert (status, message["content"], message["tts"]) == (200, "dès", True)


async def test_a_form_answers_and_edits_an_interaction(post, api, noah, deaf_bot):
    sent = await noah.command("draw")
    token = sent.interaction.token
    first = json.dumps({"type": 4, "data": {"flags": 64, "content": "first"}})
    callback = f"/interactions/{sent.interaction.id}/{token}/callback"
    assert (await post(FORM, urlencode({"payload_json": first}), callback))[0] == 204

    path = f"/webhooks/{api.application}/{token}"
    edit = urlencode({"content": "second"})
    status, edited = await post(FORM, edit, f"{path}/messages/@original", "PATCH")
    assert (status, edited["content"], sent.ephemeral) == (200, "second", True)
    status, more = await post(FORM, urlencode({"content": "third", "flags": "64"}), path)
    assert (status, more["content"], more["flags"]) == (200, "third", 64)


@pytest.mark.parametrize("names", [("files[0]", "files[5]"), ("file", "file1"), ("file0", "file1")])
async def test_files_have_the_new_names_or_the_old_ones(api, names):
    form = aiohttp.FormData(quote_fields=False)
    for number, name in enumerate(names):
        form.add_field(name, picture(), filename=f"{number}.png")
    form.add_field("content", "two")

    status, message = await api("POST", MESSAGES, data=form)

    assert (status, message["content"]) == (200, "two")
    assert [file["filename"] for file in message["attachments"]] == ["0.png", "1.png"]


@pytest.mark.parametrize(
    ("kind", "data", "status", "code", "errors"),
    [
        ("text/plain", "hello", 400, 50035, {"": "CONTENT_TYPE_INVALID"}),
        ("application/xml", "<a/>", 400, 50035, {"": "CONTENT_TYPE_INVALID"}),
        ("application/json", "", 400, 50109, {}),
        ("application/json", "{", 400, 50109, {}),
        ("application/json", b'{"content": "\xff"}', 400, 50109, {}),
        ("application/json", '{"content": "x"}'.encode("utf-16"), 400, 50109, {}),
        ("application/json", '{"content": NaN}', 400, 50109, {}),
        ("application/json", "[" * 100_000, 400, 50109, {}),
        ("application/json", "[]", 400, 50035, {"": "MODEL_TYPE_CONVERT"}),
        ("application/json", '"x"', 400, 50035, {"": "MODEL_TYPE_CONVERT"}),
        (FORM, "", 400, 50006, {}),
        (FORM, "payload_json=%7B", 400, 50109, {}),
        (FORM, "content=x&tts=perhaps", 400, 50035, {"tts": "BOOLEAN_TYPE_CONVERT"}),
        (FORM, "content=x&flags=many", 400, 50035, {"flags": "NUMBER_TYPE_COERCE"}),
        (FORM, "components=text", 400, 50035, {"components": "LIST_TYPE_CONVERT"}),
        (MULTIPART, parts((b'name="files%5B0%5D"; filename="a.png"', b"x")), 400, 50006, {}),
        ("multipart/form-data", b"x", 400, 50109, {}),
    ],
)
async def test_a_broken_body_is_refused(api, kind, data, status, code, errors):
    refused = await api.refused("POST", MESSAGES, data=data, headers={"Content-Type": kind})
    assert refused == (status, code, errors)


async def test_components_come_by_payload_json_alone(post):
    payload = json.dumps({"flags": 1 << 15, "components": [text("words")]})
    status, message = await post(FORM, urlencode({"payload_json": payload}))
    assert (status, message["components"][0]["content"]) == (200, "words")
