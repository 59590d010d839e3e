"""Fine-tuning all weights with CTC on one core: bfloat16 where it pays, batches of equal width, averaged weights."""

from __future__ import annotations

import copy
import math
import multiprocessing as mp
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rapidfuzz.distance import Levenshtein
from torch import nn
from torch.nn import functional

from scanner.ocr.line_picture import HEIGHT, STEP, STRETCH, as_input, line_picture
from scanner.vietnam.orthography import tone_blind
from training.handwriting.augment import augment
from training.handwriting.charset import classes, greedy
from training.handwriting.lines import Line
from training.handwriting.network import Features, Head, features_graph

BATCH, POOL = 8, 480
WARM_UP = 150
WIDEST = 1000
CLIP, AVERAGING = 3.0, 0.997


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast. The rate falls along a cosine, by steps or by minutes, whichever comes first."""

    minutes: float = 70
    steps: int = 12_000
    rate: float = 4e-4
    head_rate: float = 2e-3
    seed: int = 1
    shares: Mapping[str, float] = field(default_factory=dict)  # source of lines → share of what is seen


@dataclass(slots=True)
class State:
    """A training in progress: what a checkpoint holds."""

    net: Features
    head: Head
    averaged: tuple[Features, Head]
    optimiser: torch.optim.AdamW
    step: int = 0
    minutes: float = 0.0


def start(base: Path, plan: Plan) -> State:
    """A fresh state from the base model or from our own weights."""
    torch.manual_seed(plan.seed)
    net, head = Features(features_graph(base)), Head(base)
    matrices = [p for p in net.parameters() if p.ndim >= 2]
    others = [p for p in net.parameters() if p.ndim < 2]
    optimiser = torch.optim.AdamW([
        {"params": matrices, "lr": plan.rate, "weight_decay": 0.02},
        {"params": others, "lr": plan.rate, "weight_decay": 0.0},
        {"params": head.parameters(), "lr": plan.head_rate, "weight_decay": 0.01},
    ])  # fmt: skip
    return State(net, head, (copy.deepcopy(net), copy.deepcopy(head)), optimiser)


def keep(state: State, path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    part = path.with_suffix(".part")
    torch.save({
        "net": state.net.state_dict(), "head": state.head.state_dict(), "optimiser": state.optimiser.state_dict(),
        "averaged": [m.state_dict() for m in state.averaged], "step": state.step, "minutes": state.minutes,
    }, part)  # fmt: skip
    part.replace(path)


def resume(state: State, path: Path) -> None:
    """Go on from a checkpoint."""
    kept: dict[str, Any] = torch.load(path, weights_only=True)
    state.net.load_state_dict(kept["net"])
    state.head.load_state_dict(kept["head"])
    state.optimiser.load_state_dict(kept["optimiser"])
    for n, weights in enumerate(kept["averaged"]):
        state.averaged[n].load_state_dict(weights)
    state.step, state.minutes = kept["step"], kept["minutes"]


# --- batches -----------------------------------------------------------------------------------------

Batch = tuple[np.ndarray, list[list[int]]]


def batches(lines: Sequence[Line], plan: Plan, first_step: int) -> Iterator[Batch]:
    """Augmented batches without end: pictures (8, 48, width) and their classes."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng((plan.seed, first_step))
    by_source = {s: [line for line in lines if line.source == s] for s in {line.source for line in lines}}
    shares = np.array([plan.shares.get(s, 1.0 / len(by_source)) if found else 0.0 for s, found in by_source.items()])
    shares /= shares.sum()
    while True:
        drawn = []
        for source in rng.choice(len(by_source), POOL, p=shares):
            found = list(by_source.values())[source]
            line = found[int(rng.integers(len(found)))]
            rows, cols = line.picture.shape
            drawn.append((cols * HEIGHT / rows * STRETCH * float(np.exp(rng.normal(0, 0.13))), line))
        drawn.sort(key=lambda item: item[0] + rng.normal(0, 15))
        groups = [drawn[k : k + BATCH] for k in range(0, POOL, BATCH)]
        for g in rng.permutation(len(groups)):
            yield _batch(groups[g], rng)


