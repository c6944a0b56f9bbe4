"""Direction selection as one fast sweep: the scores of Arditi et al. 2024, appendix C, for many candidates at once.

Against three separate scans (benchmarks/bench_selection.py holds them) it keeps the logits of the last position only,
takes the baseline once, runs additions from the edited layer on, leaves out of the last layer what only other positions
would need, puts several candidates into one batch with a vector for each row, and lets its caller leave out of the
dearer scans what a cheaper one has rejected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int
from torch import Tensor

from interp_core.engine import capture
from interp_core.engine.batches import Batch, in_batches
from interp_core.engine.hooks import BatchEdit, captured, edited, last_position_only
from interp_core.engine.live import LiveModel
from interp_core.engine.resume import resumed, streams
from interp_core.spec.prompts import Prompt

# Tokens in a batch of several candidates. A CPU is busy with few, and more of them leave its caches.
AT_ONCE = {"cpu": 1024}
Scores = Float64[np.ndarray, "candidate prompt"]


@dataclass(frozen=True)
class Candidates:
    """Directions that are scored together: one vector each, at its own length, and the layer that it belongs to."""

    vectors: Float32[np.ndarray, "candidate d_model"]
    layers: Int[np.ndarray, "candidate"]

    def at(self, layer: int) -> Int[np.ndarray, "candidate"]:
        """The indices of the candidates of one layer."""
        return np.flatnonzero(self.layers == layer)


class Sweep:
    """Scores of candidates on one prompt set: harmless prompts for additions and damage, harmful ones for ablation.

    Parameters
    ----------
    live : the model.
    prompts : the prompts, each scored by the log-odds that its next token is one of `tokens`.
    tokens : ids of the tokens that open a refusal.
    """

    def __init__(self, live: LiveModel, prompts: Sequence[Prompt], tokens: Sequence[int]) -> None:
        self._live = live
        self._rendered = live.renderer.render(prompts)
        self._tokens = list(tokens)
        self.at_once = AT_ONCE.get(live.model.device.type, live.budget)
        self._baseline: dict[int, Tensor] = {}  # by prompt: log-probabilities of the bare model, float32, on the device

    def baseline(self) -> Float64[np.ndarray, "prompt"]:
        """The bare model's log-odds of each prompt, in nats."""

        def run(batch: Batch, chosen: list[int]) -> Float64[Tensor, "1 prompt"]:
            return self._odds(self._noted(self._last(batch), chosen), 1)

        if len(self._baseline) < len(self._rendered):
            return np.asarray(self._scores(run)[0])
        kept = torch.stack([self._baseline[index] for index in range(len(self._rendered))])
        return np.asarray(self._odds(kept, 1)[0].numpy())

    def added(self, candidates: Candidates) -> Scores:
        """Log-odds with each candidate added at its layer, at every position (eq. 3)."""

        def run(batch: Batch, chosen: list[int]) -> Float64[Tensor, "candidate prompt"]:
            layers = sorted(set(candidates.layers.tolist()))
            below, bare = streams(self._live.model, self._live.adapter, batch, layers)
            self._noted(bare, chosen)
            found = torch.empty(len(candidates.layers), len(chosen), dtype=torch.float64)
            for layer in layers:
                for group in self._groups(candidates.at(layer), batch):
                    stream = _repeated(below[layer], len(group)).float()
                    vectors = self._vectors(candidates.vectors[group], len(chosen))[:, None]
                    with resumed(self._live.adapter, layer, (stream + vectors).to(below[layer].dtype)):
                        found[group] = self._odds(self._last(_repeat(batch, len(group))), len(group))
            return found

        return self._scores(run)

    def ablated(self, candidates: Candidates) -> Scores:
        """Log-odds with each candidate removed from every write to the stream (eq. 4)."""
        return self._scores(lambda batch, chosen: self._ablated(candidates, batch, chosen, self._odds))

    def divergence(self, candidates: Candidates) -> Scores:
        """KL(bare || ablated) of the next-token distribution, in nats; the baseline has to be taken first."""

        def run(batch: Batch, chosen: list[int]) -> Float64[Tensor, "candidate prompt"]:
            before = torch.stack([self._baseline[index] for index in chosen]).double()

            def kl(last: Tensor, count: int) -> Float64[Tensor, "candidate prompt"]:
                after = last.double().log_softmax(-1).view(count, len(chosen), -1)
                return (before.exp() * (before - after)).sum(-1).cpu()

            return self._ablated(candidates, batch, chosen, kl)

        return self._scores(run)

    def _ablated(
        self,
        candidates: Candidates,
        batch: Batch,
        chosen: Sequence[int],
        score: Callable[[Tensor, int], Float64[Tensor, "candidate prompt"]],
    ) -> Float64[Tensor, "candidate prompt"]:
        found = torch.empty(len(candidates.layers), len(chosen), dtype=torch.float64)
        for group in self._groups(np.arange(len(candidates.layers)), batch):
            vectors = self._vectors(candidates.vectors[group], len(chosen))
            edit = BatchEdit("zero", torch.nn.functional.normalize(vectors, dim=-1), {}, ())
            with edited(self._live.adapter, [edit]):
                found[group] = score(self._last(_repeat(batch, len(group))), len(group))
        return found

    def _last(self, batch: Batch) -> Float[Tensor, "row vocabulary"]:
        """The logits of the last position, where nothing else is computed that only other positions would need."""
        with last_position_only(self._live.adapter):
            logits: Tensor = capture.forward(self._live.model, batch).logits
        return logits[:, -1]

    def _noted(self, bare: Float[Tensor, "prompt vocabulary"], chosen: Sequence[int]) -> Tensor:
        self._baseline |= dict(zip(chosen, bare.float().log_softmax(-1), strict=True))
        return bare

    def _scores(self, run: Callable[[Batch, list[int]], Float64[Tensor, "candidate prompt"]]) -> Scores:
        def one(chosen: list[int]) -> list[Float64[np.ndarray, "candidate"]]:
            batch = self._live.batch([self._rendered[i] for i in chosen])
            return list(run(batch, chosen).numpy().T)

        found = dict(in_batches([len(row.ids) for row in self._rendered], budget=self._live.budget, run=one))
        return np.stack([found[index] for index in range(len(self._rendered))], axis=1)

    def _groups(self, indices: Int[np.ndarray, "candidate"], batch: Batch) -> list[Int[np.ndarray, "group"]]:
        """Candidates that go into one batch together, within the budget of tokens."""
        size = max(1, min(self._live.budget, self.at_once) // batch.ids.numel())
        return [indices[start : start + size] for start in range(0, len(indices), size)]

    def _vectors(
        self, vectors: Float32[np.ndarray, "candidate d_model"], prompts: int
    ) -> Float32[Tensor, "row d_model"]:
        return torch.from_numpy(vectors).to(self._live.model.device).repeat_interleave(prompts, dim=0)

    def _odds(self, last: Float[Tensor, "row vocabulary"], count: int) -> Float64[Tensor, "candidate prompt"]:
        exact = last.double()
        others = torch.ones(exact.shape[-1], dtype=torch.bool, device=exact.device)
        others[self._tokens] = False
        odds = exact[:, ~others].logsumexp(-1) - exact[:, others].logsumexp(-1)
        return odds.view(count, -1).cpu()


def _repeat(batch: Batch, times: int) -> Batch:
    """The batch, several times one under the other."""
    return Batch(*(_repeated(tensor, times) for tensor in (batch.ids, batch.mask, batch.position_ids)))


def _repeated(tensor: Tensor, times: int) -> Tensor:
    return tensor.repeat(times, *([1] * (tensor.ndim - 1)))


def template_means(
    live: LiveModel, prompts: Sequence[Prompt], positions: Sequence[str]
) -> Float64[np.ndarray, "position layer d_model"]:
    """The mean residual of a prompt set at every layer's input and at several positions, in one pass a batch."""
    rendered = live.renderer.render(prompts)
    layers = tuple(range(live.n_layers))

    def run(chosen: list[int]) -> list[Float64[np.ndarray, "position layer d_model"]]:
        batch = live.batch([rendered[i] for i in chosen])
        columns = torch.stack([batch.columns([rendered[i].index(at) for i in chosen]) for at in positions], dim=1)
        with captured(live.adapter, layers, columns) as taken:
            capture.forward(live.model, batch)
        values = torch.stack([taken[layer] for layer in layers], dim=2).cpu().double().numpy()
        return list(values)

    total = np.zeros((len(positions), live.n_layers, live.d_model))
    for _, row in in_batches([len(row.ids) for row in rendered], budget=live.budget, run=run):
        total += row
    return np.asarray(total / len(rendered))
