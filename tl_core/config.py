"""TrainConfig: every choice a person can make, with its title, help and bounds.

The title, description and bounds of a field ARE the widget's label, help and limits, and the
command line's help. `depth` says where a field shows: "main", "more" or "expert"; a `group` keeps
fields together there. `applies` says whether a field matters beside the others.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tl_core.base.errors import UserError
from tl_core.base.said import Said

Depth = Literal["main", "more", "expert"]
Group = Literal["", "changes", "rate"]
Resize = Literal["squash", "crop", "pad"]
Pooling = Literal["average", "flatten"]
Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
Schedule = Literal["constant", "cosine", "plateau"]
Start = Literal["closed_form", "random"]
ClassWeights = Literal["none", "balanced"]
Loss = Literal["mse", "mae", "huber"]
Scale = Literal["plain", "log"]
Task = Literal["classify", "regress"]


def _field(default: Any, *, depth: Depth, group: Group = "", **details: Any) -> Any:
    return Field(default, json_schema_extra={"depth": depth, "group": group}, **details)


class TrainConfig(BaseModel):
    """One training, fully described. Equal settings on equal data give equal results."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    backbone: str = _field(
        "starter",
        depth="main",
        title="Backbone",
        description="The pretrained network your model starts from. Larger ones see more and take longer.",
    )
    trainable_stages: int = _field(
        0,
        depth="main",
        ge=0,
        le=64,
        title="Stages to train",
        description="How many stages of the backbone learn, counted from the output. "
        "0 trains only the new head: fastest, and best with few pictures.",
    )
    epochs: int = _field(
        10,
        depth="main",
        ge=1,
        le=500,
        title="Epochs",
        description="Passes over the training pictures. Raise it while the validation curve still climbs.",
    )

    learning_rate: float = _field(
        1e-3,
        depth="more",
        gt=0,
        le=1e10,
        title="Learning rate",
        description="Size of each correction. Lower it if the loss jumps about, raise it if it crawls.",
    )
    batch_size: int = _field(
        32,
        depth="more",
        ge=1,
        le=1024,
        title="Batch size",
        description="Pictures looked at before each correction. Smaller is noisier and needs less memory. Lower it if memory runs short.",
    )
    class_weights: ClassWeights = _field(
        "none",
        depth="more",
        title="Class weights",
        description="Balanced makes rare classes count as much as common ones. Take it when some classes have far fewer pictures.",
    )
    patience: int = _field(
        5,
        depth="more",
        ge=0,
        le=100,
        title="Stop early after",
        description="Stop when validation has not improved for this many epochs, "
        "and keep the best weights. Raise it if the curve is bumpy; 0 never stops early.",
    )

    loss: Loss = _field(
        "mse",
        depth="more",
        title="What counts as far off",
        description="How misses are added up when numbers are learnt. Squared error minds large misses most; "
        "take absolute error or Huber where a few odd values should not rule.",
    )
    target_scale: Scale = _field(
        "plain",
        depth="more",
        title="Learn numbers as",
        description="The logarithm makes misses count in proportion to the number. "
        "Take it when a few numbers are very large, as with prices; columns that reach zero stay as they are.",
    )

    flip: bool = _field(
        False,
        depth="more",
        group="changes",
        title="Flip left and right",
        description="Also learn from mirrored pictures. Leave it off where left and right matter, as in text.",
    )
    rotate: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=180,
        title="Rotate by up to (degrees)",
        description="Also learn from turned pictures. Useful when the camera is not always upright.",
    )
    zoom: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=0.9,
        title="Zoom by up to",
        description="Also learn from pictures taken closer or farther away. Useful when the distance varies. 0.2 means up to 20 %.",
    )
    crop: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=0.9,
        title="Crop away up to",
        description="Also learn from parts of a picture. Useful when things are often cut off. 0.2 means up to a fifth of its width and height.",
    )
    shift: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=0.5,
        title="Shift by up to",
        description="Also learn from pictures with the subject off centre. Useful when nobody aims with care. 0.1 means up to a tenth of the side.",
    )
    brightness: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=0.9,
        title="Brighter or darker by up to",
        description="Also learn from other light. Useful when pictures will be taken at any time of day.",
    )
    contrast: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=0.9,
        title="Contrast stronger or weaker by up to",
        description="Also learn from flatter and harsher pictures. Useful for different cameras.",
    )
    saturation: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=1,
        title="Colours stronger or paler by up to",
        description="Also learn from paler and richer colours. 1 goes as far as grey.",
    )
    hue: float = _field(
        0.0,
        depth="more",
        group="changes",
        ge=0,
        le=180,
        title="Other colours, by up to (degrees)",
        description="Also learn from pictures with turned colours. Leave it at 0 where colour matters for the answer.",
    )
    views: int = _field(
        1,
        depth="more",
        group="changes",
        ge=0,
        le=50,
        title="Views per picture",
        description="How many changed copies of each training picture are prepared once. "
        "More help when there are few pictures. 0 makes new ones in every epoch, which takes longer.",
    )

    folds: int = _field(
        0,
        depth="more",
        ge=0,
        le=10,
        title="Cross-validate in parts",
        description="Also solves the exact head that many times, each time judged on another part, and shows how much "
        "the number varies. 5 is usual with fewer than 200 pictures; 0 leaves it out.",
    )

    image_size_px: int = _field(
        0,
        depth="expert",
        ge=0,
        le=1024,
        title="Picture size (pixels)",
        description="Side of the square that the network sees. Raise it where small details matter; it takes longer. Nothing (0) takes the backbone's own size.",
    )
    resize: Resize = _field(
        "squash",
        depth="expert",
        title="Fit pictures by",
        description="Squash changes proportions and loses nothing, crop keeps the middle, pad adds black bars. Pad where proportions matter for the answer.",
    )
    pooling: Pooling = _field(
        "average",
        depth="expert",
        title="Pooling",
        description="How the network's last picture-like map becomes a list of numbers. "
        "Average is small and robust; flatten keeps positions and needs far more weights.",
    )
    hidden_units: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = _field(
        (),
        depth="expert",
        max_length=4,
        title="Hidden layers",
        description="Neurons in each extra layer of the head, 1 to 8192, at most four layers: 1024, or 512, 128. "
        "Empty connects straight to the answers, which is best with few pictures.",
    )
    dropout: float = _field(
        0.0,
        depth="expert",
        ge=0,
        lt=1,
        title="Dropout",
        description="Share of the head's inputs hidden at random in each step. Helps when training is far better than validation.",
    )
    l2: float = _field(
        0.0,
        depth="expert",
        ge=0,
        le=10,
        title="L2 penalty",
        description="Pulls the weights of the head and of trained stages towards zero: their squares, times this, join the loss. "
        "Raise it if training is far better than validation; 0.0001 is a start.",
    )
    label_smoothing: float = _field(
        0.0,
        depth="expert",
        ge=0,
        lt=1,
        title="Label smoothing",
        description="Makes the model a little less sure of its answers. Helps where some labels may be wrong; 0.1 is usual.",
    )
    optimizer: Optimizer = _field(
        "adam",
        depth="expert",
        title="Optimiser",
        description="How corrections are made. Adam, AdamW and RMSprop adapt by themselves; "
        "SGD with momentum is the classic and wants a larger learning rate.",
    )
    momentum: float = _field(
        0.9,
        depth="expert",
        ge=0,
        lt=1,
        title="Momentum",
        description="For SGD: how much of the last correction carries on into the next. Lower it if the loss swings.",
    )
    nesterov: bool = _field(
        False,
        depth="expert",
        title="Look ahead (Nesterov)",
        description="For SGD: corrects from where momentum is about to lead. Try it where the loss swings to and fro.",
    )
    weight_decay: float = _field(
        0.004,
        depth="expert",
        ge=0,
        le=1,
        title="Weight decay",
        description="For AdamW: how strongly weights shrink in each step. Raise it if training is far better than validation.",
    )
    mixup: float = _field(
        0.0,
        depth="expert",
        ge=0,
        le=1,
        title="Mixup",
        description="Also learn from blends of two pictures with blended answers; the larger, the more even the blend. "
        "0.2 is usual. Helps against learning by heart when there are few pictures.",
    )
    schedule: Schedule = _field(
        "constant",
        depth="expert",
        group="rate",
        title="Learning rate over time",
        description="Constant stays as it is. Cosine rises gently, then falls to nothing, which often ends better. "
        "On plateaus lowers it whenever validation stops improving.",
    )
    warmup: float = _field(
        0.1,
        depth="expert",
        group="rate",
        ge=0,
        le=0.5,
        title="Warm-up",
        description="For cosine: the share of the training during which the rate rises. Raise it if the start is rough.",
    )
    plateau_patience: int = _field(
        2,
        depth="expert",
        group="rate",
        ge=1,
        le=50,
        title="Lower the rate after",
        description="For plateaus: epochs without improvement before the rate is lowered. Keep it below “Stop early after”.",
    )
    plateau_factor: float = _field(
        0.5,
        depth="expert",
        group="rate",
        gt=0,
        lt=1,
        title="Lower the rate to",
        description="For plateaus: the share of the rate that remains each time. Smaller settles sooner.",
    )
    thaw_every: int = _field(
        0,
        depth="expert",
        group="rate",
        ge=0,
        le=50,
        title="Unfreeze one stage every",
        description="Epochs between stages: the head learns alone first, then one stage joins after another, from the top. "
        "0 lets all of them learn from the start. Helps when fine-tuning spoils what was learnt before.",
    )
    tail_rate: float = _field(
        0.1,
        depth="expert",
        group="rate",
        gt=0,
        le=10,
        title="Backbone's share of the learning rate",
        description="Trained stages use this fraction of the learning rate, so that they change gently. Raise it with many pictures that look unlike photographs.",
    )
    stage_decay: float = _field(
        1.0,
        depth="expert",
        group="rate",
        gt=0,
        le=1,
        title="Rate decay per stage",
        description="Each stage farther from the output learns at this fraction of the one above it. Lower it to keep early stages close to what they know.",
    )
    train_batch_norm: bool = _field(
        False,
        depth="expert",
        title="Update batch normalisation",
        description="Off keeps the statistics learnt in pretraining, which is right for small batches. Turn it on for many pictures of another kind, such as X-rays.",
    )
    start: Start = _field(
        "closed_form",
        depth="more",
        title="Watch it learn",
        description="A random head learns from nothing while you watch, instead of beginning with a quick exact solution. "
        "Turn it on to see, or to show others, how learning goes.",
    )
    seed: int = _field(
        0,
        depth="expert",
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="Fixes every random choice. The same seed gives the same model. Change it to see how much is luck.",
    )

    @property
    def augments(self) -> bool:
        """Whether training pictures are changed at all."""
        return self.moves or self.recolours

    @property
    def moves(self) -> bool:
        """Whether changed copies are mirrored, turned, zoomed, cropped or shifted."""
        return bool(self.flip or self.rotate or self.zoom or self.crop or self.shift)

    @property
    def recolours(self) -> bool:
        """Whether changed copies have other light or colours."""
        return bool(self.brightness or self.contrast or self.saturation or self.hue)