def _batch(group: Sequence[tuple[float, Line]], rng: np.random.Generator) -> Batch:
    longest = max(len(line.text) for _, line in group)
    width = min(WIDEST, max(64, round(float(np.mean([w for w, _ in group])) / STEP) * STEP))
    width = max(width, (longest + 6) * STEP)
    pictures = []
    for _, line in group:
        image = augment(line.picture, rng)
        pictures.append(line_picture(image, (0, image.shape[0], 0, image.shape[1]), width))
    return np.stack(pictures), [classes(line.text) for _, line in group]


def _supply(queue: Any, lines: Sequence[Line], plan: Plan, first_step: int) -> None:
    for batch in batches(lines, plan, first_step):
        queue.put(batch)


# --- learning ----------------------------------------------------------------------------------------


def learn(
    state: State, lines: Sequence[Line], checks: Mapping[str, Sequence[Line]], plan: Plan, checkpoint: Path
) -> None:
    """Train until the plan's end, with a checkpoint and a measurement every 500 steps."""
    torch.set_num_threads(1)
    context = mp.get_context("spawn")
    queue: Any = context.Queue(24)
    supply = context.Process(target=_supply, args=(queue, lines, plan, state.step), daemon=True)
    supply.start()
    before, begun, losses = state.minutes, time.monotonic(), []
    try:
        while (done := max(state.step / plan.steps, state.minutes / plan.minutes)) < 1:
            losses.append(_step(state, queue.get(), plan, done))
            state.step += 1
            state.minutes = before + (time.monotonic() - begun) / 60
            if state.step % 100 == 0:
                print(f"step {state.step} loss {np.mean(losses[-100:]):.3f} minute {state.minutes:.1f}", flush=True)
            if state.step % 500 == 0:
                keep(state, checkpoint)
                for name, held in checks.items():
                    print(f"  {name}: {measure(state.averaged, held)}", flush=True)
    finally:
        supply.terminate()
    keep(state, checkpoint)


def _step(state: State, batch: Batch, plan: Plan, done: float) -> float:
    warm, cosine = min(1.0, (state.step + 1) / WARM_UP), 0.5 * (1 + math.cos(math.pi * done))
    for group, base in zip(state.optimiser.param_groups, (plan.rate, plan.rate, plan.head_rate), strict=True):
        group["lr"] = base * warm * (cosine * 0.98 + 0.02)
    pictures, wanted = batch
    state.net.train()
    state.head.train()
    odds = _log_odds(state.net, state.head, pictures).transpose(0, 1)
    loss = functional.ctc_loss(
        odds, torch.tensor([k for row in wanted for k in row]), torch.full((len(wanted),), odds.shape[0]),
        torch.tensor([len(row) for row in wanted]), zero_infinity=True,
    )  # fmt: skip
    state.optimiser.zero_grad()
    loss.backward()
    learnt = [*state.net.parameters(), *state.head.parameters()]
    nn.utils.clip_grad_norm_(learnt, CLIP)
    state.optimiser.step()
    share = min(AVERAGING, (1 + state.step) / (20 + state.step))
    mean = [*state.averaged[0].parameters(), *state.averaged[1].parameters()]
    with torch.no_grad():
        torch._foreach_mul_(mean, share)
        torch._foreach_add_(mean, learnt, alpha=1 - share)
    return float(loss.item())


def _log_odds(net: Features, head: Head, pictures: np.ndarray) -> torch.Tensor:
    x = torch.from_numpy(as_input(pictures)).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        features = net(x)
    return head(features.float()).log_softmax(-1)


def measure(models: tuple[Features, Head], lines: Sequence[Line]) -> str:
    """Character error, the same without marks, and exact lines, of plain best-path reading."""
    net, head = (m.eval() for m in models)
    wrong = blind = length = exact = 0
    with torch.no_grad():
        for line in lines:
            picture = line_picture(line.picture, (0, line.picture.shape[0], 0, line.picture.shape[1]))
            text = greedy(_log_odds(net, head, picture[None])[0].argmax(-1).tolist())
            wrong += Levenshtein.distance(text, line.text)
            blind += Levenshtein.distance(tone_blind(text), tone_blind(line.text))
            length, exact = length + len(line.text), exact + (text == line.text)
    return f"CER {wrong / length:.4f}, tone-blind {blind / length:.4f}, exact {exact / len(lines):.3f} of {len(lines)}"
