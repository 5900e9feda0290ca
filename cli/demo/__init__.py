"""``pushrail demo``: the whole story on one bare machine, with nothing but Python and git."""
