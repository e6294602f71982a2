"""What a LiteRT file says of itself, in the form that MediaPipe and ML Kit read.

A table of the metadata schema (file identifier "M001"), which the model keeps as a buffer called
"TFLITE_METADATA"; it names files that lie in a zip behind the model, such as the labels. The package
that writes such tables, tflite-support, cannot be installed beside today's TensorFlow, so the fields
are laid down here by their numbers in the schema, with `flatbuffers`.

Reference:
    tensorflow/tflite-support, metadata_schema.fbs, version 1.1.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flatbuffers import Builder

NAME = "TFLITE_METADATA"
"""What the buffer is called in the model."""
_IDENTIFIER = b"M001"
_READABLE_SINCE = "1.0.0"
_AXIS_LABELS = 2
_FEATURES, _IMAGE = 1, 2
"""What a tensor holds, by the number in the schema."""
_NORMALISATION = 1
_RED_GREEN_BLUE = 1


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or an output of the model.

    Attributes:
        name: as programs show it.
        about: one sentence.
        image: whether it is a picture of three colours, values 0 to 255: they are left as they are,
            since the model scales them itself.
        labels: the file in the zip that names its numbers, one a line; "" for none.
    """

    name: str
    about: str
    image: bool = False
    labels: str = ""


def written(
    title: str, about: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], licence: str
) -> bytes:
    """Return the table for a model with these tensors, in the order of its first subgraph."""
    builder = Builder(1024)
    tensors = [
        _vector(builder, [_tensor(builder, each) for each in some]) for some in (inputs, outputs)
    ]
    graph = _table(builder, 7, {2: tensors[0], 3: tensors[1]})
    graphs = _vector(builder, [graph])
    texts = [builder.CreateString(text) for text in (title, about, licence, _READABLE_SINCE)]
    root = _table(builder, 8, {0: texts[0], 1: texts[1], 3: graphs, 5: texts[2], 7: texts[3]})
    builder.Finish(root, _IDENTIFIER)
    return bytes(builder.Output())


def _tensor(builder: Builder, each: Tensor) -> int:
    name, about = builder.CreateString(each.name), builder.CreateString(each.about)
    fields = {0: name, 1: about, 3: _content(builder, each)}
    if each.image:
        fields[4] = _vector(builder, [_unchanged(builder)])
    if each.labels:
        file = builder.CreateString(each.labels)
        named = _table(builder, 4, {0: file}, {2: _AXIS_LABELS})
        fields[6] = _vector(builder, [named])
    return _table(builder, 7, fields)


def _content(builder: Builder, each: Tensor) -> int:
    """Return what kind of thing a tensor holds: a picture, or plain numbers."""
    if not each.image:
        return _table(builder, 3, {1: _table(builder, 0, {})}, {0: _FEATURES})
    return _table(builder, 3, {1: _table(builder, 2, {}, {0: _RED_GREEN_BLUE})}, {0: _IMAGE})


def _unchanged(builder: Builder) -> int:
    """Return the normalisation (x − 0) / 1."""
    vectors = []
    for value in (0.0, 1.0):
        builder.StartVector(4, 1, 4)
        builder.PrependFloat32(value)
        vectors.append(builder.EndVector())
    options = _table(builder, 2, {0: vectors[0], 1: vectors[1]})
    return _table(builder, 2, {1: options}, {0: _NORMALISATION})


def _table(
    builder: Builder, count: int, offsets: dict[int, int], numbers: dict[int, int] | None = None
) -> int:
    """Write a table of so many fields: some refer to what was written before, some are small numbers."""
    builder.StartObject(count)
    for field, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(field, offset, 0)
    for field, number in (numbers or {}).items():
        builder.PrependInt8Slot(field, number, 0)
    return builder.EndObject()


def _vector(builder: Builder, offsets: Sequence[int]) -> int:
    """Write a list of what was written before."""
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
