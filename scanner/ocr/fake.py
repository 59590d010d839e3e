"""A scripted recogniser, shipped so that a form or a plug-in can be tried without any engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.model import Crop, EngineReading, Reason


class ScriptedRecogniser:
    """Answers from a script: field id → (text, score). Fields not in the script cannot be read."""

    name = "scripted-1"

    def __init__(self, script: Mapping[str, tuple[str, float]]) -> None:
        self._script = dict(script)

    def read(self, crops: Sequence[Crop]) -> list[EngineReading]:
        """One reading a crop, as the script says."""
        return [self._one(crop) for crop in crops]

    def _one(self, crop: Crop) -> EngineReading:
        if crop.field not in self._script:
            return EngineReading("", 0.0, self.name, reason=Reason("nothing_recognised"))
        text, score = self._script[crop.field]
        return EngineReading(text, score, self.name)
