"""Who may use the page, decided without a network."""

import socket

import pytest

from seem_ros.console.access import Access


def test_only_other_addresses_need_a_token():
    assert Access("127.0.0.1").token == ""
    assert Access("127.0.0.1").may_enter({}, {})
    assert len(Access("0.0.0.0").token) >= 20
    assert Access("0.0.0.0").token != Access("0.0.0.0").token
    assert not Access("0.0.0.0").may_enter({}, {})


def test_a_token_is_known_by_cookie_or_address():
    access = Access("0.0.0.0", "a long enough token")
    access.port = 8642
    assert access.may_enter({}, {"token": "a long enough token"})
    assert access.may_enter({"seem_console_8642": "a long enough token"}, {})
    for wrong in ("", "a long enough toke", "a long enough token ", "ä"):
        assert not access.may_enter({"seem_console_8642": wrong}, {"token": wrong})
    assert not access.may_enter({"seem_console_1": "a long enough token"}, {})


def test_a_short_token_is_refused():
    with pytest.raises(ValueError, match="at least 12"):
        Access("0.0.0.0", "secret")


@pytest.mark.parametrize("host", ["localhost:8642", "127.0.0.1:8642", "[::1]:8642", "LOCALHOST"])
def test_this_machine_is_called_so(host):
    assert Access("127.0.0.1").is_own_host(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil:8642", "", None, "[::1", "a@b"],
)
def test_other_names_are_not_ours(host):
    for access in (Access("127.0.0.1"), Access("0.0.0.0")):
        assert not access.is_own_host(host)


def test_a_robot_is_called_by_address_or_by_its_names():
    access = Access("0.0.0.0", names=["arm.lab"])
    for host in (
        "192.168.1.5:8642",
        "[fe80::1]:8642",
        f"{socket.gethostname()}:1",
        "ARM.lab:8642",
    ):
        assert access.is_own_host(host)
    assert not Access("127.0.0.1").is_own_host("192.168.1.5:8642")


def test_only_its_own_page_may_open_the_socket():
    access, host = Access("127.0.0.1"), "127.0.0.1:8642"
    assert access.is_own_origin("http://127.0.0.1:8642", host)
    for origin in (None, "null", "https://127.0.0.1:8642", "http://127.0.0.1:1", "http://evil"):
        assert not access.is_own_origin(origin, host)
    assert not access.is_own_origin("http://evil", "evil")
    assert Access("127.0.0.1", tls=True).is_own_origin("https://127.0.0.1:8642", host)
