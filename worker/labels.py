"""The labels of a release image: what it was made from, so that the same is never made twice."""

CONTENT = "io.pushrail.content"
"""Digest of environment, code and model: an image with it is this very build."""

TRAIN = "io.pushrail.train"
"""Digest of all that decides a training: an image with it holds that training's model."""
