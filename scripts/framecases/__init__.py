"""What the gateway makes of WebSocket frames, good and bad, byte by byte."""
