"""Which addresses are the open internet's, against IANA's registries of special-purpose addresses, entry by entry."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given, strategies as st

from flows.sources.http.public import is_public


def blocks(text: str) -> list[str]:
    return text.split()


IPV4 = blocks("""
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
255.255.255.255/32
""")
"""https://www.iana.org/assignments/iana-ipv4-special-registry"""
IPV6 = blocks("""
::1/128 ::/128 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128
2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16
2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10
""")
"""https://www.iana.org/assignments/iana-ipv6-special-registry, without 64:ff9b::/96, which has a test of its own."""
OTHERS = blocks("224.0.0.0/4 ff00::/8 fec0::/10 ::/96 ::ffff:0:0:0/96 4000::/3 200::/7 e000::/4")
"""Multicast, site-local (RFC 3879), IPv4-compatible, IPv4-translated (RFC 2765), and what was never given out."""


@pytest.mark.parametrize("block", [*IPV4, *IPV6, *OTHERS])
def test_no_special_purpose_is_public(block: str) -> None:
    network = ip_network(block)
    middle = network[network.num_addresses // 2]
    for address in (network[0], middle, network[-1]):
        assert not is_public(str(address)), address


EMBEDDING = ["::ffff:{}", "::ffff:0:{}", "64:ff9b::{}", "::{}", "64:ff9b:1::{}", "2002:{hex}::1", "2001:0:{hex}::1"]


@pytest.mark.parametrize("form", EMBEDDING)
@pytest.mark.parametrize("inner", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "192.88.99.1", "0.0.0.0"])
def test_no_inner_address_hides_in_an_outer_one(form: str, inner: str) -> None:
    numbers = [int(part) for part in inner.split(".")]
    digits = f"{numbers[0]:02x}{numbers[1]:02x}:{numbers[2]:02x}{numbers[3]:02x}"
    assert not is_public(form.format(inner, hex=digits))


@given(st.ip_addresses(v=4))
def test_what_reaches_an_ipv4_address_through_nat64_is_as_public_as_that(address: object) -> None:
    assert is_public(f"64:ff9b::{address}") == is_public(str(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
     "192.0.1.0", "192.88.98.255", "192.88.100.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1",
     "2001:4860:4860::8888", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:400f::1", "3ffe:ffff::1",
     "64:ff9b::8.8.8.8"],
)  # fmt: skip
def test_the_open_internet_begins_right_beside_them(address: str) -> None:
    assert is_public(address)
