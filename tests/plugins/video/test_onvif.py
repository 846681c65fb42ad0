"""What cameras are told and what they answer, without a network."""

from typing import Any

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
    assert "video" in load(tmp_path, ["video"], sections=section).failed


@given(st.binary(max_size=200))
def test_no_answer_to_a_probe_is_beyond_words(answer: bytes) -> None:
    assert isinstance(discovery._devices(answer), list)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_password_of_any_signs_makes_one_address_at_the_asked_host(
    user: str, password: str
) -> None:
    source = onvif.source_of("rtsp://elsewhere:554/live", "10.0.0.8", "u" + user, password)
    sign_in = onvif.SignIn(user="user", password=password, at=NOW, nonce=b"n")
    assert onvif.urlsplit(source).hostname == "10.0.0.8"
    assert onvif.read(onvif.request(onvif.PROFILES, sign_in)) is not None
