"""视频: the server half of the eyes. See plugin.py."""
