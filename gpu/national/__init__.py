"""GB/T 28181, the national standard of video networks: devices register and name channels."""
