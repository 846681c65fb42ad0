"""The command line of the eyes: `python -m gpu watch | bench | models`, each with `--help`."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from gpu.manifests import ModelError, load, manifests


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
    models = commands.add_parser("models", help="list the models and check their files")
    _add_models(models)
    models.set_defaults(run=_models)
    return parser


def _add_watch(watch: argparse.ArgumentParser) -> None:
    where = watch.add_mutually_exclusive_group(required=True)
    where.add_argument("--server", help="the server's address; it says which cameras to watch")
    where.add_argument("--source", help="a file, clip:campus or an rtsp:// address; no server")
    served = watch.add_argument_group("with --server")
    served.add_argument("--token-file", type=Path, help="holds the worker's token")
    served.add_argument("--spool", type=Path, help="a folder for what is not sent yet")
    served.add_argument("--name", default="", help="what the worker is called (default: the host)")
    alone = watch.add_argument_group("with --source")
    alone.add_argument("--zones", type=Path, help="JSON: a list of zones, or a camera with zones")
    alone.add_argument("--loop", action="store_true", help="play a file again and again")
    alone.add_argument("--fast", action="store_true", help="play a file as fast as it goes")
    alone.add_argument("--pictures", type=Path, help="a folder for the blurred pictures")
    watch.add_argument("--threads", type=int, help="detections at a time (default: one a core)")
    _add_models(watch)
    watch.set_defaults(run=_watch)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models", type=Path, action="append", default=[], help="a folder with more models"
    )


def _watch(options: argparse.Namespace) -> int:
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
        ),
        stop,
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


def _models(options: argparse.Namespace) -> int:
    """Exit code 1 if any is unusable."""
    wrong = 0
    for path in manifests(options.models):
        try:
            model = load(path)
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
