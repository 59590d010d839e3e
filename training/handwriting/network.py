"""The recogniser as a trainable network: an ONNX graph run node by node in PyTorch, its weights as parameters.

Generic converters fail on this graph's SAME_UPPER padding. Only the operators it uses are known here; another graph
says which one is missing. GELU and layer normalisation, which the graph spells out, are joined again: they are the
slowest parts when run piece by piece.

Base: PP-OCRv6 small recogniser (PaddlePaddle, Apache-2.0), as packed in `rapidocr`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn
from torch.nn import functional

from training.handwriting.charset import CHARACTERS, base_letter

WIDTH_OF_FEATURES = 120
CLASSIFIER_W, CLASSIFIER_B = "vi_classifier_w", "vi_classifier_b"
NEW_CLASS_PENALTY = 2.0
"""A class that the base model has not starts this much below the letter it is copied from."""


class Node:
    """One operation of the graph."""

    def __init__(self, kind: str, inputs: list[str], output: str, options: dict[str, Any]) -> None:
        self.kind, self.inputs, self.output, self.options = kind, inputs, output, options


def features_graph(path: Path) -> onnx.ModelProto:
    """The graph up to the last features (batch, steps, 120), without its classifier.

    Works on the base model and on our own weights: both end in a product with a (120, classes) matrix.
    """
    model = onnx.load(path)
    matrices = {i.name: tuple(i.dims) for i in model.graph.initializer}
    last = [
        n for n in model.graph.node
        if n.op_type == "MatMul" and len(matrices.get(n.input[1], ())) == 2
        and matrices[n.input[1]][0] == WIDTH_OF_FEATURES and matrices[n.input[1]][1] > 200
        and matrices[n.input[1]][1] != 3 * WIDTH_OF_FEATURES and matrices[n.input[1]][1] != 2 * WIDTH_OF_FEATURES
    ]  # fmt: skip
    out = last[-1].input[0]
    needed, kept = {out}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    weights = [i for i in model.graph.initializer if i.name in needed]
    cut = onnx.ModelProto()
    cut.CopyFrom(model)
    del cut.graph.node[:], cut.graph.initializer[:], cut.graph.output[:]
    cut.graph.node.extend(reversed(kept))
    cut.graph.initializer.extend(weights)
    cut.graph.output.append(helper.make_tensor_value_info(out, 1, ["b", "t", WIDTH_OF_FEATURES]))
    return cut


def base_classifier(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The classifier's matrix (120, classes), its bias, and the character of each class (class 0: blank)."""
    model = onnx.load(path)
    known = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    meta = {p.key: p.value for p in model.metadata_props}
    if "characters" in meta:  # our own weights
        return known[CLASSIFIER_W], known[CLASSIFIER_B], ["", *meta["characters"]]
    characters = ["", *meta["character"].split("\n"), " "]
    wide = [k for k, v in known.items() if v.ndim == 2 and v.shape == (WIDTH_OF_FEATURES, len(characters))]
    bias = [k for k, v in known.items() if v.ndim == 1 and v.shape[0] == len(characters)]
    return known[wide[0]], known[bias[0]], characters


