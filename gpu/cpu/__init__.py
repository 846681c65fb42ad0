"""The graph on a machine without a GPU: PyAV, ONNX Runtime, ByteTrack."""
