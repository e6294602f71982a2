"""The Core ML package a person takes home: a picture of the network's size in, labels with probabilities out.

Scaling, temperature and the task's last step are inside, in 32 bits, and so are the names of the
answers: for one class each as a classifier, which Vision and Xcode show by itself. Core ML makes
pictures smaller by a rule of its own; the script beside the package does it as Graft does.

Reference:
    https://apple.github.io/coremltools, "Image Input and Output", "Classifiers".
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_core.backbones import catalogue
from tl_core.export.formats import frozen_graph, model_properties
from tl_core.export.formats.script import Backend
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.tasks import registry

if TYPE_CHECKING:
    import keras

MODEL = "model.mlpackage"
OUTPUTS = ("answers", "features")
_WRITTEN = ("Identity", "Identity_1")
"""What TensorFlow calls the outputs of a function."""
LABEL = "classLabel"
"""What programs of Apple's expect the answer of a classifier to be called."""
IMAGE = "image"
_LOAD = f"""
file = pathlib.Path(__file__).with_name("{MODEL}")
exact = coremltools.ComputeUnit.CPU_ONLY  # other units calculate in 16 bits
model = coremltools.models.MLModel(str(file), compute_units=exact)
_told, _about = model.user_defined_metadata, model.get_spec().description
{model_properties.READING}
_takes_pictures = _about.input[0].type.WhichOneof("Type") == "imageType"


def asked(opened):
    \"\"\"Return the answers to one opened example, and what the backbone saw.\"\"\"
    given = fitted(opened[0])
    given = Image.fromarray(given) if _takes_pictures else given[None].astype(np.float32)
    told = model.predict({{"{frozen_graph.GIVEN}": given}})
    answers = told[_about.predictedProbabilitiesName or "{OUTPUTS[0]}"]
    if isinstance(answers, dict):  # by its name, as a classifier tells it
        answers = [[answers[name] for name in names]]
    return np.asarray(answers, np.float32), np.asarray(told["{OUTPUTS[1]}"], np.float32)
"""
BACKEND = Backend(
    file="predict.py",
    packages='"coremltools>=8.0"',
    load=_LOAD,
    imports=("base64",),
    needs="import coremltools",
    is_fixed=True,
)


def write(model_dir: Path, file: Path) -> None:
    """Write the trained model of `model_dir` for Core ML, the folder `file`. Imports Keras and TensorFlow.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    assembled = persist.load_model(model_dir)
    package = of(persist.fitted(assembled), assembled.description)
    _describe(package, model_dir, assembled.description)
    package.save(str(file))


def of(model: keras.Model, described: persist.Description) -> Any:
    """Return a Keras model as Core ML's `MLModel`, one example at a time, with the outputs `OUTPUTS`.

    Where each example has one class, what comes first is its label and `LABEL` with every
    probability, as Core ML has it, in place of the answers.
    """
    # It writes progress and remarks about versions where errors are expected.
    with contextlib.redirect_stderr(io.StringIO()):
        import coremltools

        shape = (1, *model.inputs[0].shape[1:])
        is_image = modalities.of(described).media_type == IMAGE
        kind = coremltools.ImageType if is_image else coremltools.TensorType
        classifier = None
        if registry.get(described.task).one_class_each:
            classifier = coremltools.ClassifierConfig(
                [*described.classes], LABEL, predicted_probabilities_output=_WRITTEN[0]
            )
        written: Any = coremltools.convert(
            [frozen_graph.of(model, len(OUTPUTS))],
            source="tensorflow",
            convert_to="mlprogram",
            inputs=[kind(frozen_graph.GIVEN, shape)],
            classifier_config=classifier,
            compute_precision=coremltools.precision.FLOAT32,
            minimum_deployment_target=coremltools.target.iOS15,
            skip_model_load=True,
        )
    spec = written.get_spec()
    for name, told in zip(_WRITTEN, OUTPUTS, strict=True):
        coremltools.utils.rename_feature(spec, name, told)
    return coremltools.models.MLModel(spec, weights_dir=written.weights_dir, skip_model_load=True)


def _describe(package: Any, model_dir: Path, described: persist.Description) -> None:
    """Put into the package what a program, and a person in Xcode, has to know of it."""
    told = model_properties.with_detector(model_dir, described)
    package.user_defined_metadata.update(told)
    package.short_description = registry.get(described.task).purpose
    package.license = catalogue.get(described.backbone).weights_license
