"""Secrets in every spelling and split anywhere; what only looks like one is left alone. Keys are made when run."""

from __future__ import annotations

import base64
import json
import random
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.secrecy import MASK, Secrets, StreamMask, looks_secret, stripped_values

LETTERS, LOWER, HEX = (
    string.ascii_letters + string.digits,
    string.ascii_lowercase + string.digits,
    "0123456789abcdef",
)
SHAPES: dict[str, tuple[str, str, int]] = {
    "openai": ("sk-" + "proj-", LETTERS, 48),
    "anthropic": ("sk-" + "ant-api03-", LETTERS + "-_", 90),
    "github": ("gh" + "p_", LETTERS, 36),
    "github fine": ("github" + "_pat_", LETTERS + "_", 82),
    "gitlab": ("gl" + "pat-", LETTERS, 20),
    "aws id": ("AK" + "IA", string.ascii_uppercase + string.digits, 16),
    "google": ("AI" + "za", LETTERS + "-_", 35),
    "slack": ("xo" + "xb-", string.digits + "-" + LETTERS, 50),
    "stripe": ("sk" + "_live_", LETTERS, 24),
    "hugging face": ("h" + "f_", LETTERS, 34),
    "npm": ("np" + "m_", LETTERS, 36),
    "pypi": ("py" + "pi-", LETTERS + "-_", 100),
    "digitalocean": ("do" + "p_v1_", HEX, 64),
    "databricks": ("da" + "pi", HEX, 32),
    "shopify": ("sh" + "pat_", HEX, 32),
    "docker": ("dck" + "r_pat_", LETTERS, 27),
    "groq": ("gs" + "k_", LETTERS, 52),
    "vault": ("hv" + "s.", LETTERS, 90),
}


def key_of(shape: str, seed: int = 0) -> str:
    prefix, alphabet, length = SHAPES[shape]
    chance = random.Random(f"{shape}{seed}")
    return prefix + "".join(chance.choice(alphabet) for _ in range(length - 1)) + "7"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "around", ["{}", "key: {}\n", '"{}"', "({}),", "https://x/?k={}&b=1", "KEY={} other"]
)
def test_keys_of_every_shape_are_masked(shape: str, around: str) -> None:
    key = key_of(shape)
    masked = Secrets().mask(around.format(key))
    assert key not in masked and MASK in masked
    assert masked.startswith(around.partition("{}")[0][:3])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_split_anywhere_in_a_stream_is_masked(shape: str) -> None:
    key = key_of(shape)
    text = f"the key is {key} and\nno more"
    for cut in range(len(text)):
        stream = StreamMask(Secrets())
        shown = stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.flush()
        assert shown == "the key is [secret] and\nno more"


VALUE = 'Tr0ub4dor&3 +/é "x"'


@given(st.integers(0, 9), st.integers(0, 9))
def test_known_values_are_masked_in_cheap_encodings(before: int, after: int) -> None:
    raw = VALUE.encode()
    hidden = Secrets([VALUE])
    for text in (VALUE, quote(VALUE, safe=""), quote(VALUE, safe="").lower(), quote_plus(VALUE), raw.hex()):
        assert hidden.mask(f"<{text}>") in (f"<{MASK}>", f"<{text}>") and VALUE not in hidden.mask(text)
    for text in (
        VALUE,
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        raw.hex(),
        raw.hex().upper(),
        json.dumps(VALUE)[1:-1],
    ):
        assert hidden.mask(f"<{text}>") == f"<{MASK}>"
    inside = base64.b64encode(b"u" * before + raw + b"v" * after).decode()
    core = base64.b64encode(raw[3:12]).decode()
    assert MASK in hidden.mask(inside) and core not in hidden.mask(inside)
    assert MASK in hidden.mask(inside.translate(str.maketrans("+/", "-_")))


