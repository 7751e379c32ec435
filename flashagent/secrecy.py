"""Find secrets in text and mask them: the values known by name, and whatever looks like a key. Pure.

Text that comes in pieces is masked by `StreamMask`, which holds back what could be the start of a secret.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from urllib.parse import quote, quote_plus

MASK = "[secret]"
MIN_SECRET_LENGTH = 8
HELD_RUN = 2_048  # characters of one unbroken word that a stream waits for
HELD_MOST = 65_536
CONTEXT = 256  # characters before a piece that tell what it is ("token: ")
Span = tuple[int, int]


class Secrets:
    """Masks secrets in text: the values known by name, and whatever looks like a key.

    `values` shorter than 8 characters are passed over, since masking them would eat ordinary words. A value is also
    found URL-quoted, escaped as in JSON, in hexadecimal, and in base64 at any place of a longer text. `patterns` are
    regular expressions beside the built-in ones; a group named `secret` limits the mask to that group.
    """

    __slots__ = ("_forms", "_patterns", "_spaced")

    def __init__(self, values: Iterable[str] = (), patterns: Iterable[str] = ()) -> None:
        self._forms = tuple(sorted({form for value in values for form in _spellings(value)}))
        self._spaced = tuple(form for form in self._forms if any(sign.isspace() for sign in form))
        self._patterns = (_KEY_LIKE, _ASSIGNED, *(re.compile(pattern) for pattern in patterns))

    def mask(self, text: str) -> str:
        """The text with every known or key-like secret replaced by `[secret]`."""
        return masked_part(text, 0, len(text), self.spans(text))

    def spans(self, text: str) -> list[Span]:
        """Where the secrets stand, in order and without overlaps."""
        found = [span for form in self._forms for span in _places(text, form)]
        for pattern in self._patterns:
            group = "secret" if "secret" in pattern.groupindex else 0
            for match in pattern.finditer(text):
                found.append(match.span(group) if match.span(group)[0] >= 0 else match.span())
        return _merged(found)

    def begun(self, text: str) -> int:
        """Where the end of the text may be the start of a known value that has spaces in it; its length for nowhere."""
        starts = (len(text) - n for form in self._spaced if (n := _overlap(text, form)))
        return min(starts, default=len(text))

    def __repr__(self) -> str:
        return "Secrets(...)"


class StreamMask:
    """Masks one text that comes in pieces. What `feed` and at the end `flush` return is together what `mask` makes of
    the whole; the running word is held back until it is known not to be the start of a secret."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._text = ""
        self._told = 0  # so much of it has been given out; it stays as the context of what follows

    def feed(self, piece: str) -> str:
        """What may be shown now, '' for nothing yet."""
        self._text += piece
        spans = self._secrets.spans(self._text)
        cut = self._cut(spans)
        shown = masked_part(self._text, self._told, cut, spans)
        self._forget(cut, spans)
        return shown

    def flush(self) -> str:
        """The rest. The next piece begins a new text."""
        text, told = self._text, self._told
        self._text, self._told = "", 0
        return masked_part(text, told, len(text), self._secrets.spans(text))

    def _cut(self, spans: Sequence[Span]) -> int:
        text = self._text
        run = len(text) - len(_LAST_WORD.search(text[-HELD_RUN:])[0])  # type: ignore[index]  # it always matches
        cut = min(run, self._secrets.begun(text))
        # What reaches the end may go on: a private key is many lines.
        open_now = (start for start, end in spans if end > cut or end == len(text))
        cut = min((cut, *open_now))
        return len(text) if len(text) - cut > HELD_MOST else max(cut, self._told)

    def _forget(self, cut: int, spans: Sequence[Span]) -> None:
        keep = min([cut - CONTEXT, *(start for start, end in spans if end > cut)])
        keep = max(0, keep)
        self._text, self._told = self._text[keep:], cut - keep


