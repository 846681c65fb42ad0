"""What cameras are told and what they answer, without a network."""

from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.testing import load
from plugins.video.actions import discovery
from plugins.video.rules import onvif
from tests.plugins.video.conftest import NOW


@pytest.mark.parametrize("network", ["8.8.8.0/24", "0.0.0.0/0", "10.0.0.1/8", "cameras"])
def test_only_private_networks_can_be_named(tmp_path: Any, network: str) -> None:
    section = {"video": {"onvif_networks": [network]}}
    said = load(tmp_path, ["video"], sections=section).failed["video"]
    assert f"“{network}”" in said
    assert "。。" not in said
    assert ("10.0.0.0/8" in said) is (network == "10.0.0.1/8")


@pytest.mark.parametrize("network", ["127.0.0.1/32", "127.0.0.1", "127.0.0.0/31", "127.0.0.0/8"])
def test_a_network_of_one_address_is_a_network(network: str) -> None:
    assert onvif.network_problem(network) == ""
    assert discovery._own_address(network) == "127.0.0.1"


@given(st.binary(max_size=200))
def test_no_answer_to_a_probe_is_beyond_words(answer: bytes) -> None:
    assert isinstance(discovery._devices(answer), list)


@pytest.mark.parametrize("address", ["http://[192.168.1.5]/onvif", "http://[::1", "http://a]b/"])
def test_a_device_that_misspells_an_address_hides_no_other(address: str) -> None:
    told = f"<a><ProbeMatch><XAddrs>{address} http://10.0.0.8/on</XAddrs></ProbeMatch></a>"
    assert [one.host for one in onvif.devices(told.encode())] == ["10.0.0.8"]
    with pytest.raises(onvif.NotOnvif):
        onvif.media_path(onvif.read(f"<a><Media><XAddr>{address}</XAddr></Media></a>".encode()))
    with pytest.raises(onvif.NotOnvif):
        onvif.source_of(address.replace("http", "rtsp"), "10.0.0.8", "", "")


@given(st.text(st.characters(categories=("L", "N", "P")), max_size=20), st.integers(280, 310))
def test_whatever_a_device_announces_has_a_host_or_none(text: str, length: int) -> None:
    for address in (f"http://{text}", f"http://[fe80::1%{'a' * length}]/"):
        letter = f"<a><ProbeMatch><XAddrs>{escape(address)}</XAddrs></ProbeMatch></a>"
        assert all(isinstance(one.host, str) for one in onvif.devices(letter.encode()))


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_password_of_any_signs_makes_one_address_at_the_asked_host(
    user: str, password: str
) -> None:
    source = onvif.source_of("rtsp://elsewhere:554/live", "10.0.0.8", "u" + user, password)
    sign_in = onvif.SignIn(user="user", password=password, at=NOW, nonce=b"n")
    assert onvif.urlsplit(source).hostname == "10.0.0.8"
    assert onvif.read(onvif.request(onvif.PROFILES, sign_in)) is not None
