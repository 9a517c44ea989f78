"""Who makes way where it is full, who is counted together, and how much one address may ask for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from search_ui.auth.sign_in import WRONG_A_MINUTE, WrongCodes
from search_ui.http.rates import REMEMBERED, Bucket
from search_ui.server.room import RECENT_SECONDS, Idle, client_network, connection_to_close, is_near


@dataclass(frozen=True)
class Seat:
    address: str
    idle: Idle | None


NOW = 1000.0


def waits(address: str, seconds: float) -> Seat:
    return Seat(address, Idle(unfinished=False, since=NOW - seconds))


def stalls(address: str, seconds: float) -> Seat:
    return Seat(address, Idle(unfinished=True, since=NOW - seconds))


BUSY = Seat("a", None)


def test_who_has_been_idle_longest_makes_way() -> None:
    oldest = waits("a", 9)
    assert connection_to_close([waits("a", 8), oldest, BUSY], NOW) is oldest


def test_a_paused_film_stays_longer_than_who_asks_for_nothing() -> None:
    idle = waits("a", 5)
    assert connection_to_close([stalls("a", 9), idle], NOW) is idle
    stalled = stalls("a", 9)
    assert connection_to_close([BUSY, stalled], NOW) is stalled


def test_who_has_most_connections_makes_way_first() -> None:
    own = waits("a", 3)
    assert connection_to_close([waits("b", 9), BUSY, own], NOW) is own


@pytest.mark.parametrize("address", ["a", "b"])
def test_who_was_waited_for_no_moment_goes_where_all_are_such(address: str) -> None:
    """Neither a body that keeps coming, wherever most connections come from, nor who has just come."""
    sends, comes, stands_still = stalls("a", 0.1), waits(address, 0.1), stalls("b", RECENT_SECONDS + 1)
    assert connection_to_close([BUSY, BUSY, sends, comes, stands_still], NOW) is stands_still
    newer = stalls("a", 0.05)
    assert connection_to_close([newer, sends, waits("a", 0.07)], NOW) is sends


def test_where_all_are_in_use_nobody_leaves() -> None:
    assert connection_to_close([BUSY, BUSY], NOW) is None
    assert connection_to_close([], NOW) is None


def test_with_ipv6_everybody_has_a_network() -> None:
    assert (
        client_network("2a01:4f8:1:2::1") == client_network("2a01:4f8:1:2:ffff::9") != client_network("2a01:4f8:1:3::1")
    )
    assert client_network("::ffff:9.9.9.9") == "9.9.9.9"
    assert client_network("9.9.9.9") == "9.9.9.9"
    assert client_network("a socket") == "a socket"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "172.18.0.1", "fe80::1", ""])
def test_a_proxy_may_be_near(address: str) -> None:
    assert is_near(address)
    assert not is_near("9.9.9.9")


def test_a_bucket_takes_so_many_at_once_and_then_as_many_as_leak() -> None:
    bucket = Bucket()
    assert [bucket.wait("a", 100.0, 60) for _ in range(60)] == [0.0] * 60
    assert bucket.wait("a", 100.0, 60) == pytest.approx(1.0)
    assert bucket.wait("a", 100.4, 60) == pytest.approx(0.6), "asking too early costs nothing"
    assert bucket.wait("b", 100.4, 60) == 0.0
    assert bucket.wait("a", 101.0, 60) == 0.0
    assert bucket.wait("a", 101.0, 60) > 0.0
    assert [bucket.wait("a", 200.0, 60) for _ in range(60)] == [0.0] * 60


def test_of_many_addresses_the_latest_are_remembered() -> None:
    bucket = Bucket()
    for number in range(REMEMBERED):
        bucket.wait(f"{number}", 1.0, 1)
    assert bucket.wait("0", 1.0, 1) > 0
    bucket.wait("new", 1.0, 1)
    assert bucket.wait("0", 1.0, 1) > 0, "it asked again lately"
    assert bucket.wait("1", 1.0, 1) == 0.0, "this is forgotten"


def test_wrong_codes_of_one_network_count_together() -> None:
    wrong = WrongCodes()
    wrong.too_many("2001:db8::1")
    for number in range(WRONG_A_MINUTE):
        wrong.count(f"2001:db8::{number + 1:x}")
    assert wrong.too_many("2001:db8::ffff")
    assert not wrong.too_many("2001:db8:0:1::1")
