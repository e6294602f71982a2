"""One step of training, for each Keras backend: the only place that knows which one runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras

Loss = Callable[..., Any]


class Step(Protocol):
    """A compiled function that takes a batch and changes the weights."""

    def __call__(self, *batch: Any) -> Any:
        """Learn from a batch; the loss is a tensor: who does not look at it need not wait for it."""
        ...

    def settle(self) -> None:
        """Bring weights and optimiser up to date, which may lie elsewhere between steps."""
        ...


def make_step(models: Sequence[keras.Model], optimizer: keras.Optimizer, loss: Loss) -> Step:
    """The step of the backend that runs.

    Args:
        models: whose trainable variables are trained.
        optimizer: already built on these variables.
        loss: batch tensors to a scalar; calls the models.
    """
    variables = [v for model in models for v in model.trainable_variables]
    kinds: dict[str, Any] = {"tensorflow": _TensorFlow, "jax": _Jax, "torch": _Torch}
    return kinds[keras.backend.backend()](variables, optimizer, loss)


class _TensorFlow:
    def __init__(self, variables: list, optimizer: Any, loss: Loss) -> None:
        import tensorflow as tf

        @tf.function(jit_compile=False)
        def step(*batch):
            with tf.GradientTape() as tape:
                value = loss(*batch)
            optimizer.apply(tape.gradient(value, [v.value for v in variables]), variables)
            return value

        self._step, self._tensor = step, tf.convert_to_tensor

    def __call__(self, *batch: Any) -> Any:
        return self._step(*(self._tensor(part) for part in batch))

    def settle(self) -> None:
        pass


class _Jax:
    """Keeps what it trains to itself: six hundred assignments take longer than a step on a GPU."""

    def __init__(self, variables: list, optimizer: Any, loss: Loss) -> None:
        import jax  # pyright: ignore[reportMissingImports]

        def pure_loss(values, batch):
            with keras.StatelessScope(list(zip(variables, values, strict=True))):
                return loss(*batch)

        @jax.jit
        def step(values, state, batch):
            value, gradients = jax.value_and_grad(pure_loss)(values, batch)
            values, state = optimizer.stateless_apply(state, gradients, values)
            return value, values, state

        self._step, self._variables, self._optimizer = step, variables, optimizer
        self._values = [v.value for v in variables]
        self._state = [v.value for v in optimizer.variables]
        rates = [v is optimizer.learning_rate for v in optimizer.variables]
        self._rate = rates.index(True)  # which is set from outside before every step

    def __call__(self, *batch: Any) -> Any:
        self._state[self._rate] = self._optimizer.learning_rate.value
        value, values, state = self._step(self._values, self._state, batch)
        self._values, self._state = list(values), list(state)
        return value

    def settle(self) -> None:
        ours = [*self._values, *self._state]
        theirs = [*self._variables, *self._optimizer.variables]
        for variable, value in zip(theirs, ours, strict=True):
            variable.assign(value)


class _Torch:
    def __init__(self, variables: list, optimizer: Any, loss: Loss) -> None:
        self._variables, self._optimizer, self._loss = variables, optimizer, loss

    def __call__(self, *batch: Any) -> Any:
        import torch  # pyright: ignore[reportMissingImports]

        for variable in self._variables:
            variable.value.grad = None
        value = self._loss(*(torch.as_tensor(part) for part in batch))
        value.backward()
        with torch.no_grad():
            self._optimizer.apply([v.value.grad for v in self._variables], self._variables)
        return value.detach()

    def settle(self) -> None:
        pass
