"""The shell: what every page and answer shares. Knows the kernel, no plugin."""
