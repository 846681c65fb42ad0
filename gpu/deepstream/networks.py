"""A model in the cache, as nvinfer takes it: the graph, where its engine lies, its labels.

One folder for each model and precision, named after its checksum. The engine is called as nvinfer
would call its own, beside the graph: else it builds one at every start.
"""

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

from gpu.deepstream.locking import locked
from gpu.deepstream.spec import Network, Settings
from gpu.manifests import Manifest, Model, ModelError

EXPORT = 1  # counted up when what `export` writes changes
EFFICIENTDET, RTDETR = "NvDsInferParseCustomEfficientDetTAO", "NvDsInferParseCustomRTDETRTAO"
DETR_OUTPUTS = ("pred_logits", "pred_boxes")


def network(model: Model, cache: Path, cameras: int, settings: Settings) -> Network:
    """Prepares the graph if it is not there; the engine may still be missing. Raises ModelError."""
    ready = model.manifest.output.decoder != "detr"
    folder = cache / folder_name(model, settings.precision if ready else "given")
    folder.mkdir(parents=True, exist_ok=True)
    onnx = folder / f"{model.manifest.name}.onnx"
    with locked(folder):
        if not onnx.is_file():
            _prepare(model, onnx, half=settings.precision == "fp16")
    made = _exported(model, onnx) if ready else _as_it_is(model, onnx)
    return replace(made, engine=engine_path(onnx, cameras, settings))


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
        beside = onnx.with_suffix(".tmp")
        shutil.copyfile(model.path, beside)
        os.replace(beside, onnx)
        return
    try:
        from gpu.deepstream.export import export
    except ImportError as error:
        raise ModelError(
            f"{model.path}: {error.name} is needed to prepare a model; "
            "pip install the extra 'engine'."
        ) from None
    export(model, onnx, half=half)


def _exported(model: Model, onnx: Path) -> Network:
    """Classes are numbered as the manifest's objects are; scale and shift are in the graph."""
    manifest = model.manifest
    return Network(
        tag=model.tag,
        onnx=onnx,
        engine=onnx,
        labels=tuple(name for _, name in model.objects),
        classes=tuple(enumerate(name for _, name in model.objects)),
        parser=EFFICIENTDET,
        width=manifest.input.width,
        height=manifest.input.height,
        colours=manifest.input.colours,
        letterbox=manifest.input.fit == "letterbox",
        score=manifest.output.score,
        keep=manifest.output.keep,
    )


def _as_it_is(model: Model, onnx: Path) -> Network:
    """RT-DETR or D-FINE: nvinfer makes scale * (pixel - offset), NVIDIA's parser decodes."""
    manifest = model.manifest
    names = dict(model.objects)
    count = max(names) + 1
    labels = (model.path.parent / manifest.labels).read_text("utf-8").splitlines()
    return Network(
        tag=model.tag,
        onnx=onnx,
        engine=onnx,
        labels=tuple(labels) if len(labels) >= count else tuple(map(str, range(count))),
        classes=model.objects,
        parser=RTDETR,
        width=manifest.input.width,
        height=manifest.input.height,
        scale=manifest.input.scale,
        offset=-manifest.input.shift / manifest.input.scale + 0.0,
        colours=manifest.input.colours,
        letterbox=manifest.input.fit == "letterbox",
        score=manifest.output.score,
        keep=manifest.output.keep,
    )


def _check_detr(manifest: Manifest, path: Path) -> None:
    if manifest.output.names != DETR_OUTPUTS:
        raise ModelError(f"{path}: NVIDIA's parser reads outputs called {list(DETR_OUTPUTS)} only.")
    if manifest.input.layout != "NCHW":
        raise ModelError(f"{path}: DeepStream gives channels first; export the model as NCHW.")
