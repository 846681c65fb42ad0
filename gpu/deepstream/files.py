"""What stands in the files that nvinfer, nvtracker and nvstreammux read."""

from pathlib import Path

from gpu.deepstream import configs
from gpu.deepstream.spec import Network, Settings

PARSER_LIBRARY = "/opt/nvidia/deepstream/deepstream/lib/libnvds_infercustomparser.so"
NOMINAL_RATE = 25.0  # frames a second that the tracker's ages are counted in
FASTEST = 35  # batches a second: a little more than any camera has frames, so that none queue up


def infer_file(network: Network, folder: Path, every: int, cameras: int, settings: Settings) -> str:
    """Unwanted classes never leave nvinfer."""
    wanted = {number for number, _ in network.classes}
    others = [str(n) for n in range(len(network.labels)) if n not in wanted]
    limits: dict[str, configs.Scalar] = {"pre-cluster-threshold": network.keep, "topk": 300}
    if network.overlap is not None:
        limits["nms-iou-threshold"] = network.overlap
    rows: dict[str, configs.Scalar] = {
        "gpu-id": settings.gpu,
        "gie-unique-id": 1,
        "process-mode": 1,
        "network-type": 0,
        "network-mode": {"fp32": 0, "fp16": 2}[settings.precision],
        "batch-size": cameras,
        "interval": every - 1,
        "onnx-file": str(network.onnx),
        "model-engine-file": str(network.engine),
        "labelfile-path": str(folder / "labels.txt"),
        "infer-dims": f"3;{network.height};{network.width}",
        "net-scale-factor": network.scale,
        "offsets": ";".join([repr(network.offset)] * 3),
        "model-color-format": ["RGB", "BGR"].index(network.colours),
        "network-input-order": 0,
        "maintain-aspect-ratio": int(network.letterbox),
        "symmetric-padding": 0,
        "num-detected-classes": len(network.labels),
        "cluster-mode": 4 if network.overlap is None else 2,
        "parse-bbox-func-name": network.parser,
        "custom-lib-path": PARSER_LIBRARY,
    }
    if others:
        rows["filter-out-class-ids"] = ";".join(others)
    return configs.ini({"property": rows, "class-attrs-all": limits}, configs.INFER)


def tracker_file(network: Network, patience: float) -> str:
    """NvDCF: follows what the picture shows in the frames between two detections.

    New objects begin with what the model is sure of (`score`), and go on with less (`keep`). The
    other numbers are those of NVIDIA's config_tracker_NvDCF_perf.yml, rounded, and for the noise of
    the estimator the examples of its guide: none was tuned here.
    """
    age = round(patience * NOMINAL_RATE)
    sections: configs.Config = {
        "BaseConfig": {"minDetectorConfidence": network.keep},
        "TargetManagement": {
            "enableBboxUnClipping": 0,
            "preserveStreamUpdateOrder": 0,
            "maxTargetsPerStream": 150,
            "minIouDiff4NewTarget": 0.7,
            "minTrackerConfidence": 0.4,
            "probationAge": 2,
            "maxShadowTrackingAge": age,
            "earlyTerminationAge": 1,
        },
        "TrajectoryManagement": {"useUniqueID": 0},
        "DataAssociator": {
            "dataAssociatorType": 0,
            "associationMatcherType": 1,
            "checkClassMatch": 1,
            "minMatchingScore4Overall": 0.4,
            "minMatchingScore4SizeSimilarity": 0.35,
            "minMatchingScore4Iou": 0.25,
            "minMatchingScore4VisualSimilarity": 0.5,
            "matchingScoreWeight4VisualSimilarity": 0.3,
            "matchingScoreWeight4SizeSimilarity": 0.4,
            "matchingScoreWeight4Iou": 0.3,
            "tentativeDetectorConfidence": network.score,
            "minMatchingScore4TentativeIou": 0.5,
        },
        "StateEstimator": {
            "stateEstimatorType": 1,
            "processNoiseVar4Loc": 2.0,
            "processNoiseVar4Size": 1.0,
            "processNoiseVar4Vel": 0.1,
            "measurementNoiseVar4Detector": 4.0,
            "measurementNoiseVar4Tracker": 16.0,
        },
        "VisualTracker": {
            "visualTrackerType": 1,
            "useColorNames": 1,
            "useHog": 0,
            "featureImgSizeLevel": 2,
            "featureFocusOffsetFactor_y": -0.2,
            "filterLr": 0.075,
            "filterChannelWeightsLr": 0.1,
            "gaussianSigma": 0.75,
        },
    }
    return configs.yaml(sections, configs.TRACKER)


def mux_file() -> str:
    """A batch waits for who is missing, but no longer than the fastest camera needs for a frame.

    The mux keeps a place for each camera that has not ended, so also for one that is away or has
    frozen: whatever is there goes on when this time since the last batch is over. Were it longer
    than a frame takes, one dead camera would slow down all the others.
    """
    rows: configs.Section = {
        "algorithm-type": 1,
        "adaptive-batching": 1,
        "max-fps-control": 0,
        "max-same-source-frames": 1,
        "overall-max-fps-n": 120,  # NVIDIA's default; nothing is held back, see max-fps-control
        "overall-max-fps-d": 1,
        "overall-min-fps-n": FASTEST,
        "overall-min-fps-d": 1,
    }
    return configs.ini({"property": rows}, configs.MUX)