def masked_part(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    """`text[start:end]` with its secrets masked. A secret that begins before `start` was told there already."""
    parts = []
    at = start
    for first, last in spans:
        if last <= start or first >= end:
            continue
        if first >= start:
            parts += [text[at:first], MASK]
        at = last
    return "".join([*parts, text[at:end]]) if at < end else "".join(parts)


def secret_values(variables: Mapping[str, str]) -> frozenset[str]:
    """The values of variables whose names say that they are secret, ready for `Secrets`.

    Paths, short numbers and ordinary words are left out: masking them would eat the text that a model works on.
    """
    return frozenset(
        value
        for name, value in variables.items()
        if is_secret_name(name) and not _ORDINARY.fullmatch(value.strip())
    )


def stripped_values(variables: Mapping[str, str], allowed: Sequence[str]) -> frozenset[str]:
    """The values that commands never see, as far as they look like secrets. `allowed` are the name patterns of the
    variables that commands do see."""
    return frozenset(
        value
        for name, value in variables.items()
        if not any(fnmatchcase(name, pattern) for pattern in allowed) and looks_secret(value)
    )


def is_secret_name(name: str) -> bool:
    """Whether a variable or a setting of this name holds a secret (`MODEL_API_KEY`, `github_token`, `PGPASSWORD`)."""
    return _SECRET_NAME.search(name) is not None and _NOT_SECRET_NAME.search(name) is None


SHORTEST_SECRET = 12


def looks_secret(value: str) -> bool:
    """Long, one word, letters and digits mixed, and none of the usual words of that kind: paths, addresses, versions,
    hashes and ids stand in code and output too."""
    value = value.strip()
    mixed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    one_word = len(value) >= SHORTEST_SECRET and mixed and not any(sign.isspace() for sign in value)
    return one_word and _USUAL.fullmatch(value) is None


_LAST_WORD = re.compile(r"\S*\Z")
_USUAL = re.compile(
    r"(?:/|~|\./)\S*|[\w./-]+:@?/\S+|[a-z][a-z0-9+.-]*:(?://)?[^@\s]*|(?:[\w.-]+[:;,])+\S*|[\w-]+(?:\.[\w-]+)+|[0-9a-fA-F]{12}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[\d.:T+-]+Z?|[A-Za-z]+(?:[-_]?[A-Za-z]+)*[-_]?\d{1,4}"
)
_SECRET_NAME = re.compile(
    r"(?i)(?:api|access|private|secret|signing|encryption|account|service)_?key|(?:^|_)key$|(?:^|_)keys$|token|secret|passw|passphrase"
    r"|pwd$|credential|(?:^|_)auth(?:$|_)|cookie|(?:^|_)pat$|(?:^|_)dsn$|connection_?string"
)
_NOT_SECRET_NAME = re.compile(
    r"(?i)max_?tokens|token_?(?:limit|count|budget)|auth_?sock|_(?:file|path|url|uri|endpoint|host|name|type|ttl|expir\w*|algorithm|header)$|^pwd$|^oldpwd$"
)
_ORDINARY = re.compile(
    r"(?:/|~|\./)[\s\S]*|[\d.:]{0,12}"
    r"|(?i:true|false|disabled|enabled|required|optional|password|localhost|undefined|automatic|external|internal|keychain"
    r"|production|development|anonymous|x-?access-?token)"
)
_KEY_LIKE = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,20000}+(?:-(?!----)[^-]{0,20000}){0,50}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
    r"|(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{20,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"
    r"|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|do[opr]_v1_[a-f0-9]{32,}|gsk_[A-Za-z0-9]{20,}"
    r"|xai-[A-Za-z0-9]{20,}|pplx-[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{30,}|nvapi-[A-Za-z0-9_-]{20,}|hv[sb]\.[A-Za-z0-9_-]{20,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|dapi[a-f0-9]{32}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|sbp_[a-f0-9]{40}"
    r"|lin_api_[A-Za-z0-9]{30,}|ntn_[A-Za-z0-9]{30,}|PMAK-[A-Za-z0-9-]{30,}|gl(?:c|sa)_[A-Za-z0-9_+/=-]{30,}|NRAK-[A-Z0-9]{20,}"
    r"|ATATT3[A-Za-z0-9_=-]{30,}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}|\d{8,10}:AA[A-Za-z0-9_-]{32,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    r")"
    r"|(?<=://)[^\s/:@'\"]{0,200}:(?P<secret>[^\s/@'\"]{3,500})(?=@)"
)
# A secret by its name in text. Code such as `token = next_token(stream)` must stay readable, so the value has to be
# one long word with both letters and digits. The bounds keep hostile text from costing quadratic time.
_ASSIGNED = re.compile(
    r"(?i)(?:(?:api|access|private|secret|account)[_-]?key|token|secret|passw(?:or)?d|authorization)['\"]?\s{0,9}[:=]\s{0,9}['\"]?"
    r"(?:bearer\s{1,9}|basic\s{1,9})?(?P<secret>(?=[\w+/~=-]{0,80}[0-9])(?=[\w+/~=-]{0,80}[a-z])[\w+/~-][\w+/=~-]{15,1023}+)(?![(\[]|\.\w)"
)


def _spellings(value: str) -> Iterable[str]:
    value = value.strip()
    if len(value) < MIN_SECRET_LENGTH:
        return
    raw = value.encode("utf-8", "surrogateescape")
    quoted = quote(value, safe="", errors="surrogateescape")
    yield from (value, quoted, re.sub("%..", lambda code: code[0].lower(), quoted))
    yield quote_plus(value, errors="surrogateescape")
    yield from (
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        raw.hex(),
        raw.hex().upper(),
    )
    for form in _in_base64(raw):
        yield form
        yield form.translate(_URL_SAFE)


_URL_SAFE = str.maketrans("+/", "-_")


def _in_base64(raw: bytes) -> Iterable[str]:
    """The value in base64 by itself, and the part of it that is the same wherever it begins in a longer text."""
    whole = base64.b64encode(raw).decode("ascii")
    yield from (whole, whole.rstrip("="))
    for offset, unsure in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(bytes(offset) + raw).decode("ascii")
        body = encoded.rstrip("=")
        core = body[unsure : len(body) - (len(encoded) != len(body))]
        if len(core) >= MIN_SECRET_LENGTH:
            yield core


def _places(text: str, form: str) -> Iterable[Span]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _overlap(text: str, form: str) -> int:
    """How many of the form's first characters the text ends with, without holding it whole."""
    longest = min(len(form) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if text.endswith(form[:n])), 0)
