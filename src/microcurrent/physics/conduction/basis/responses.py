"""Responses: the potential of the whole body per ampere into each patch of skin."""
