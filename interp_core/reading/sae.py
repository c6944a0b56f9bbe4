"""A sparse autoencoder in a plain safetensors file: features of activations, and activations of features."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.numpy import load_file

from interp_core.errors import ModelError

# What SAELens and the Gemma Scope release call the tensors; all but the two matrices may be absent.
NAMES = ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")


@dataclass(frozen=True)
class SparseAutoencoder:
    """f = act((x - b_dec) W_enc + b_enc) and x ~ f W_dec + b_dec (Bricken et al. 2023).

    `act` is a ReLU, or with a `threshold` a JumpReLU (Rajamanoharan et al. 2024): 0 up to the threshold, the value
    itself above it. `centred` says whether b_dec is taken off before encoding; JumpReLU models do not.
    """

    encoder: Float[np.ndarray, "d_model feature"]
    encoder_bias: Float[np.ndarray, "feature"]
    decoder: Float[np.ndarray, "feature d_model"]
    decoder_bias: Float[np.ndarray, "d_model"]
    threshold: Float[np.ndarray, "feature"] | None = None
    centred: bool = True

    @classmethod
    def load(cls, path: Path | str, *, centred: bool | None = None) -> "SparseAutoencoder":
        """Read W_enc, b_enc, W_dec, b_dec and threshold; `centred` is by default whether there is no threshold.

        Raises
        ------
        ModelError : the file cannot be read, lacks a matrix, or its shapes do not belong together.
        """
        try:
            tensors = load_file(path)
        except (OSError, SafetensorError) as error:
            raise ModelError(
                f"{path} is no safetensors file that can be read ({error}). Give the path of one."
            ) from None
        missing = [name for name in ("W_enc", "W_dec") if name not in tensors]
        if missing:
            raise ModelError(
                f"{path} has no {missing[0]!r}; it holds: {', '.join(sorted(tensors))}. Rename its tensors to "
                f"{', '.join(NAMES)}."
            )
        encoder, decoder = tensors["W_enc"], tensors["W_dec"]
        if encoder.ndim != 2 or encoder.shape != decoder.shape[::-1]:
            raise ModelError(
                f"W_enc of shape {encoder.shape} and W_dec of shape {decoder.shape} do not belong together: they are "
                "[d_model, feature] and [feature, d_model]. Transpose one of them."
            )
        threshold = tensors.get("threshold")
        biases = (tensors.get("b_enc", np.zeros(encoder.shape[1])), tensors.get("b_dec", np.zeros(encoder.shape[0])))
        return cls(encoder, biases[0], decoder, biases[1], threshold, threshold is None if centred is None else centred)

    def encode(
        self, x: Float[np.ndarray, "row d_model"], *, only: Sequence[int] | None = None
    ) -> Float[np.ndarray, "row feature"]:
        """The value of every feature, or of some `only`, for each row; 0 where it is off."""
        chosen = slice(None) if only is None else list(only)
        centred = x - self.decoder_bias if self.centred else x
        before = centred.astype(np.float64) @ self.encoder[:, chosen] + self.encoder_bias[chosen]
        off = before <= (0.0 if self.threshold is None else np.maximum(self.threshold[chosen], 0.0))
        return np.asarray(np.where(off, 0.0, before))

    def gates(
        self, features: Sequence[int]
    ) -> tuple[Float[np.ndarray, "feature d_model"], Float[np.ndarray, "feature"], Float[np.ndarray, "feature"]]:
        """Weights w, bias b and threshold t of features: each is x . w + b where that exceeds t, and else 0."""
        chosen = list(features)
        weights = self.encoder[:, chosen].T.astype(np.float64)
        bias = self.encoder_bias[chosen] - (weights @ self.decoder_bias if self.centred else 0.0)
        threshold = np.zeros(len(chosen)) if self.threshold is None else np.maximum(self.threshold[chosen], 0.0)
        return weights, np.asarray(bias, dtype=np.float64), np.asarray(threshold, dtype=np.float64)

    def decode(self, features: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row d_model"]:
        """What the features add up to."""
        return np.asarray(features @ self.decoder + self.decoder_bias)

    def unexplained(self, x: Float[np.ndarray, "row d_model"]) -> float:
        """The share of the rows' variance that the features do not explain: what a claim on features leaves unsaid."""
        error = x - self.decode(self.encode(x))
        return float((error**2).sum() / ((x - x.mean(0)) ** 2).sum())
