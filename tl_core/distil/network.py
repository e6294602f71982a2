"""The starter backbone in the form it is trained in: scaled convolutions, no batch statistics.

Batch normalisation takes half the time of a training step on a CPU. Each convolution instead
normalises its own weights and carries a gain and a bias, set from the data once at the start.
Afterwards every scaled convolution becomes a plain one with batch normalisation that computes
the same function, with statistics measured on pictures (see `to_plain`).

Reference:
    Brock et al. 2021, Characterizing Signal Propagation to Close the Performance Gap in
    Unnormalized ResNets. arXiv:2101.08692.
    Salimans and Kingma 2016, Weight Normalization. arXiv:1602.07868.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from tl_core.backbones import starter
from tl_core.distil import teacher
from tl_core.training.network import has_gpu

ops: Any = keras.ops  # its published types are too narrow

BN_EPSILON = 1e-3


class ScaledConv(keras.layers.Layer):
    """Convolution with normalised weights, gain and bias; depthwise when `filters` is None."""

    def __init__(
        self, filters: int | None, kernel: int, stride: int, activation: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel, self.stride = filters, kernel, stride
        self.activation = activation
        self.calibrating: str | None = None
        self.mean = self.variance = np.zeros(0)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the direction `v` (kh, kw, in, out), the gain and the bias."""
        channels = int(input_shape[-1] or 0)
        depth, out = (channels, 1) if self.filters is None else (channels, self.filters)
        self.fan_in = self.kernel**2 * (1 if self.filters is None else channels)
        start = keras.initializers.RandomNormal(stddev=1 / math.sqrt(self.fan_in))
        # A dense kernel is kept as a matrix: the optimiser orthogonalises its updates.
        self.shape = (self.kernel, self.kernel, depth, out)
        flat = self.shape if self.filters is None else (self.fan_in, out)
        self.v = self.add_weight(name="v", shape=flat, initializer=start)
        width = channels if self.filters is None else self.filters
        self.gain = self.add_weight(name="gain", shape=(width,), initializer="ones")
        self.bias = self.add_weight(name="bias", shape=(width,), initializer="zeros")

    def direction(self) -> Any:
        """Weights of unit norm per output channel (dense ones also of zero mean)."""
        v = ops.reshape(ops.convert_to_tensor(self.v), self.shape)
        axes = (0, 1) if self.filters is None else (0, 1, 2)
        if self.filters is not None and self.fan_in > 1:
            v = v - ops.mean(v, axis=axes, keepdims=True)
        return v / ops.sqrt(ops.sum(ops.square(v), axis=axes, keepdims=True) + 1e-6)

    def scaled(self) -> Any:
        """Direction times gain."""
        gain = ops.convert_to_tensor(self.gain)
        if self.filters is None:
            gain = ops.reshape(gain, (1, 1, -1, 1))
        return self.direction() * gain

    def _convolve(self, x: Any, weights: Any) -> Any:
        if self.kernel == self.stride == 1:  # twice as fast as a convolution, there and back
            flat = ops.matmul(ops.reshape(x, (-1, x.shape[-1])), weights[0, 0])
            return ops.reshape(flat, (-1, *x.shape[1:3], flat.shape[-1]))
        if self.filters is None and has_gpu():
            return shifted_sum(x, weights[..., 0], self.stride)
        conv = ops.depthwise_conv if self.filters is None else ops.conv
        return conv(x, weights, strides=self.stride, padding="same")

    def call(self, x: Any) -> Any:
        """Convolve, add the bias, clip to [0, 6] where the layer has an activation."""
        if self.calibrating:
            self._calibrate(x)
        y = self._convolve(x, self.scaled()) + ops.convert_to_tensor(self.bias)
        return ops.relu6(y) if self.activation else y

    def _calibrate(self, x: Any) -> None:
        raw = self._convolve(x, self.direction())
        self.mean = ops.convert_to_numpy(ops.mean(raw, axis=(0, 1, 2)))
        self.variance = ops.convert_to_numpy(ops.var(raw, axis=(0, 1, 2)))
        if self.calibrating == "set":
            gain = 1 / np.sqrt(self.variance + 1e-5)
            self.gain.assign(gain)
            self.bias.assign(-self.mean * gain)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple:
        """Height and width divided by the stride, rounded up."""
        sides = [None if side is None else -(-side // self.stride) for side in input_shape[1:3]]
        return (input_shape[0], *sides, self.filters or input_shape[-1])


def shifted_sum(x: Any, weights: Any, stride: int) -> Any:
    """A depthwise convolution as a weighted sum of shifted maps, with "same" padding.

    Compilers make one pass of it, there and back. The depthwise kernels of GPU libraries are
    slower, above all the gradients.

    Args:
        x: (n, h, w, c).
        weights: (kernel, kernel, c).
        stride: in both directions.
    """
    kernel, sides = weights.shape[0], x.shape[1:3]
    out = [-(-side // stride) for side in sides]
    missing = [max((o - 1) * stride + kernel - side, 0) for o, side in zip(out, sides, strict=True)]
    x = ops.pad(x, ((0, 0), *((m // 2, m - m // 2) for m in missing), (0, 0)))
    reach = [(o - 1) * stride + 1 for o in out]
    return sum(
        x[:, i : i + reach[0] : stride, j : j + reach[1] : stride] * weights[i, j]
        for i in range(kernel)
        for j in range(kernel)
    )


def scaled_conv(
    x: Any,
    name: str,
    filters: int | None,
    kernel: int,
    *,
    stride: int = 1,
    activation: bool = True,
) -> Any:
    """The training form of `starter.conv_bn`."""
    return ScaledConv(filters, kernel, stride, activation, name=name)(x)


def segments(size_px: int) -> list[keras.Model]:
    """The network cut wherever the teacher says what should stand there (`teacher.LESSONS`)."""
    models: list[keras.Model] = []
    inputs = keras.Input((size_px, size_px, 3))
    x = starter.stem(inputs, scaled_conv)
    for name, block in starter.named_blocks():
        x = starter.block(x, name, block, scaled_conv)
        if name in teacher.LESSONS:
            models.append(keras.Model(inputs, x, name=f"train_{name}"))
            x = inputs = keras.Input(x.shape[1:])
    models.append(keras.Model(inputs, starter.top(x, scaled_conv), name=f"train_{starter.TOP}"))
    return models


def chained(models: list[keras.Model]) -> keras.Model:
    """The segments as one model."""
    x = models[0].input
    for model in models:
        x = model(x)
    return keras.Model(models[0].input, x)


def scaled_layers(models: list[keras.Model]) -> list[ScaledConv]:
    """Every scaled convolution, input first."""
    return [layer for m in models for layer in m.layers if isinstance(layer, ScaledConv)]


def calibrate(models: list[keras.Model], inputs: list[Any], mode: str) -> None:
    """Run every segment on its input; "set" scales the layers, "measure" only looks."""
    for model, x in zip(models, inputs, strict=True):
        for layer in scaled_layers([model]):
            layer.calibrating = mode
        model(x, training=False)
        for layer in scaled_layers([model]):
            layer.calibrating = None


def to_plain(models: list[keras.Model], pictures: np.ndarray) -> keras.Model:
    """The same function as a plain model with batch normalisation.

    Gamma is the measured deviation, so normalisation and gamma cancel and the kernel is the
    whole scale. Kernels and biases are rounded to float16: folding the normalisation into the
    convolution, as converters do, then still gives numbers that float16 holds exactly.

    Args:
        models: the trained segments.
        pictures: float32 (n, size, size, 3) in [-1, 1] on which statistics are measured.
    """
    x, inputs = ops.convert_to_tensor(pictures), []
    for model in models:
        inputs.append(x)
        x = model(x, training=False)
    calibrate(models, inputs, "measure")
    plain = starter.build(weights=None)
    for layer in scaled_layers(models):
        kernel, bias = (_rounded(v) for v in (layer.scaled(), layer.bias))
        gain = ops.convert_to_numpy(layer.gain)
        mean, variance = layer.mean * gain, layer.variance * gain**2
        plain.get_layer(f"{layer.name}_conv").set_weights([kernel])
        plain.get_layer(f"{layer.name}_bn").set_weights(
            [np.sqrt(variance + BN_EPSILON), bias + mean, mean, variance]
        )
    return plain


def from_plain(models: list[keras.Model], plain: keras.Model) -> None:
    """Set trained segments to the function of a plain model made by `to_plain`."""
    for layer in scaled_layers(models):
        (kernel,) = plain.get_layer(f"{layer.name}_conv").get_weights()
        gamma, beta, mean, variance = plain.get_layer(f"{layer.name}_bn").get_weights()
        scale = gamma / np.sqrt(variance + BN_EPSILON)
        axes = (0, 1) if layer.filters is None else (0, 1, 2)
        norm = np.sqrt(np.sum(kernel**2, axis=axes)).reshape(-1)
        across = norm.reshape(-1, 1) if layer.filters is None else norm
        layer.v.assign((kernel / (across + 1e-12)).reshape(layer.v.shape))
        layer.gain.assign(norm * scale)
        layer.bias.assign(beta - mean * scale)


def _rounded(values: Any) -> np.ndarray:
    return ops.convert_to_numpy(values).astype(np.float16).astype(np.float32)