LESSON = TrainConfig(start="random", epochs=20, patience=0)
"""For the sample pictures: a head that knows nothing yet, so that a class can watch it learn."""


def depth_of(name: str) -> Depth:
    """Return where the field called `name` shows in the app."""
    return cast(Depth, _extra(name)["depth"])


def group_of(name: str) -> Group:
    """Return what the field called `name` is shown together with."""
    return cast(Group, _extra(name)["group"])


def applies(name: str, config: TrainConfig, task: Task) -> bool:
    """Say whether the field called `name` changes anything, given the others and the task."""
    if name in _FOR_TASK:
        return _FOR_TASK[name] == task
    return name not in _MATTERS or _MATTERS[name](config)


_FOR_TASK: Mapping[str, Task] = {
    "class_weights": "classify",
    "label_smoothing": "classify",
    "loss": "regress",
    "target_scale": "regress",
}
_MATTERS: Mapping[str, Callable[[TrainConfig], bool]] = {
    "views": lambda config: config.augments,
    "momentum": lambda config: config.optimizer == "sgd",
    "nesterov": lambda config: config.optimizer == "sgd" and config.momentum > 0,
    "warmup": lambda config: config.schedule == "cosine",
    "plateau_patience": lambda config: config.schedule == "plateau",
    "plateau_factor": lambda config: config.schedule == "plateau",
    "thaw_every": lambda config: config.trainable_stages > 0,
    "weight_decay": lambda config: config.optimizer == "adamw",
    "tail_rate": lambda config: config.trainable_stages > 0,
    "stage_decay": lambda config: config.trainable_stages > 1,
    "train_batch_norm": lambda config: config.trainable_stages > 0,
}


