"""Content-addressed values on disk, and the identity of model files. Torch-free."""

from interp_core.store.entries import Address, Entry, Passes, Store
from interp_core.store.planned import Planned
from interp_core.store.sources import Hasher, ModelFiles, find_model, layers_of, organisms, vocabulary_of, width_of

__all__ = [
    "Address",
    "Entry",
    "Hasher",
    "ModelFiles",
    "Passes",
    "Planned",
    "Store",
    "find_model",
    "layers_of",
    "organisms",
    "vocabulary_of",
    "width_of",
]
