"""Which hosts and addresses may be reached. Pure: names are read strictly and compared after reading, addresses are
judged by what they are, also when one is wrapped in another."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from flashagent_sandbox.policy import PolicyError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
REGISTRIES = "registries"
_WEB_PORTS = (80, 443)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST = 253
# Addresses that count as public (the second to some versions of Python) but answer for the machine that asks: a cloud's
# metadata, and what RFC 6890 sets apart for protocols.
_METADATA = (ipaddress.ip_network("168.63.129.16/32"), ipaddress.ip_network("192.0.0.0/24"))
_WRAPPERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class HostRule:
    """One entry of an allow-list: a host, or all names below it (`subdomains`), at a port (0: the two of the web)."""

    host: str
    port: int = 0
    subdomains: bool = False

    def allows(self, host: str, port: int) -> bool:
        """`host` as `read_host` gives it."""
        if port != self.port and (self.port or port not in _WEB_PORTS):
            return False
        return host.endswith("." + self.host) if self.subdomains else host == self.host


def read_rule(text: str) -> HostRule:
    """`HOST`, `*.HOST`, either with `:PORT`. Raises PolicyError."""
    try:
        subdomains = text.startswith("*.")
        host, port = split_host(text[2:] if subdomains else text, 0)
        name = read_host(host)
        if subdomains and ("." not in name or _address(name)):
            raise ValueError("would allow far too much")
    except ValueError as error:
        raise PolicyError(
            f"{text!r} is no host for an allow-list: {error}.", hint="Such as HOST, HOST:PORT or *.HOST."
        ) from error
    return HostRule(name, port, subdomains)


def split_host(text: str, default_port: int) -> tuple[str, int]:
    """`host:port`, `[v6]:port` or without the port. Raises ValueError."""
    host, port = text, ""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")) or _address(host) is None:
            raise ValueError("not an address in brackets")
        port = rest[1:]
        return host, _port(port) if rest else default_port
    if ":" in text:
        host, _, port = text.rpartition(":")
        return host, _port(port)
    return host, default_port


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise ValueError(f"{text!r} is no port")
    return int(text)


def read_host(text: str) -> str:
    """The name in lower case without a last dot, or the address in its usual form. Letters, digits and hyphens only: what
    is compared must be what is resolved. Raises ValueError for everything else."""
    if address := _address(text):
        return str(address)
    name = text.lower() if text.isascii() else ""
    name = name.removesuffix(".")
    labels = name.split(".")
    if not name or len(name) > _LONGEST or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"{text[:80]!r} is no host name")
    if _NUMBER.fullmatch(labels[-1]):
        raise ValueError(f"{text[:80]!r} is a number that programs read in different ways")
    return name


def _address(text: str) -> Address | None:
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether it is on the open internet: not this machine, not a private or link-local network, not a metadata service,
    whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
    if address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local:
        return False
    return address.is_global and not any(
        address in network for network in _METADATA if network.version == address.version
    )


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _WRAPPERS) or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
