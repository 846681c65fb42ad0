"""Decisions of video, by tables."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu import messages
from gpu.addresses import masked
from gpu.geometry import overlap
from gpu.national import messages as national
from gpu.pipeline import resolved
from plugins.video.rules import row_id
from plugins.video.rules.addresses import plain_source, source_problem, transport_problem
from plugins.video.rules.codes import code_problem, code_words, plain_code
from plugins.video.rules.geometry import crosses_itself, polygon_problem
from plugins.video.rules.health import (
    TROUBLES,
    Course,
    goes_to,
    present_state,
    problem_of,
    unlawful,
    urgency_of,
)
from plugins.video.rules.labels import (
    FAULT_DETAILS,
    FAULT_SENTENCES,
    TROUBLE_ADVICE,
    TROUBLE_LABELS,
    fault_sentence,
)
from plugins.video.rules.watching import watch_problem
from tests.plugins.video.conftest import NOW

STAYING = [one for one in TROUBLES if one not in ("unsteady", "starting")]
FAULTS = (*get_args(messages.Fault), *get_args(national.Fault))
SQUARE = [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "points",
    [
        SQUARE,
        list(reversed(SQUARE)),
        [[0, 0], [1, 0], [0.5, 1]],
        [[0, 0], [1, 0], [1, 1], [0.5, 0.2], [0, 1]],  # a notch
    ],
)
def test_outlines_that_are_good(points: Any) -> None:
    assert polygon_problem(points) == ""


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ("square", "每个点"),
        ([[0, 0], [1, 0]], "三个点"),
        ([[0, 0], [1, 0], [1, 1.1]], "每个点"),
        ([[0, 0], [1, 0], [1, float("nan")]], "每个点"),
        ([[0, 0], [1, 0], [1, 10**400]], "每个点"),
        ([[0, 0], [1, 0], [1, True]], "每个点"),
        ([[0, 0], [1, 0], [1, 0, 0]], "每个点"),
        ([[0, 0], [1, 0], [1, "1"]], "每个点"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "交叉"),
        ([[0, 0], [1, 0], [0, 0], [1, 1]], "重合"),
        ([[0, 0], [0.5, 0], [1, 0]], "太小"),
        ([[0, 0], [0.01, 0], [0.01, 0.01]], "太小"),
        ([[0, 0], [1, 0], [0.5, 0], [0.5, 1]], "交叉"),  # an edge lies on another
        ([[i / 100, i % 2] for i in range(70)], "最多"),
    ],
)
def test_outlines_that_are_not(points: Any, sentence: str) -> None:
    assert sentence in polygon_problem(points)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=3, unique=True))
def test_a_triangle_never_crosses_itself(points: list[tuple[float, float]]) -> None:
    assert not crosses_itself(points)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0, 1, 1), (0, 0, 1, 1), 1.0),
        ((0, 0, 1, 1), (0, 0, 0.5, 1), 0.5),
        ((0, 0, 0.5, 1), (0.5, 0, 1, 1), 0.0),
        ((0, 0, 0, 0), (0, 0, 0, 0), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(one: Any, other: Any, share: float) -> None:
    assert overlap(one, other) == share


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://a:b@10.0.0.8/live", "rtsp://***@10.0.0.8/live"),
        ("rtsp://a:p@ss@10.0.0.8/live", "rtsp://***@10.0.0.8/live"),
        ("http://cam/hls.m3u8?token=secret", "http://cam/hls.m3u8?…"),
        ("clip:campus", "clip:campus"),
        ("cannot open rtsp://a:b@h/x?k=v: refused", "cannot open rtsp://***@h/x?… refused"),
        ("rtsp://a:b/c@10.0.0.8/live", "rtsp://***@10.0.0.8/live"),
        ("rtsp://h/user=me_password=it_channel=1.sdp", "rtsp://h/user=…"),
        ("rtsp://h/user=me&password=it&channel=1", "rtsp://h/user=…&password=…&channel=1"),
    ],
)
def test_no_password_is_shown(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("source", "good"),
    [
        ("rtsp://10.0.0.8:554/live", True),
        ("rtsps://user:pw@cam.example/1", True),
        ("https://cam/hls.m3u8", False),
        ("clip:campus", True),
        ("/etc/passwd", False),
        ("file:///etc/passwd", False),
        ("clip:../../etc", False),
        ("rtsp://", False),
        ("rtsp://h:99999/", False),
        ("rtsp://h/a b", False),
        ("", False),
    ],
)
def test_only_streams_and_clips_are_sources(source: str, good: bool) -> None:
    assert (source_problem(source) == "") == good


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0.0.0.0",
        "localhost",
        "LOCALHOST.",
        "cam.localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "[fe80::1%25eth0]",
        "u:p@127.0.0.1",
    ],
)
def test_a_camera_is_not_on_the_machine_of_the_eyes_unless_the_settings_say_so(host: str) -> None:
    source = f"rtsp://{host}:554/live"
    assert "不能指向视频处理程序自己的机器" in source_problem(source)
    assert source_problem(source, near=True) == ""


@pytest.mark.parametrize("host", ["10.0.0.8", "[fd00::8]", "1.2.3.4", "localhost.example", "cam1"])
def test_any_other_machine_may_be_a_camera(host: str) -> None:
    assert source_problem(f"rtsp://{host}/live") == ""


def test_an_address_begins_as_those_who_open_it_know_it() -> None:
    assert plain_source("RTSP://u:P@H/Live://x") == "rtsp://u:P@H/Live://x"
    assert plain_source("clip:campus") == "clip:campus"
    assert resolved("RtspS://H/Live") == "rtsps://H/Live"


CODE = "33010500001310000001"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", ""),
        (CODE, ""),
        (CODE.replace("131", "132"), ""),
        (CODE[:-1], "现在是 19 位"),
        (CODE + "1", "现在是 21 位"),
        ("3301050000131000000x", "只有数字"),
        ("99" + CODE[2:], "“99”不是省级"),
        (CODE.replace("131", "118"), "“118”是网络录像机"),
        (CODE.replace("131", "777"), "“777”不是摄像机"),
        (CODE[:14] + "000000", "序号"),
    ],
)
def test_each_part_of_a_device_id_is_looked_at(code: str, sentence: str) -> None:
    problem = code_problem(code)
    assert sentence in problem
    assert bool(problem) == bool(sentence)


def test_a_device_id_may_be_pasted_as_it_is_printed() -> None:
    assert plain_code("33010500-00-131-0 000001") == CODE
    assert plain_code("３３０１０５００００１３１００００００１") == CODE
    assert code_words(CODE).startswith("中心 33010500，行业 00，摄像机（131）")
    assert code_words("12") == ""


@given(st.text(max_size=30))
def test_no_device_id_is_beyond_words(text: str) -> None:
    code = plain_code(text)
    assert code_problem(code) or code == "" or len(code) == 20
    code_words(code)


@pytest.mark.parametrize(
    ("address", "transport", "good"),
    [
        ("rtsp://h/1", "tcp", True),
        ("rtsp://h/1", "udp", True),
        ("rtsps://***@h:322/1", "tls", True),
        ("rtsps://h/1", "tcp", False),
        ("rtsp://h/1", "tls", False),
        ("clip:campus", "tcp", True),
        ("rtsp://h/1", "sctp", False),
    ],
)
def test_transport_and_address_go_together(address: str, transport: str, good: bool) -> None:
    assert (transport_problem(address, transport) == "") == good


@pytest.mark.parametrize(
    ("filing", "signage", "private", "lawful"),
    [
        ("B1", True, False, True),
        ("", True, False, False),
        ("B1", False, False, False),
        ("B1", True, True, False),
    ],
)
def test_what_the_law_asks_of_a_camera(
    filing: str, signage: bool, private: bool, lawful: bool
) -> None:
    problems = unlawful(filing_number=filing, signage=signage, private_space=private)
    assert (not problems) == lawful


@pytest.mark.parametrize(
    ("state", "heard", "active", "shown"),
    [
        ("running", NOW, True, "running"),
        ("running", NOW - 2 * MINUTE, True, "offline"),
        ("running", None, True, "unknown"),
        ("running", NOW, False, "off"),
    ],
)
def test_silence_is_never_the_last_good_state(
    state: str, heard: Any, active: bool, shown: str
) -> None:
    assert present_state(state, heard, NOW, MINUTE, active) == shown


@pytest.mark.parametrize(
    ("state", "sight", "looks", "daylight", "steered", "problem"),
    [
        ("running", "clear", 5.0, True, False, ""),
        ("running", "unknown", 5.0, True, False, ""),
        ("running", "covered", 5.0, True, False, "covered"),
        ("running", "moved", 5.0, True, True, ""),
        ("running", "dark", 5.0, True, True, "dark"),
        ("running", "dark", 5.0, False, False, ""),
        ("running", "clear", 0.4, True, False, "seldom"),
        ("running", "moved", 0.0, True, True, "seldom"),
        ("running", "covered", 0.4, True, False, "covered"),
        ("reconnecting", "covered", 0.0, True, False, "reconnecting"),
        ("starting", "covered", 0.0, True, False, "starting"),
        ("offline", "clear", 0.0, True, False, "offline"),
    ],
)
def test_what_is_the_matter_with_a_camera(
    state: str, sight: str, looks: float, daylight: bool, steered: bool, problem: str
) -> None:
    assert problem_of(state, sight, looks, daylight=daylight, steered=steered) == problem


@given(st.lists(st.tuples(st.sampled_from(["", *STAYING]), st.integers(1, 200)), max_size=30))
def test_a_person_hears_of_what_has_lasted_and_of_nothing_that_is_over(
    told: list[tuple[str, int]],
) -> None:
    course, now, ill_since = Course(), NOW, None
    for problem, seconds in told:
        now += timedelta(seconds=seconds)
        ill_since = (ill_since or now) if problem else None
        course = goes_to(course, problem, now, 5 * MINUTE)
        lasted = ill_since is not None and now - ill_since >= 5 * MINUTE
        assert course.trouble == (problem if lasted else "")
        assert (course.since is None) == (ill_since is None)


def test_eyes_that_were_started_anew_are_given_their_time() -> None:
    covered = Course(problem="covered", since=NOW - 90 * MINUTE, trouble="covered")
    starting = goes_to(covered, "starting", NOW, 30 * MINUTE)
    assert starting == Course(problem="starting", since=NOW, trouble="covered")
    assert goes_to(starting, "starting", NOW + 31 * MINUTE, 30 * MINUTE).trouble == "starting"


def test_what_stops_the_picture_is_more_urgent_than_what_spoils_it() -> None:
    assert [urgency_of(one) for one in TROUBLES] == sorted(urgency_of(one) for one in TROUBLES)
    assert urgency_of("") < urgency_of("blurred") < urgency_of("covered") < urgency_of("offline")
    assert set(TROUBLE_LABELS) == set(TROUBLE_ADVICE) == set(TROUBLES)


GOOD = {"kind": "dwell", "objects": ["car"], "seconds": 5, "count": 1, "grace": 2, "scene": ""}


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"kind": "stare"}, False),
        ({"objects": []}, False),
        ({"objects": ["<b>"]}, False),
        ({"seconds": 0}, False),
        ({"seconds": 0, "kind": "enter"}, True),
        ({"objects": [], "kind": "left"}, True),
        ({"seconds": 0, "kind": "left"}, False),
        ({"objects": [], "seconds": 0, "kind": "fall"}, True),
        ({"seconds": float("inf")}, False),
        ({"count": 0}, False),
        ({"grace": -1}, False),
        ({"scene": "x" * 21}, False),
        ({"begins": 1320, "ends": 360}, True),
        ({"begins": 1320}, False),
        ({"ends": 0}, False),
        ({"begins": 360, "ends": 360}, False),
        ({"begins": 0, "ends": 1440}, False),
        ({"least_score": 0.6}, True),
        ({"least_score": 1.01}, False),
        ({"least_score": float("nan")}, False),
    ],
)
def test_rules_of_a_zone(change: dict[str, Any], good: bool) -> None:
    problem = watch_problem(**{**GOOD, **change})
    assert (problem is None) == good
    assert problem is None or problem.field in {*change, "begins", "ends"}


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("", None), ("-1", None), ("²", None), ("9" * 19, None)]
)
def test_numbers_that_outsiders_name(text: str, number: int | None) -> None:
    assert row_id(text) == number


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_eyes_find_the_matter_is_said_in_chinese(fault: str) -> None:
    said = fault_sentence(fault, "The camera is gone (timed out).")
    words, _, detail = said.partition("原话：")
    assert not any(letter.isascii() and letter.islower() for letter in words)
    assert words.endswith("。")
    assert detail == ("The camera is gone (timed out)." if fault in FAULT_DETAILS else "")


def test_a_fault_that_is_not_known_yet_stays_readable() -> None:
    assert {*FAULT_SENTENCES} == {*FAULTS}
    assert fault_sentence("of-later-eyes", "The lens is gone.") == "The lens is gone."
    assert fault_sentence("", "") == ""