def _extra(name: str) -> dict[str, Any]:
    extra = TrainConfig.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return extra


def parse(values: dict[str, Any]) -> TrainConfig:
    """Check `values` and return settings.

    Raises:
        UserError: "setting", naming the first field at fault and what is allowed.
    """
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise UserError("setting", _fault(name, first), hint=_allowed(name)) from error


def parse_assignments(assignments: Iterable[str], base: TrainConfig | None = None) -> TrainConfig:
    """Read FIELD=VALUE pairs as the command line gives them.

    Raises:
        UserError: "setting" for an unknown field or a value out of bounds.
    """
    values: dict[str, Any] = (base or TrainConfig()).model_dump()
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(
                "setting",
                "{assignment!r} is not FIELD=VALUE.",
                "Write, say, epochs=5.",
                assignment=assignment,
            )
        values[name] = _read_units(text) if name == "hidden_units" else text
    return parse(values)


def _read_units(text: str) -> list[str]:
    return [part for part in text.strip("()[] ").replace(" ", "").split(",") if part]


def _fault(name: str, error: ErrorDetails) -> str:
    """Return what is wrong in words, with the value that was given unless it is everything."""
    field = TrainConfig.model_fields.get(name)
    if field is None:
        return Said("There is no setting called {name}.", name=name) if name else error["msg"]
    given = error["input"]
    if isinstance(given, Mapping):
        return Said(
            "{title} ({name}): {fault}.", title=_title(field), name=name, fault=error["msg"]
        )
    what = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return Said(
        "{title} ({name}) cannot be {given}; it must be {what}.",
        title=_title(field),
        name=name,
        given=repr(given),
        what=what,
    )


def _allowed(name: str) -> str:
    field = TrainConfig.model_fields.get(name)
    if field is None:
        return Said("Settings are: {names}.", names=", ".join(TrainConfig.model_fields))
    about = Said(field.description or "")
    return Said("{title}: {about}", title=_title(field), about=about)


def _title(field: FieldInfo) -> Said:
    return Said(field.title or "")
