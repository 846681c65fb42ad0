"""The same graph on NVIDIA's DeepStream; nothing here imports it before a pipeline is built."""
