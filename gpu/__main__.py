"""The command line of the eyes: `python -m gpu watch | bench | quality | compare | …`."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from gpu.manifests import ModelError, load, manifests

if TYPE_CHECKING:
    from gpu.deepstream.running import Options as GpuOptions


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would log each call
    try:
        return int(options.run(options))
    except (ValueError, OSError) as error:
        print(f"gpu: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gpu", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _add_watch(
        commands.add_parser("watch", help="watch cameras, for a server or on standard output")
    )
    bench = commands.add_parser("bench", help="compare the pipeline with a plain loop")
    bench.add_argument("--seconds", type=float, default=60, help="about how long (default 60)")
    bench.set_defaults(run=_bench)
    quality = commands.add_parser("quality", help="how good a model is on the labelled clip")
    _add_quality(quality)
    _add_compare(commands.add_parser("compare", help="two models on the same recording"))
    models = commands.add_parser("models", help="list the models and check their files")
    _add_models(models)
    models.set_defaults(run=_models)
    _add_engine(commands.add_parser("engine", help="prepare a model for TensorRT and DeepStream"))
    doctor = commands.add_parser("doctor", help="say what this machine lacks to use its GPU")
    _add_which(doctor)
    doctor.set_defaults(run=_doctor)
    return parser


def _add_quality(quality: argparse.ArgumentParser) -> None:
    quality.add_argument("--model", help="its name (default: the bundled one)")
    quality.add_argument("--keep", action="store_true", help="keep the result for its card")
    _add_models(quality)
    quality.set_defaults(run=_quality)


def _add_compare(compare: argparse.ArgumentParser) -> None:
    compare.add_argument("clip", type=Path, help="a recording, or clip:campus")
    compare.add_argument("--a", help="a model's name (default: the bundled one)")
    compare.add_argument("--b", required=True, help="another model's name")
    compare.add_argument("--out", type=Path, required=True, help="a folder for the report")
    compare.add_argument(
        "--every", type=_between(1, 250), default=5, help="look at every n-th frame (default 5)"
    )
    _add_models(compare)
    compare.set_defaults(run=_compare)


def _add_engine(engine: argparse.ArgumentParser) -> None:
    engine.add_argument("action", choices=["build"])
    engine.add_argument("--model", help="its name (default: the bundled one)")
    engine.add_argument(
        "--cameras", type=_between(1, 64), default=16, help="of one shard, at most (default 16)"
    )
    engine.add_argument("--graph-only", action="store_true", help="write the graph, build nothing")
    _add_gpu(engine)
    _add_models(engine)
    engine.set_defaults(run=_engine)


def _add_gpu(parser: argparse._ActionsContainer) -> None:
    _add_which(parser)
    parser.add_argument("--precision", choices=["fp16", "fp32"], default="fp16")


def _add_which(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--gpu", type=_between(0, 255), default=0, help="which one (default 0)")
    parser.add_argument(
        "--cache", type=Path, default=Path("engines"), help="a folder for graphs and engines"
    )


def _between(low: int, high: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"a whole number from {low} to {high}")
        return number

    return whole


def _more_than_none(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < inf:
        raise argparse.ArgumentTypeError("a number above 0")
    return number


def _add_watch(watch: argparse.ArgumentParser) -> None:
    where = watch.add_mutually_exclusive_group(required=True)
    where.add_argument("--server", help="the server's address; it says which cameras to watch")
    where.add_argument(
        "--source",
        help="a file, clip:campus, an rtsp:// address, or env:NAME that holds it",
    )
    served = watch.add_argument_group("with --server")
    served.add_argument("--token-file", type=Path, help="holds the worker's token")
    served.add_argument("--spool", type=Path, help="a folder for what is not sent yet")
    served.add_argument("--name", default="", help="what the worker is called (default: the host)")
    alone = watch.add_argument_group("with --source")
    alone.add_argument("--zones", type=Path, help="JSON: a list of zones, or a camera with zones")
    alone.add_argument("--loop", action="store_true", help="play a file again and again")
    alone.add_argument("--fast", action="store_true", help="play a file as fast as it goes")
    alone.add_argument("--pictures", type=Path, help="a folder for the blurred pictures")
    watch.add_argument(
        "--threads", type=_between(0, 64), help="detections at a time (default: one a core)"
    )
    deep = watch.add_argument_group("with --server and DeepStream")
    deep.add_argument("--deepstream", action="store_true", help="use the GPU")
    deep.add_argument(
        "--cameras", type=_between(1, 64), default=16, help="of one process, at most (default 16)"
    )
    deep.add_argument(
        "--record", type=Path, help="a folder for recordings: originals, see the docs"
    )
    deep.add_argument(
        "--record-days", type=_more_than_none, default=30.0, help="then they go (default 30)"
    )
    deep.add_argument(
        "--record-gigabytes",
        type=_more_than_none,
        default=50.0,
        help="the oldest go when all are larger (default 50)",
    )
    _add_gpu(deep)
    _add_models(watch)
    watch.set_defaults(run=_watch)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models", type=Path, action="append", default=[], help="a folder with more models"
    )


def _watch(options: argparse.Namespace) -> int:
    if options.deepstream and not options.server:
        raise ValueError("--deepstream needs --server; without one, use the CPU's back end.")
    stop = _stopped_by_signals()
    return _serve(options, stop) if options.server else _stand_alone(options, stop)


def _serve(options: argparse.Namespace, stop: threading.Event) -> int:
    from gpu.served import Options, serve

    if options.token_file is None or options.spool is None:
        raise ValueError("--server needs --token-file and --spool as well.")
    return serve(
        Options(
            server=options.server,
            token_file=options.token_file,
            spool=options.spool,
            models=tuple(options.models),
            name=options.name,
            threads=options.threads,
            gpu=_shards(options) if options.deepstream else None,
        ),
        stop,
    )


def _shards(options: argparse.Namespace) -> "GpuOptions":
    from gpu.deepstream.running import Options as GpuOptions
    from gpu.deepstream.spec import Recording, Settings

    recording = None
    if options.record:
        recording = Recording(
            folder=options.record.absolute(),
            days=options.record_days,
            gigabytes=options.record_gigabytes,
        )
    return GpuOptions(
        models=tuple(options.models),
        cache=options.cache.absolute(),
        folder=(options.spool / "shards").absolute(),
        most=options.cameras,
        settings=Settings(gpu=options.gpu, precision=options.precision, recording=recording),
    )


def _stand_alone(options: argparse.Namespace, stop: threading.Event) -> int:
    from gpu.cpu.detect import Detector
    from gpu.standalone import camera, watch

    chosen = camera(options.source, options.zones, loop=options.loop)
    detector = Detector(options.models, options.threads)
    return watch(chosen, detector, stop, live=not options.fast, pictures=options.pictures)


def _bench(options: argparse.Namespace) -> int:
    from gpu.bench import bench

    return bench(options.seconds)


def _quality(options: argparse.Namespace) -> int:
    """Sentences, then all as JSON on the last line."""
    from gpu import quality
    from gpu.cpu.network import Network
    from gpu.manifests import find

    network = Network(find(options.model, options.models), exact=True)
    measured = quality.measure(network, quality.truth())
    if options.keep:
        print(quality.keep(measured, network.model), file=sys.stderr)
    print("\n".join(quality.report(measured)), file=sys.stderr)
    print(json.dumps(measured.to_json()))
    return 0


def _compare(options: argparse.Namespace) -> int:
    """The report's path, then all as JSON on the last line."""
    from gpu.compare import Pair, compare
    from gpu.cpu.decode import SourceError
    from gpu.cpu.network import Network
    from gpu.manifests import find
    from gpu.pipeline import resolved

    a, b = (Network(find(name, options.models)) for name in (options.a, options.b))
    pair = Pair(a=a, b=b, cover=Network(find(None)))
    clip = Path(resolved(str(options.clip), [Path.cwd()]))
    try:
        report = compare(clip, pair, options.out, every=options.every)
    except SourceError as error:
        raise ValueError(str(error)) from None
    print(options.out / "index.html", file=sys.stderr)
    print(json.dumps(report, ensure_ascii=False))
    return 0


