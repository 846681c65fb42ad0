"""The graph on a machine without a GPU: PyAV, OpenVINO, ByteTrack."""
