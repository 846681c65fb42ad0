"""Detection for all cameras: a few threads, each camera in its turn, the newest pictures first."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from gpu.cpu.network import AT_ONCE, Network, Prepared
from gpu.manifests import ModelError, find
from gpu.pipeline import Seen

Answer = Future[tuple[Seen, ...] | None]

WAITING_AT_MOST = 2  # pictures of one camera
TOO_OLD = 1.0  # seconds after which a live picture is not worth looking at


@dataclass(frozen=True, kw_only=True)
class Job:
    network: Network
    picture: Prepared
    answer: Answer
    asked_at: float
    live: bool


class Detector:
    """Answers are tuples of what was seen, or None when newer pictures overtook this one."""

    def __init__(
        self, folders: Iterable[Path] = (), threads: int | None = None, *, exact: bool = False
    ) -> None:
        self._folders, self._exact = tuple(folders), exact
        self._networks: dict[str, Network] = {}
        self._queues: OrderedDict[str, deque[Job]] = OrderedDict()
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._closed = False
        self.threads = [
            threading.Thread(target=self._work, name=f"detect-{number}", daemon=True)
            for number in range(threads or AT_ONCE)
        ]
        for thread in self.threads:
            thread.start()

    def network(self, name: str | None) -> Network:
        """Load a model once for all cameras; raises ModelError."""
        with self._loading:
            model = find(name, self._folders)
            if model.tag not in self._networks:
                self._networks[model.tag] = Network(model, exact=self._exact)
            return self._networks[model.tag]

    def keep(self, names: Iterable[str | None]) -> None:
        """Let go of the networks that none of these models has, but of the default's; what is
        under way holds its own until it is done."""
        wanted = {tag for name in {None, *names} if (tag := _tag(name, self._folders))}
        for tag in list(self._networks):
            if tag not in wanted:
                self._networks.pop(tag, None)

    def milliseconds(self, tag: str) -> float | None:
        """How long a picture takes the model of that tag; None while nobody asked it."""
        network = self._networks.get(tag)
        return network.milliseconds if network else None

    def submit(self, who: str, network: Network, picture: Prepared, *, live: bool) -> Answer:
        """Ask about one picture. Live ones push the oldest out; others wait for their place.

        The caller prepares it: what was just decoded still lies in its processor's cache.
        """
        job = Job(
            network=network, picture=picture, answer=Future(), asked_at=time.monotonic(), live=live
        )
        with self._changed:
            queue = self._queues.setdefault(who, deque())
            while not live and len(queue) >= WAITING_AT_MOST and not self._closed:
                self._changed.wait()
                queue = self._queues.setdefault(who, deque())
            while len(queue) >= WAITING_AT_MOST:
                queue.popleft().answer.set_result(None)
            if self._closed:
                job.answer.set_result(None)
            else:
                queue.append(job)
            self._changed.notify_all()
        return job.answer

    def look(self, who: str, network: Network, picture: Prepared) -> tuple[Seen, ...] | None:
        """Ask and wait; None only while closing."""
        return self.submit(who, network, picture, live=False).result()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            for queue in self._queues.values():
                while queue:
                    queue.popleft().answer.set_result(None)
            self._changed.notify_all()
        for thread in self.threads:
            thread.join(timeout=0.5)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job.answer.set_result(_answer(job))
            except Exception as error:  # whoever asked must hear of it, whatever it was
                job.answer.set_exception(error)

    def _next(self) -> Job | None:
        with self._changed:
            while not self._closed:
                for who, queue in self._queues.items():
                    if queue:
                        self._queues.move_to_end(who)
                        self._changed.notify_all()
                        return queue.popleft()
                    del self._queues[who]
                    break
                else:
                    self._changed.wait()
            return None


def _tag(name: str | None, folders: Iterable[Path]) -> str:
    """Of the model as it is now; "" while it cannot be used."""
    try:
        return find(name, folders).tag
    except ModelError:
        return ""


def _answer(job: Job) -> tuple[Seen, ...] | None:
    if job.live and time.monotonic() - job.asked_at > TOO_OLD:
        return None
    return job.network.look(job.picture)
