"""Proxies and certificates of the environment, each against a real server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from helpers.clock import VirtualClock
from helpers.model_server import ModelServer, Reply
from helpers.models_asked import REQUEST
from helpers.models_network import Proxy, proxy, self_signed, tls

from flashagent.errors import ModelUnreachable, UsageError
from flashagent.models.endpoint import Endpoint
from flashagent.models.openai_compatible import OpenAICompatibleModel
from flashagent.models.retries import RetryPolicy
from flashagent.settings import load

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
async def between(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """A proxy, and an environment that names none yet."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    async with proxy() as it:
        yield it


async def asked(url: str, ca_file: str = "") -> str:
    """What the model at that address says."""
    endpoint = Endpoint(url, "scripted", "sk-test-key", ca_file=ca_file)
    model = OpenAICompatibleModel(endpoint, VirtualClock(hold_from=25.0), retries=RetryPolicy(tries=1))
    try:
        return (await model.reply(REQUEST, lambda event: None)).text
    finally:
        await model.aclose()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_a_plain_address_goes_through_the_proxy(
    name: str, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, between.url)
    async with ModelServer([Reply("Hello.")]) as server:
        assert await asked(server.base_url) == "Hello."
    assert between.asked == [f"POST {server.base_url}/chat/completions"]


async def test_no_proxy_goes_around_it(between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", between.url)
    monkeypatch.setenv("NO_PROXY", "example.invalid,127.0.0.1")
    async with ModelServer([Reply("Hello.")]) as server:
        assert await asked(server.base_url) == "Hello."
    assert between.asked == []


@pytest.mark.needs("openssl")
async def test_tls_goes_through_the_proxy_unread(
    between: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", between.url)
    certificate = self_signed(tmp_path / "own.pem")
    async with ModelServer([Reply("Hello.")]) as server, tls(server.port, certificate) as url:
        assert await asked(url, str(certificate)) == "Hello."
    assert between.asked == [f"CONNECT {url.removeprefix('https://').removesuffix('/v1')}"]


@pytest.mark.needs("openssl")
async def test_a_certificate_that_nobody_vouches_for_is_refused(between: Proxy, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "own.pem")
    async with ModelServer([Reply("Hello.")]) as server, tls(server.port, certificate) as url:
        with pytest.raises(ModelUnreachable, match="certificate"):
            await asked(url)
        assert server.requests == []
        assert await asked(url, str(certificate)) == "Hello."


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_file_without_certificates_is_told(
    between: Proxy, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=r"ca\.pem cannot be used"):
        await asked("https://127.0.0.1:9/v1", str(file))


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_usual_variables_name_the_file(name: str, tmp_path: Path) -> None:
    environ = {"MODEL_BASE_URL": "https://h.example/v1", "FLASHAGENT_MODEL": "m", name: "/etc/own.pem"}
    found = load({}, environ, None, tmp_path)
    assert found.flash is not None
    assert found.flash.ca_file == "/etc/own.pem"
    assert found.source("model_settings.ca_file") == f"environment: {name}"