class Features(nn.Module):
    """(batch, 3, 48, width) → (batch, steps, 120)."""

    def __init__(self, graph: onnx.ModelProto) -> None:
        super().__init__()
        self._static = {i.name: numpy_helper.to_array(i) for i in graph.graph.initializer}
        self._in, out = graph.graph.input[0].name, graph.graph.output[0].name
        nodes, self._out = _without_identities(graph, out)
        nodes = _with_biases(nodes, self._static)
        self._nodes = _joined(nodes, self._static)
        used = {name for node in self._nodes for name in node.inputs}
        self.names: dict[str, str] = {}
        for name, value in self._static.items():
            if name not in used:
                continue
            plain, tensor = name.replace(".", "__"), torch.from_numpy(np.array(value))
            if tensor.is_floating_point() and tensor.numel() > 1:
                self.register_parameter(plain, nn.Parameter(tensor.float()))
            else:
                self.register_buffer(plain, tensor)
            self.names[name] = plain

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        env: dict[str, Any] = {self._in: pictures}
        for node in self._nodes:
            env[node.output] = self._run(node, env)
        return env[self._out]

    def _tensor(self, name: str, env: dict[str, Any]) -> Any:
        return env[name] if name in env else getattr(self, self.names[name])

    def _numbers(self, name: str, env: dict[str, Any]) -> list[int]:
        value = env[name] if name in env else self._static[name]
        return [int(v) for v in (value if isinstance(value, list) else np.asarray(value).reshape(-1).tolist())]

    def _run(self, node: Node, env: dict[str, Any]) -> Any:
        kind, names, options = node.kind, node.inputs, node.options
        if kind in _SHAPES and self._of_sizes(node, env):
            return self._sizes(node, env)
        a = self._tensor(names[0], env)
        if kind in _PAIRS:
            return _PAIRS[kind](a, self._tensor(names[1], env))
        if kind in _SINGLE:
            return _SINGLE[kind](a, options)
        if kind == "Conv":
            return self._convolve(a, node, env)
        if kind == "LayerNorm":
            w, b = (self._tensor(n, env).reshape(-1) for n in names[1:3])
            return functional.layer_norm(a, (w.numel(),), w, b, options["eps"])
        if kind == "BatchNormalization":
            gain, shift, mean, var = (self._tensor(n, env) for n in names[1:5])
            scale = gain / torch.sqrt(var.detach() + options["epsilon"])
            return a * scale.view(1, -1, 1, 1) + (shift - mean.detach() * scale).view(1, -1, 1, 1)
        if kind == "Concat":
            return torch.cat([self._tensor(n, env) for n in names], options["axis"])
        if kind == "Slice":
            for start, end, axis in zip(*(self._numbers(n, env) for n in names[1:4]), strict=True):
                a = a.narrow(axis, start, min(end, a.shape[axis]) - start)
            return a
        if kind == "Squeeze":
            return a.squeeze((options.get("axes") or self._numbers(names[1], env))[0])
        if kind == "Unsqueeze":
            return a.unsqueeze((options.get("axes") or self._numbers(names[1], env))[0])
        if kind == "Reshape":
            sizes = self._numbers(names[1], env)
            return a.reshape([a.shape[i] if n == 0 else n for i, n in enumerate(sizes)])
        raise NotImplementedError(f"the operator {kind} is not known to training/handwriting/network.py")

    def _convolve(self, a: torch.Tensor, node: Node, env: dict[str, Any]) -> torch.Tensor:
        w = self._tensor(node.inputs[1], env)
        b = self._tensor(node.inputs[2], env) if len(node.inputs) > 2 else None
        pads: Any = tuple(node.options.get("pads", (0, 0))[:2])
        if node.options.get("auto_pad", b"") == b"SAME_UPPER":
            a, pads = functional.pad(a, (0, w.shape[3] - 1, 0, w.shape[2] - 1)), 0
        return functional.conv2d(a, w, b, tuple(node.options["strides"]), pads, 1, node.options["group"])

    # shapes are computed in the graph too; they are lists of numbers here

    def _of_sizes(self, node: Node, env: dict[str, Any]) -> bool:
        def sizes(name: str) -> bool:
            if name in env:
                return isinstance(env[name], list)
            return name in self._static and self._static[name].dtype.kind == "i"

        return node.kind == "Shape" or all(sizes(n) for n in node.inputs)

    def _sizes(self, node: Node, env: dict[str, Any]) -> list[int]:
        names = node.inputs
        if node.kind == "Shape":
            return list(self._tensor(names[0], env).shape)
        if node.kind == "Concat":
            return [n for name in names for n in self._numbers(name, env)]
        values = self._numbers(names[0], env)
        if node.kind == "Slice":
            return values[self._numbers(names[1], env)[0] : min(self._numbers(names[2], env)[0], 99)]
        return values


_SHAPES = frozenset(("Shape", "Concat", "Slice", "Squeeze", "Unsqueeze", "Reshape"))
_PAIRS: dict[str, Any] = {
    "Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Div": torch.div, "MatMul": torch.matmul,
}  # fmt: skip
_SINGLE: dict[str, Any] = {
    "MaxPool": lambda a, o: functional.max_pool2d(functional.pad(a, (0, 1, 0, 1), value=-1e9), 2, 1),
    "AveragePool": lambda a, o: functional.avg_pool2d(a, tuple(o["kernel_shape"]), tuple(o["strides"])),
    "Gelu": lambda a, o: functional.gelu(a),
    "Relu": lambda a, o: functional.relu(a),
    "Sigmoid": lambda a, o: torch.sigmoid(a),
    "HardSigmoid": lambda a, o: torch.clamp(a * o.get("alpha", 0.2) + o.get("beta", 0.5), 0, 1),
    "Softmax": lambda a, o: torch.softmax(a, o["axis"]),
    "ReduceMean": lambda a, o: a.mean(tuple(o["axes"]), keepdim=bool(o["keepdims"])),
    "Transpose": lambda a, o: a.permute(o["perm"]),
}


