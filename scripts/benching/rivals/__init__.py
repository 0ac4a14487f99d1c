"""What we are measured against. Each is written as its makers' documentation would have it."""
