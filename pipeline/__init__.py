"""The nouns that the hook server and the worker both speak; imports neither of them."""
