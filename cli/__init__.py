"""The ``pushrail`` command: puts processes together and holds no rule of its own."""
