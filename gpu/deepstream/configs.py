"""The files that nvinfer, nvtracker and nvstreammux read: written here, and read back strictly.

NVIDIA's own readers only warn of a misspelt key and take three numbers where two belong; what we
write must hold nothing that is not foreseen here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gpu.deepstream.table import PropertyError
from gpu.wire import nearest

Scalar = int | float | str
Section = Mapping[str, Scalar]
Config = Mapping[str, Section]
Check = Callable[[str], bool]

EFFICIENTDET, RTDETR = "NvDsInferParseCustomEfficientDetTAO", "NvDsInferParseCustomRTDETRTAO"
PARSERS = (EFFICIENTDET, RTDETR)  # of those in NVIDIA's library we use these


@dataclass(frozen=True)
class Kind:
    """A kind of value: what it is called, and whether a text is one."""

    word: str
    fits: Check


def whole(low: int, high: int) -> Kind:
    def fits(text: str) -> bool:
        return re.fullmatch(r"-?\d{1,10}", text) is not None and low <= int(text) <= high

    return Kind(f"a whole number from {low} to {high}", fits)


def number(low: float, high: float) -> Kind:
    def fits(text: str) -> bool:
        return _NUMBER.fullmatch(text) is not None and low <= float(text) <= high

    return Kind(f"a number from {low:g} to {high:g}", fits)


def several(count: int, each: Kind) -> Kind:
    """Exactly `count` values, as nvinfer separates them."""

    def fits(text: str) -> bool:
        parts = text.split(";")
        return len(parts) == count and all(each.fits(part) for part in parts)

    return Kind(f"{count} values with ';' between them, each {each.word}", fits)


def one_of(*texts: str) -> Kind:
    return Kind("one of " + ", ".join(sorted(texts)), lambda text: text in texts)


_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
FLAG = one_of("0", "1")
SHARE = number(0, 1)
PATH = Kind("an absolute path", lambda text: text.startswith("/") and text.isprintable())
CLASSES = Kind(
    "class numbers with ';' between them", lambda t: re.fullmatch(r"\d+(;\d+)*", t) is not None
)

Schema = Mapping[str, Mapping[str, Kind]]

INFER: Schema = {
    "property": {
        "gpu-id": whole(0, 255),
        "gie-unique-id": whole(1, 255),
        "process-mode": one_of("1"),
        "network-type": one_of("0"),
        "network-mode": whole(0, 2),  # fp32, int8, fp16
        "batch-size": whole(1, 1024),
        "interval": whole(0, 249),
        "onnx-file": PATH,
        "model-engine-file": PATH,
        "labelfile-path": PATH,
        "infer-dims": several(3, whole(1, 8192)),
        "net-scale-factor": number(1e-6, 1e3),
        "offsets": several(3, number(-1e3, 1e3)),
        "model-color-format": one_of("0", "1"),  # RGB, BGR
        "network-input-order": one_of("0"),  # channels first
        "maintain-aspect-ratio": FLAG,
        "symmetric-padding": FLAG,
        "num-detected-classes": whole(1, 1000),
        "filter-out-class-ids": CLASSES,
        "cluster-mode": one_of("2", "4"),  # suppression by nvinfer, none
        "parse-bbox-func-name": one_of(*PARSERS),
        "custom-lib-path": PATH,
    },
    "class-attrs-all": {
        "pre-cluster-threshold": SHARE,
        "nms-iou-threshold": SHARE,
        "topk": whole(1, 300),
    },
}

MUX: Schema = {
    "property": {
        "algorithm-type": one_of("1"),  # in turn
        "adaptive-batching": FLAG,
        "max-fps-control": FLAG,
        "max-same-source-frames": whole(1, 16),
        "overall-max-fps-n": whole(1, 1000),
        "overall-max-fps-d": whole(1, 1000),
        "overall-min-fps-n": whole(1, 1000),
        "overall-min-fps-d": whole(1, 1000),
    },
}

TRACKER: Schema = {
    "BaseConfig": {"minDetectorConfidence": SHARE},
    "TargetManagement": {
        "enableBboxUnClipping": FLAG,
        "preserveStreamUpdateOrder": FLAG,
        "maxTargetsPerStream": whole(1, 65535),
        "minIouDiff4NewTarget": SHARE,
        "minTrackerConfidence": SHARE,
        "probationAge": whole(0, 1000),
        "maxShadowTrackingAge": whole(0, 10_000),
        "earlyTerminationAge": whole(0, 1000),
    },
    "TrajectoryManagement": {"useUniqueID": FLAG},
    "DataAssociator": {
        "dataAssociatorType": one_of("0"),
        "associationMatcherType": one_of("0", "1"),
        "checkClassMatch": FLAG,
        "minMatchingScore4Overall": SHARE,
        "minMatchingScore4SizeSimilarity": SHARE,
        "minMatchingScore4Iou": SHARE,
        "minMatchingScore4VisualSimilarity": SHARE,
        "matchingScoreWeight4VisualSimilarity": SHARE,
        "matchingScoreWeight4SizeSimilarity": SHARE,
        "matchingScoreWeight4Iou": SHARE,
        "tentativeDetectorConfidence": SHARE,
        "minMatchingScore4TentativeIou": SHARE,
    },
    "StateEstimator": {
        "stateEstimatorType": whole(0, 3),
        "processNoiseVar4Loc": number(0, 1e6),
        "processNoiseVar4Size": number(0, 1e6),
        "processNoiseVar4Vel": number(0, 1e6),
        "measurementNoiseVar4Detector": number(0, 1e6),
        "measurementNoiseVar4Tracker": number(0, 1e6),
    },
    "VisualTracker": {
        "visualTrackerType": one_of("0", "1"),
        "useColorNames": FLAG,
        "useHog": FLAG,
        "featureImgSizeLevel": whole(1, 5),
        "featureFocusOffsetFactor_y": number(-0.5, 0.5),
        "filterLr": SHARE,
        "filterChannelWeightsLr": SHARE,
        "gaussianSigma": number(0, 10),
    },
}


def ini(config: Config, schema: Schema) -> str:
    """For nvinfer and nvstreammux."""
    sections = (
        "\n".join([f"[{name}]", *(f"{key}={_text(value)}" for key, value in section.items())])
        for name, section in config.items()
    )
    text = "\n\n".join(sections) + "\n"
    read_ini(text, schema)
    return text


def yaml(config: Config, schema: Schema) -> str:
    """For nvtracker: two levels, and the header that its reader wants."""
    lines = ["%YAML:1.0"]
    for name, section in config.items():
        lines += [f"{name}:", *(f"  {key}: {_text(value)}" for key, value in section.items())]
    text = "\n".join(lines) + "\n"
    read_yaml(text, schema)
    return text


def read_ini(text: str, schema: Schema) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    section = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if (match := re.fullmatch(r"\[(.+)]", line)) is not None:
            section = _opened(found, match[1], schema)
        else:
            key, mark, value = line.partition("=")
            _put(found, section, key, value, schema, mark)
    return found


def read_yaml(text: str, schema: Schema) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    section = ""
    lines = text.splitlines()
    if lines[:1] != ["%YAML:1.0"]:
        raise PropertyError("The tracker's file begins with '%YAML:1.0'.")
    for line in lines[1:]:
        if (match := re.fullmatch(r"(\w+):", line)) is not None:
            section = _opened(found, match[1], schema)
        else:
            key, mark, value = line.partition(": ")
            _put(found, section, key.removeprefix("  "), value, schema, mark)
    return found


def _opened(found: dict[str, dict[str, str]], name: str, schema: Schema) -> str:
    if name not in schema:
        raise PropertyError(f"There is no section {name!r}; {nearest(name, schema)}")
    if name in found:
        raise PropertyError(f"The section {name!r} is there twice.")
    found[name] = {}
    return name


def _put(
    found: dict[str, dict[str, str]],
    section: str,
    key: str,
    value: str,
    schema: Schema,
    mark: str,
) -> None:
    if not mark or not section:
        raise PropertyError(f"{key!r} is no line of such a file.")
    known = schema[section]
    if key not in known:
        raise PropertyError(f"{section}: there is no {key!r}; {nearest(key, known)}")
    if key in found[section]:
        raise PropertyError(f"{section}: {key!r} is there twice.")
    if not known[key].fits(value):
        raise PropertyError(f"{section}: {key} is {known[key].word}, not {value!r}.")
    found[section][key] = value


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        raise PropertyError("These files know 0 and 1, not true and false.")
    return repr(value) if isinstance(value, float) else str(value)
