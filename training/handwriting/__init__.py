"""Training of the handwriting reader: from public packages and a folder of lines to weights.

Not part of the product: needs PyTorch and onnx (`pip install sohoa[training]`), and the base model of `rapidocr`.
"""
