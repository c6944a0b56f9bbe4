"""Content-addressed values on disk, and the identity of model files. Torch-free."""

from interp_core.store.entries import Address, Entry, Passes, Store
from interp_core.store.sources import Hasher, ModelFiles, find_model, layers_of, organisms

__all__ = ["Address", "Entry", "Hasher", "ModelFiles", "Passes", "Store", "find_model", "layers_of", "organisms"]
