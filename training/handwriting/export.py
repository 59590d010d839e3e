"""Trained weights back into the ONNX graph, with our classifier at its end and the characters in its metadata."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import helper, numpy_helper

from training.handwriting.charset import CHARACTERS
from training.handwriting.network import CLASSIFIER_B, CLASSIFIER_W, Features, Head, features_graph


def export(base: Path, net: Features, head: Head, out: Path, notes: dict[str, str]) -> None:
    """Write a graph (batch, 3, 48, width) → log-probabilities (batch, steps, classes), float32."""
    model = features_graph(base)
    learnt = net.state_dict()
    for weight in model.graph.initializer:
        plain = weight.name.replace(".", "__")
        before = numpy_helper.to_array(weight)
        if plain in learnt and before.dtype.kind == "f":
            after = learnt[plain].float().numpy().reshape(before.shape).astype(before.dtype)
            weight.CopyFrom(numpy_helper.from_array(after, weight.name))
    last = model.graph.output[0].name
    matrix = head.fc.weight.detach().float().numpy().T.copy()
    model.graph.initializer.append(numpy_helper.from_array(matrix, CLASSIFIER_W))
    model.graph.initializer.append(numpy_helper.from_array(head.fc.bias.detach().float().numpy(), CLASSIFIER_B))
    model.graph.node.append(helper.make_node("MatMul", [last, CLASSIFIER_W], ["vi_product"]))
    model.graph.node.append(helper.make_node("Add", ["vi_product", CLASSIFIER_B], ["vi_odds"]))
    model.graph.node.append(helper.make_node("LogSoftmax", ["vi_odds"], ["log_probabilities"], axis=2))
    del model.graph.output[:]
    shape = ["batch", "steps", len(CHARACTERS) + 1]
    model.graph.output.append(helper.make_tensor_value_info("log_probabilities", onnx.TensorProto.FLOAT, shape))
    del model.metadata_props[:]
    for key, value in {"characters": "".join(CHARACTERS), **notes}.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    onnx.save(model, part)
    part.replace(out)
