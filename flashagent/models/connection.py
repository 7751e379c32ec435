"""The SDK's client for one endpoint.

Nothing is sent anywhere but to the configured address: no redirect is followed, and no address, key, organization or
header is taken from the environment. Proxies and certificates of the environment count as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flashagent.errors import UsageError
from flashagent.models.endpoint import Endpoint, Timeouts
from flashagent.models.sdk import sdk

if TYPE_CHECKING:
    import ssl

    import httpx2
    from openai import AsyncOpenAI  # noqa: TID251  # types only

_PLAIN_HEADERS = (
    "host",
    "content-type",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "connection",
)


def connect(endpoint: Endpoint, timeouts: Timeouts) -> AsyncOpenAI:
    """A client for this endpoint alone. Raises UsageError for a file of authorities that holds none."""
    openai = sdk()
    import httpx2

    root = httpx2.URL(endpoint.root)
    timeout = httpx2.Timeout(None, connect=timeouts.connect_s)
    http_client = httpx2.AsyncClient(
        timeout=timeout,
        follow_redirects=False,
        event_hooks={"request": [_keep_ours(endpoint, root)]},
        verify=_authorities(endpoint, root.scheme),
    )
    return openai.AsyncOpenAI(
        base_url=root,
        # What is left out here the SDK would read from the environment.
        api_key=endpoint.api_key or "none",  # the header itself is written by the hook
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        max_retries=0,
        timeout=timeout,
        http_client=http_client,
    )


def _authorities(endpoint: Endpoint, scheme: str) -> ssl.SSLContext | bool:
    """What TLS is verified by; False where there is none on the way, since reading all certificates takes 30 ms."""
    from urllib.request import getproxies

    if scheme != "https" and not any(proxy.startswith("https:") for proxy in getproxies().values()):
        return False
    if not endpoint.ca_file:
        return True
    import ssl

    try:
        return ssl.create_default_context(cafile=Path(endpoint.ca_file).expanduser())
    except OSError as error:  # ssl.SSLError is one too
        raise UsageError(
            f"The certificates of {endpoint.ca_file} cannot be used: {error.strerror or error}.",
            hint="model_settings.ca_file, SSL_CERT_FILE or REQUESTS_CA_BUNDLE name a PEM file.",
        ) from error


def _keep_ours(endpoint: Endpoint, root: httpx2.URL) -> Callable[[httpx2.Request], Any]:
    """A hook that leaves only our own headers, and lets nothing pass to another address."""
    own = {
        "accept": "text/event-stream, application/json",
        "user-agent": "flashagent",
        **dict(endpoint.headers),
    }
    if endpoint.api_key:
        own["authorization"] = f"Bearer {endpoint.api_key}"

    async def keep_ours(request: httpx2.Request) -> None:
        if (request.url.scheme, request.url.host, request.url.port) != (
            root.scheme,
            root.host,
            root.port,
        ):
            raise RuntimeError(f"a request to {request.url.host} was stopped: only {root.host} is configured")
        kept = {name: request.headers[name] for name in _PLAIN_HEADERS if name in request.headers}
        request.headers.clear()
        request.headers.update({**kept, **own})

    return keep_ours
