"""Which IP addresses belong to the public internet. Pure.

Decided by IANA's registries of special-purpose addresses, https://www.iana.org/assignments/iana-ipv4-special-registry
and …/iana-ipv6-special-registry. Nobody publishes recordings at an address they list, even if it is globally reachable
(name servers of AS112, relays), and such servers are often inside a network. Of IPv6 only 2000::/3 is allocated to
anyone (…/ipv6-address-space).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

SPECIAL_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network, RFC 791
            "10.0.0.0/8",  # private, RFC 1918
            "100.64.0.0/10",  # shared by a provider's customers, RFC 6598
            "127.0.0.0/8",  # loopback, RFC 1122
            "169.254.0.0/16",  # link-local, RFC 3927; where clouds tell machines their secrets
            "172.16.0.0/12",  # private, RFC 1918
            "192.0.0.0/24",  # IETF protocol assignments, RFC 6890, with all that is carved out of them
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.31.196.0/24",  # AS112, RFC 7535
            "192.52.193.0/24",  # multicast tunnels, RFC 7450
            "192.88.99.0/24",  # 6to4 relays, RFC 7526
            "192.168.0.0/16",  # private, RFC 1918
            "192.175.48.0/24",  # AS112, RFC 7534
            "198.18.0.0/15",  # benchmarks, RFC 2544
            "198.51.100.0/24",  # documentation, RFC 5737
            "203.0.113.0/24",  # documentation, RFC 5737
            "224.0.0.0/4",  # multicast, RFC 5771
            "240.0.0.0/4",  # reserved, RFC 1112, and broadcast, RFC 919
        ),
    )
)
ALLOCATED_6: Final = IPv6Network("2000::/3")
"""Outside of it lie ::1, ::, IPv4-mapped (::ffff:0:0/96), -translated (::ffff:0:0:0/96) and -compatible (::/96)
addresses, 64:ff9b:1::/48, 100::/64, 100:0:0:1::/64, 5f00::/16, fc00::/7, fe80::/10, fec0::/10
and ff00::/8 (multicast)."""
SPECIAL_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID, AS112 and the like
            "2001:db8::/32",  # documentation, RFC 3849
            "2002::/16",  # 6to4, RFC 3056, given up with its relays: holds any IPv4 address
            "2620:4f:8000::/48",  # AS112, RFC 7534
            "3fff::/20",  # documentation, RFC 9637
        ),
    )
)
NAT64: Final = IPv6Network("64:ff9b::/96")
"""RFC 6052: how a network that has only IPv6 reaches an IPv4 address, the last 32 bits."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet. Raises ValueError if it is not an IP address."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in SPECIAL_4)
    if ip in NAT64:
        return is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF)))
    return _is_public_6(ip)


def _is_public_6(ip: IPv6Address) -> bool:
    return ip in ALLOCATED_6 and not any(ip in block for block in SPECIAL_6)
