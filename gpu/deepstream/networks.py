"""A model in the cache, as nvinfer takes it: the graph, where its engine lies, its labels.

One folder for each model and precision, named after its checksum. The engine is called as nvinfer
would call its own, beside the graph: else it builds one at every start.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from gpu.deepstream.configs import EFFICIENTDET, RTDETR
from gpu.deepstream.locking import locked
from gpu.deepstream.spec import Network, Settings
from gpu.disk import write_whole
from gpu.manifests import Manifest, Model, ModelError

EXPORT = 1  # counted up when what `export` writes changes
DETR_OUTPUTS = ("pred_logits", "pred_boxes")


def network(model: Model, cache: Path, cameras: int, settings: Settings) -> Network:
    """Prepares the graph if it is not there; the engine may still be missing. Raises ModelError."""
    typed = is_typed(model)
    folder = cache / folder_name(model, settings.precision if typed else "given")
    folder.mkdir(parents=True, exist_ok=True)
    onnx = folder / f"{model.manifest.name}.onnx"
    with locked(folder):
        if not onnx.is_file():
            _prepare(model, onnx, half=settings.precision == "fp16")
    made = _exported(model, onnx, engine_path(onnx, cameras, settings))
    return made if typed else _as_it_is(model, made)


def folder_name(model: Model, precision: str) -> str:
    """Another manifest may read the same file differently: its words count as well."""
    words = repr((EXPORT, model.manifest, model.objects))
    digest = hashlib.sha256(words.encode()).hexdigest()
    return f"{model.manifest.name}-{digest[:12]}-{precision}"


def engine_path(onnx: Path, cameras: int, settings: Settings) -> Path:
    return Path(f"{onnx}_b{cameras}_gpu{settings.gpu}_{settings.precision}.engine")


def is_typed(model: Model) -> bool:
    """Whether the graph says itself in how many bits it computes."""
    return model.manifest.output.decoder != "detr"


def _prepare(model: Model, onnx: Path, *, half: bool) -> None:
    if not is_typed(model):
        _check_detr(model.manifest, model.path)
        write_whole(onnx, model.path.read_bytes())
        return
    try:
        from gpu.deepstream.export import export
    except ImportError as error:
        raise ModelError(
            f"{model.path}: {error.name} is needed to prepare a model; "
            "pip install the extra 'engine'."
        ) from None
    export(model, onnx, half=half)


def _exported(model: Model, onnx: Path, engine: Path) -> Network:
    """Classes are numbered as the manifest's objects are; scale and shift are in the graph."""
    entry, output = model.manifest.input, model.manifest.output
    names = tuple(name for _, name in model.objects)
    return Network(
        tag=model.tag,
        onnx=onnx,
        engine=engine,
        labels=names,
        classes=tuple(enumerate(names)),
        parser=EFFICIENTDET,
        width=entry.width,
        height=entry.height,
        colours=entry.colours,
        letterbox=entry.fit == "letterbox",
        score=output.score,
        keep=output.keep,
    )


def _as_it_is(model: Model, made: Network) -> Network:
    """RT-DETR or D-FINE: nvinfer makes scale * (pixel - offset), NVIDIA's parser decodes.

    nvinfer suppresses within each class alone, the CPU among all of them.
    """
    manifest = model.manifest
    return replace(
        made,
        labels=model.labels,
        classes=model.objects,
        parser=RTDETR,
        scale=manifest.input.scale,
        offset=-manifest.input.shift / manifest.input.scale + 0.0,
        overlap=manifest.output.overlap,
    )


def _check_detr(manifest: Manifest, path: Path) -> None:
    if manifest.output.names != DETR_OUTPUTS:
        raise ModelError(f"{path}: NVIDIA's parser reads outputs called {list(DETR_OUTPUTS)} only.")
    if manifest.input.layout != "NCHW":
        raise ModelError(f"{path}: DeepStream gives channels first; export the model as NCHW.")
