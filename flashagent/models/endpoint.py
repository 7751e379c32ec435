"""Where a model is asked: the address, the key that goes to this address only, and its habits. Values only."""

from __future__ import annotations

from dataclasses import field
from urllib.parse import urlsplit, urlunsplit

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.models.dialect import DIALECTS, Api

_PATHS = tuple(dialect.path for dialect in DIALECTS.values())


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `first_token_s` runs from sending the request to the first word, thought or tool call;
    `between_tokens_s` is the longest silence after it, `trailer_s` the longest wait for the usage figures of a reply
    that has ended."""

    connect_s: float = 10.0
    first_token_s: float = 120.0
    between_tokens_s: float = 30.0
    trailer_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address. `base_url` ends before '/chat/completions' or '/responses': `api` says which of the two
    is asked. Raises UsageError for no web address.

    `returns_reasoning`: the endpoint wants the model's earlier reasoning back in the history. `headers` are sent with
    each request beside the key. `ca_file` holds the authorities that vouch for an https address, '' for the system's.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    returns_reasoning: bool = False
    api: Api = "chat"
    ca_file: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"{self.base_url!r} is not the address of a model endpoint.",
                hint="It starts with http:// or https:// and usually ends in /v1.",
            )

    @property
    def root(self) -> str:
        """The base address without a trailing slash or the path that belongs to the request."""
        root = self.base_url.strip().rstrip("/")
        for path in _PATHS:
            root = root.removesuffix(path).rstrip("/")
        return root

    @property
    def shown(self) -> str:
        """The address for people: without a user name, password or query that may hold a secret."""
        parts = urlsplit(self.root)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))

    def masked(self, text: str) -> str:
        """The text with this endpoint's secrets made unreadable."""
        for secret in (self.api_key, *(value for _, value in self.headers)):
            if len(secret) >= 4:
                text = text.replace(secret, "[secret]")
        return text
