"""Sources: files at the speed of life, broken ones, and a real RTSP server where there is one."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu.addresses import without_secret
from gpu.cpu.camera import Camera
from gpu.cpu.decode import Lag, SourceError, Stream
from gpu.messages import Camera as CameraMessage
from gpu.pipeline import CLIPS, Decode, Line, Source, line, resolved

Clip = Callable[..., Path]
GREY = np.full((96, 96), 128, np.uint8)  # 96 wide, 64 high, with its colours below


def stream(
    address: Any, *, loop: bool = False, live: bool = False, stop: threading.Event | None = None
) -> Stream:
    source = Source(camera_id="c", address=str(address), loop=loop)
    return Stream(source, Decode(live=live), stop or threading.Event())


def test_a_file_is_played_whole_with_even_times(clip: Clip) -> None:
    frames = list(stream(clip(10, 10)).frames())
    steps = [after.at - before.at for before, after in pairwise(frames)]
    assert steps == pytest.approx([0.1] * 9, abs=1e-5)
    assert [frame.fresh for frame in frames] == [True] + [False] * 9


def test_a_loop_goes_on_in_time_and_says_where_it_jumps(clip: Clip) -> None:
    frames = list(islice(stream(clip(10, 10), loop=True).frames(), 25))
    steps = [after.at - before.at for before, after in pairwise(frames)]
    assert steps == pytest.approx([0.1] * 24, abs=1e-5)
    assert [number for number, frame in enumerate(frames) if frame.fresh] == [0, 10, 20]


def test_a_live_file_takes_as_long_as_it_lasts(clip: Clip) -> None:
    started = time.monotonic()
    frames = list(stream(clip(10, 10), live=True).frames())
    assert 0.85 < time.monotonic() - started < 5
    assert len(frames) == 10


def test_who_is_slow_misses_frames_but_not_time(clip: Clip, monkeypatch: Any) -> None:
    monkeypatch.setattr("gpu.cpu.decode.LATE", 0.1)
    playing = stream(clip(20, 20), live=True)
    started = time.monotonic()
    frames = []
    for frame in playing.frames():
        frames.append(frame)
        time.sleep(0.25)
    assert time.monotonic() - started < 2.5
    assert len(frames) < 12
    assert playing.dropped == 20 - len(frames)


def test_who_never_catches_up_still_sees_a_frame_now_and_then(clip: Clip) -> None:
    playing = stream(clip(10, 10), live=True)
    late = [playing._too_late(2.0) for _ in range(50) if time.sleep(0.02) is None]  # type: ignore[func-returns-value]
    assert late.count(False) in (1, 2)
    assert playing.dropped == late.count(True)


def test_stopping_ends_a_live_file_at_once(clip: Clip) -> None:
    stop = threading.Event()
    playing = stream(clip(10, 1), live=True, stop=stop)
    threading.Timer(0.2, stop.set).start()
    started = time.monotonic()
    list(playing.frames())
    assert time.monotonic() - started < 1


def broken(tmp_path: Path, clip: Clip, kind: str) -> Path:
    path = tmp_path / "broken.mp4"
    data = clip(10, 10).read_bytes()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_bytes(b"this is no video " * 100)
    elif kind == "half":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "sound":
        path.write_bytes(_sound())
    return path


def _sound() -> bytes:
    import io
    import wave

    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "half", "sound"])
def test_what_is_no_video_is_one_sentence(tmp_path: Path, clip: Clip, kind: str) -> None:
    with pytest.raises(SourceError) as caught:
        list(stream(broken(tmp_path, clip, kind), loop=True).frames())
    sentence = str(caught.value)
    assert "broken.mp4" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_broken_packets_in_between_are_counted_and_passed_over(tmp_path: Path, clip: Clip) -> None:
    data = bytearray(CLIPS.joinpath("campus.mp4").read_bytes()[:])
    middle = len(data) // 2
    data[middle : middle + 4000] = b"\xff" * 4000
    path = tmp_path / "scratched.mp4"
    path.write_bytes(data)
    playing = stream(path)
    frames = list(playing.frames())
    assert len(frames) > 600
    assert frames == sorted(frames, key=lambda frame: frame.at)


def test_a_playlist_cannot_send_the_worker_anywhere_else(tmp_path: Path) -> None:
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceError, match=r"list\.m3u8"):
        list(stream(path).frames())


@pytest.mark.parametrize(
    "address",
    ["admin:secret@127.0.0.1:9/1", "a:se/secret@127.0.0.1:9/1", "127.0.0.1:9/1?token=secret"],
)
def test_an_unreachable_camera_is_named_without_its_password(address: str) -> None:
    with pytest.raises(SourceError) as caught:
        list(stream(f"rtsp://{address}").frames())
    assert "rtsp://127.0.0.1:9/1 cannot be reached" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_sources_are_found_where_they_are_meant(tmp_path: Path) -> None:
    campus = str(CLIPS / "campus.mp4")
    assert resolved("clip:campus") == resolved("campus.mp4") == campus
    assert resolved("gpu/clips/campus.mp4") == campus
    assert resolved(str(tmp_path / "a.mp4")) == str(tmp_path / "a.mp4")
    assert resolved("RTSP://host/1") == "rtsp://host/1", "FFmpeg knows no other"
    (tmp_path / "mine.mp4").touch()
    assert resolved("mine.mp4", [tmp_path]) == str(tmp_path / "mine.mp4")


def test_passwords_stay_out_of_sentences() -> None:
    assert without_secret("rtsp://u:p@h/1 and rtsps://x@y:3/z") == "rtsp://h/1 and rtsps://y:3/z"


# ---------------------------------------------------------------------------------------- cameras


def camera(detector: Any, source: Any, *, live: bool = False, **changes: Any) -> Camera:
    message = CameraMessage(id="c", name="c", source=str(source), **changes)
    made: Line = line(message, live=live)
    return Camera(made, detector, lambda *_: None)


def test_a_camera_with_a_bad_model_says_so_and_goes_on_trying(
    detector: Any, clip: Clip, until: Any
) -> None:
    made = camera(detector, clip(), model="ssd_mobilenet")
    made.start()
    until(lambda: made.vitals.health().reconnects > 0)
    made.stop(gone=True)
    health = made.vitals.health()
    assert health.state == "failed"
    assert "did you mean 'ssd_mobilenet_v2_coco'?" in health.error


def test_a_camera_whose_looks_fail_is_not_running_between_them_and_fills_no_log(
    clip: Clip, until: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from gpu.cpu import detect

    bad = True

    def fails(_: Any) -> tuple[()]:
        if bad:
            raise RuntimeError("no memory")
        return ()

    monkeypatch.setattr(detect, "_answer", fails)
    broken, states = detect.Detector(threads=1), set()
    made = camera(broken, clip(40, 40), live=True, loop=True, detect_every=5)
    made.start()
    until(lambda: made.vitals.state == "failed")
    total = made.vitals.frames.total
    until(lambda: states.add(made.vitals.state) or made.vitals.frames.total > total + 40)
    assert states == {"failed"}
    assert made.vitals.health().fault == "following"
    said = [record.levelname for record in caplog.records if "no memory" in record.getMessage()]
    assert said == ["ERROR"]
    bad = False
    until(lambda: made.vitals.state == "running")
    made.stop(gone=True)
    broken.close()


def test_a_file_that_ends_is_said_to_have_ended(detector: Any, clip: Clip, until: Any) -> None:
    made = camera(detector, clip(10, 10), detect_every=3)
    made.start()
    until(lambda: made.vitals.state == "ended")
    assert made.vitals.detections.total == 4
    assert made.vitals.frames.total == 10
    made.stop(gone=True)


def test_a_live_camera_never_waits_for_a_slow_detector(clip: Clip, until: Any) -> None:
    from concurrent.futures import Future

    from gpu.cpu.detect import Detector

    class Stuck(Detector):
        def submit(self, *_: Any, **__: Any) -> Any:
            return Future()

    slow = Stuck(threads=1)
    made = camera(slow, clip(40, 40), live=True, detect_every=1)
    made.start()
    until(lambda: made.vitals.health().dropped > 20)
    assert made._ahead.qsize() <= 8
    made.stop(gone=False)
    slow.close()


def test_the_detector_serves_every_camera_in_its_turn_and_drops_the_oldest() -> None:
    from gpu.cpu.detect import Detector

    asked = Detector(threads=1)
    asked.close()  # nobody works: the queues are looked at as they are
    asked._closed = False
    answers = [asked.submit("busy", None, number, live=True) for number in range(5)]  # type: ignore[arg-type]
    asked.submit("quiet", None, 9, live=True)  # type: ignore[arg-type]
    assert [answer.done() for answer in answers] == [True, True, True, False, False]
    order = [asked._next() for _ in range(3)]
    assert [job.picture for job in order if job] == [3, 9, 4]


def test_a_quiet_camera_keeps_its_looks_beside_greedy_ones(
    monkeypatch: pytest.MonkeyPatch, until: Any
) -> None:
    """The detector manages 16 pictures a second; three cameras ask for 30, the fourth for 2."""
    from gpu.cpu import detect

    def slowly(_: Any) -> tuple[()]:
        time.sleep(0.06)
        return ()

    monkeypatch.setattr(detect, "_answer", slowly)
    shared = detect.Detector(threads=1)
    clip = CLIPS / "campus.mp4"
    greedy = [camera(shared, clip, live=True, loop=True, detect_every=1) for _ in range(3)]
    quiet = camera(shared, clip, live=True, loop=True, detect_every=5)
    for index, each in enumerate((*greedy, quiet)):
        each.line = replace(each.line, source=replace(each.line.source, camera_id=f"c{index}"))
        each.start()
    until(lambda: quiet.vitals.detections.total >= 8, 30)
    looks = [each.vitals.detections.total for each in greedy]
    for each in (*greedy, quiet):
        each.stop(gone=True)
    shared.close()
    assert max(looks) < 2 * min(looks)
    assert max(looks) < 4 * quiet.vitals.detections.total
    assert quiet.vitals.health().dropped <= sum(each.vitals.health().dropped for each in greedy) / 6


def test_a_live_camera_in_which_nothing_moves_is_looked_at_now_and_then(
    detector: Any, tmp_path: Path, until: Any
) -> None:
    import av

    still = tmp_path / "still.mp4"
    with av.open(str(still), "w") as out:
        track = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        track.width, track.height, track.pix_fmt = 96, 64, "yuv420p"
        for _ in range(60):
            out.mux(track.encode(av.VideoFrame.from_ndarray(GREY, format="yuv420p")))
        out.mux(track.encode(None))
    asked = []

    class Counted(type(detector)):  # type: ignore[misc]
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            asked.append(1)
            return detector.submit(*args, **kwargs)

        def network(self, name: str | None) -> Any:
            return detector.network(name)

    counted = Counted.__new__(Counted)
    made = camera(counted, still, live=True, detect_every=1)
    made.start()
    until(lambda: made.vitals.state == "ended", 20)
    assert made.vitals.detections.total > 20  # each frame has its answer
    assert len(asked) <= 4
    made.stop(gone=True)


def test_frames_that_come_late_are_told_from_a_clock_that_jumps_or_drifts() -> None:
    lag = Lag()
    assert [lag.of(at, at + 0.3) for at in (0.0, 0.04, 0.08)] == pytest.approx([0, 0, 0])
    assert lag.of(1.0, 2.8) == pytest.approx(1.5, abs=0.01)  # it waited somewhere
    assert lag.of(3.0, 3.3) == pytest.approx(0, abs=0.01)  # and caught up
    assert lag.of(1003.0, 3.4) == 0  # forward
    assert lag.of(3.0, 3.5) == 0  # back
    assert lag.of(None, 3.6) == 0
    for step in (-4.9, -3.0, -1.5, -0.5, 1.5, 4.9):
        lag, times = Lag(), [number / 25 for number in range(100)]
        late = [lag.of(at + (step if at > 2 else 0), at) for at in times]
        assert max(late) < 0.01, f"set by {step} s"
    slow = Lag()  # loses a second in an hour, and is not late after days
    assert max(slow.of(at * (1 - 1 / 3600), float(at)) for at in range(0, 200_000, 5)) < 0.01