@given(st.lists(st.text(alphabet="ab \nkS3cr-", max_size=12), max_size=8), st.integers(0, 60))
def test_a_stream_gives_what_the_whole_text_gives(parts: list[str], at: int) -> None:
    """However the text is cut, also inside a known value that has spaces in it."""
    known = "S3cr k3y-ab cb-S3"
    text = "".join(parts)[:at] + known + "".join(parts)[at:]
    secrets = Secrets([known])
    stream = StreamMask(secrets)
    pieces = [text[start : start + 5] for start in range(0, len(text), 5)]
    assert "".join(map(stream.feed, pieces)) + stream.flush() == secrets.mask(text)


def test_a_private_key_that_streams_in_by_lines_never_shows() -> None:
    body = "\n".join("M" * 20 + str(n) for n in range(40))
    lines = f"before\n-----BEGIN RSA PRIVATE {'KEY'}-----\n{body}\n-----END RSA PRIVATE {'KEY'}-----\nafter\n"
    stream = StreamMask(Secrets())
    shown = "".join(map(stream.feed, lines.splitlines(keepends=True))) + stream.flush()
    assert shown == f"before\n{MASK}\nafter\n"


def test_a_name_that_came_in_an_earlier_piece_still_tells_what_the_value_is() -> None:
    value = "q1w2" * 6
    stream = StreamMask(Secrets())
    pieces = ["Authorization: Bearer ", value[:7], value[7:], " ok"]
    assert "".join(map(stream.feed, pieces)) + stream.flush() == f"Authorization: Bearer {MASK} ok"


def test_a_stream_shows_whole_words_at_once() -> None:
    stream = StreamMask(Secrets(["long-secret-value"]))
    assert stream.feed("Two words and lo") == "Two words and "
    assert stream.feed("gs ") == "logs "


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f9a2c41b7d8e0f5a6c9b1d2e3f4a5b6c7d8e9f0",
        "id 123e4567-e89b-42d3-a456-426614174000",
        '"integrity": "sha512-' + base64.b64encode(bytes(range(64))).decode() + '"',
        'checksum = "' + "0123456789abcdef" * 4 + '"',
        "github.com/x/y v1.2.3 h1:" + base64.b64encode(bytes(range(32))).decode(),
        "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 8).decode(),
        '"node_modules/js-tokens": {"version": "4.0.0"}',
        "hash = sha256:" + "ab12" * 16,
        "build 20260131T101500-3f9a2c at 10.0.0.1:8080",
        "https://user@example.org/path?a=1",
    ],
)
def test_what_only_looks_long_is_left_alone(text: str) -> None:
    assert Secrets().mask(text) == text


def test_values_of_stripped_variables_are_known_when_they_look_secret() -> None:
    secret = "p9Xk2mQ7vL4tZ8wB"
    variables = {
        "DATABASE_PASS_PHRASE_X": secret,
        "PATH": "/usr/bin:/opt/x1/bin",
        "SESSION_MANAGER": "local/host:@/tmp/.ICE-unix/1234",
        "GIT_COMMIT": "3f9a2c41b7d8e0f5a6c9b1d2e3f4a5b6c7d8e9f0",
        "HOSTNAME": "build-node-12",
        "LANG": "en_US.UTF-8",
        "WHEN": "2026-01-31T10:15:00Z",
        "SEEN_INSIDE": "p9Xk2mQ7vL4tZ8wC",
    }
    assert stripped_values(variables, ("PATH", "LANG", "SEEN_*")) == frozenset({secret})
    assert not looks_secret("python3.11.2-slim")


@pytest.mark.parametrize(
    "unit", ["a", "sk-", "eyJaaaaaaaaaaa.", "-----BEGIN A PRIVATE KEY-----x", "token = a1 "]
)
def test_a_hostile_stream_ends_and_loses_nothing_that_is_no_secret(unit: str) -> None:
    stream = StreamMask(Secrets(["known-value-1"]))
    shown = "".join(stream.feed(unit * 40) for _ in range(40)) + stream.flush()
    assert shown == Secrets().mask(unit * 1600) or MASK in shown
