"""The device: contexts, shaders, targets."""
