"""Weights of our networks, opened for one thread."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import resources

from scanner.errors import EngineError
from scanner.messages import Phrase

# The runtime reports its use to its maker unless this stands before it is loaded (onnxruntime 1.32, its Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime


def open_weights(
    file: str, reader: str, needs: Sequence[str] = ()
) -> tuple[onnxruntime.InferenceSession, Mapping[str, str]]:
    """A network that ships with the program, with its metadata, in which `needs` must stand.

    Raises EngineError, naming the reader and the file, when the weights are missing or damaged.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        weights = resources.files("scanner").joinpath("data", file).read_bytes()
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        told = session.get_modelmeta().custom_metadata_map
        return session, {**told, **{name: told[name] for name in needs}}
    except Exception:  # the runtime raises its own kinds for a damaged file; all mean the same to the operator
        raise EngineError("weights_missing", reader=Phrase(f"reader.{reader}"), file=file) from None