def _engine(options: argparse.Namespace) -> int:
    """The last line is the engine's path, or the graph's."""
    from gpu.deepstream import engines, networks
    from gpu.deepstream.building import have_engine
    from gpu.deepstream.spec import Settings
    from gpu.manifests import find

    settings = Settings(gpu=options.gpu, precision=options.precision)
    model = find(options.model, options.models)
    network = networks.network(model, options.cache.absolute(), options.cameras, settings)
    if options.graph_only:
        print(network.onnx)
        return 0
    try:
        network = have_engine(model, network, options.cameras, settings)
    except engines.EngineError as error:
        raise ValueError(str(error)) from None
    print(network.engine)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from gpu.deepstream.doctor import examine

    return examine(options.cache.absolute(), options.gpu, print)


def _models(options: argparse.Namespace) -> int:
    """Exit code 1 if any is unusable. Each is run once: a file may be whole and still not fit."""
    from gpu.cpu.network import Network

    wrong = 0
    for path in manifests(options.models):
        try:
            model = Network(load(path)).model
            print(f"{model.tag}  {model.manifest.licence}  {model.manifest.origin}")
        except ModelError as error:
            wrong = 1
            print(f"unusable: {error}")
    return wrong


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # threads may still sit in a camera's socket; none of them needs to end well
