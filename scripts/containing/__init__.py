"""`scripts/containers`: the image and the compose file, tried with a real engine."""
