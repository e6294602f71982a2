"""One step of training, for each Keras backend: the only place that knows which one runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

Step = Callable[..., Any]


def make_step(
    models: Sequence[keras.Model], optimizer: keras.Optimizer, loss: Callable[..., Any]
) -> Step:
    """A compiled function that takes a batch, changes the weights and returns the loss.

    The loss is a tensor: who does not look at it yet need not wait for it.

    Args:
        models: whose trainable variables are trained.
        optimizer: already built on these variables.
        loss: batch tensors to a scalar; calls the models.
    """
    variables = [v for model in models for v in model.trainable_variables]
    makers = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
    return makers[keras.backend.backend()](variables, optimizer, loss)


def _tensorflow(variables: list, optimizer: Any, loss: Callable[..., Any]) -> Step:
    import tensorflow as tf

    @tf.function(jit_compile=False)
    def step(*batch):
        with tf.GradientTape() as tape:
            value = loss(*batch)
        optimizer.apply(tape.gradient(value, [v.value for v in variables]), variables)
        return value

    return lambda *batch: step(*(tf.convert_to_tensor(b) for b in batch))


def _jax(variables: list, optimizer: Any, loss: Callable[..., Any]) -> Step:
    import jax  # pyright: ignore[reportMissingImports]

    def pure_loss(values, batch):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return loss(*batch)

    @jax.jit
    def step(values, state, batch):
        value, gradients = jax.value_and_grad(pure_loss)(values, batch)
        values, state = optimizer.stateless_apply(state, gradients, values)
        return value, values, state

    def run(*batch) -> Any:
        values = [v.value for v in variables]
        state = [v.value for v in optimizer.variables]
        value, values, state = step(values, state, batch)
        for variable, new in zip(
            [*variables, *optimizer.variables], [*values, *state], strict=True
        ):
            variable.assign(new)
        return value

    return run


def _torch(variables: list, optimizer: Any, loss: Callable[..., Any]) -> Step:
    import torch  # pyright: ignore[reportMissingImports]

    def run(*batch) -> Any:
        for variable in variables:
            variable.value.grad = None
        value = loss(*(torch.as_tensor(b) for b in batch))
        value.backward()
        with torch.no_grad():
            optimizer.apply([v.value.grad for v in variables], variables)
        return value.detach()

    return run