def _without_identities(graph: onnx.ModelProto, out: str) -> tuple[list[Node], str]:
    alias: dict[str, str] = {}

    def real(name: str) -> str:
        while name in alias:
            name = alias[name]
        return name

    nodes = []
    for n in graph.graph.node:
        inputs = [real(i) for i in n.input]
        if n.op_type == "Identity":
            alias[n.output[0]] = inputs[0]
        else:
            options = {a.name: helper.get_attribute_value(a) for a in n.attribute}
            nodes.append(Node(n.op_type, inputs, n.output[0], options))
    return nodes, real(out)


def _readers(nodes: list[Node]) -> dict[str, list[Node]]:
    readers: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        for name in node.inputs:
            readers[name].append(node)
    return readers


def _with_biases(nodes: list[Node], static: dict[str, np.ndarray]) -> list[Node]:
    """A convolution followed by the sum with a (1, n, 1, 1) constant is one with a bias."""
    readers, gone = _readers(nodes), set()
    for node in nodes:
        after = readers[node.output]
        if node.kind != "Conv" or len(node.inputs) != 2 or len(after) != 1 or after[0].kind != "Add":
            continue
        other = next(i for i in after[0].inputs if i != node.output)
        value = static.get(other)
        if value is not None and value.ndim == 4 and value.size == static[node.inputs[1]].shape[0]:
            static[other] = value.reshape(-1)
            node.inputs.append(other)
            node.output = after[0].output
            gone.add(id(after[0]))
    return [n for n in nodes if id(n) not in gone]


def _joined(nodes: list[Node], static: dict[str, np.ndarray]) -> list[Node]:
    """GELU (x/√2, erf, +1, ·x, ·½) and layer normalisation as single operations."""
    readers, gone = _readers(nodes), set()
    for node in nodes:
        after = readers[node.output]
        if node.kind == "Div" and len(after) == 1 and after[0].kind == "Erf":
            chain = [node, after[0]]
            for _ in range(3):
                chain.append(readers[chain[-1].output][0])
            gone |= {id(n) for n in chain[:-1]}
            chain[-1].kind, chain[-1].inputs = "Gelu", [node.inputs[0]]
        elif node.kind == "ReduceMean" and node.options["axes"] in ([2], [-1]) and len(after) == 1:
            if after[0].kind != "Sub":
                continue
            centred = after[0]
            squared = next(n for n in readers[centred.output] if n.kind == "Pow")
            variance = readers[squared.output][0]
            plus = readers[variance.output][0]
            root = readers[plus.output][0]
            scaled = readers[root.output][0]
            weighted = readers[scaled.output][0]
            shifted = readers[weighted.output][0]
            eps = next(float(static[i].reshape(-1)[0]) for i in plus.inputs if i in static)
            w = next(i for i in weighted.inputs if i != scaled.output)
            b = next(i for i in shifted.inputs if i != weighted.output)
            gone |= {id(n) for n in (node, centred, squared, variance, plus, root, scaled, weighted)}
            shifted.kind, shifted.inputs, shifted.options = "LayerNorm", [node.inputs[0], w, b], {"eps": eps}
    return [n for n in nodes if id(n) not in gone]


class Head(nn.Module):
    """Features → log-odds of our classes; each row starts from its letter's row in the base classifier."""

    def __init__(self, base: Path, drop: float = 0.1) -> None:
        super().__init__()
        self.drop, self.fc = nn.Dropout(drop), nn.Linear(WIDTH_OF_FEATURES, len(CHARACTERS) + 1)
        matrix, bias, known = base_classifier(base)
        at = {char: i for i, char in enumerate(known)}
        with torch.no_grad():
            for row, char in enumerate(("", *CHARACTERS)):
                source, new = at.get(char, at.get(base_letter(char))), char not in at
                assert source is not None, char
                noise = torch.randn(WIDTH_OF_FEATURES) * (0.02 if new else 0.0)
                self.fc.weight[row] = torch.from_numpy(matrix[:, source].copy()) + noise
                self.fc.bias[row] = float(bias[source]) - (NEW_CLASS_PENALTY if new else 0.0)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.fc(self.drop(features))
