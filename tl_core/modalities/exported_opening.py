"""How scripts that leave Graft open an example, and prepare it: beside a model, or as a whole training."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """How the script that travels with an exported model opens an example.

    Attributes:
        install: the end of the line that tells what to install, after what runs the model.
        call: the files that the script is shown to be called with.
        opener: the function that opens a file, by name; it gives what the model takes of one.
        text: the lines that define it.
        rest: what stands word for word as in Graft, "" for nothing.
        imports: modules of the standard library that it needs.
        needs: the lines that import what else it needs.
    """

    install: str
    call: str
    opener: str
    text: str
    rest: str = ""
    imports: tuple[str, ...] = ()
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How the script beside a model of one size brings an opened example to that size.

    Attributes:
        text: the lines that define

                def fitted(opened): ...

            which takes one opened example and returns it as `decode` gives it.
        rest: what stands word for word as in Graft, "" for nothing.
        imports: modules of the standard library that it needs, or whole lines "from … import …".
        needs: the lines that import what else it needs.
    """

    text: str
    rest: str = ""
    imports: tuple[str, ...] = ()
    needs: str = ""


ANY_SIZE = Fitting("")
"""Of a model that takes opened examples as they are."""
AS_OPENED = Fitting(
    '''
def fitted(opened):
    """Return an opened example as the network takes it."""
    return opened
'''
)
"""Of a modality whose opened examples all have the size of the network."""


@dataclass(frozen=True, slots=True)
class ExampleCode:
    """How the program of a training prepares examples, as Python beside NumPy, Keras and what the opener needs.

    Attributes:
        fitted: defines `fitted(path)`: a file as the network sees it, not yet scaled.
        scaled: defines `scaled(examples)`: these as the backbone expects them, float32.
        changed: defines `changed(example, name, view)`, which gives a changed copy.
        imports: modules of the standard library that they need.
        needs: the lines that import what else they need.
    """

    fitted: str
    scaled: str
    changed: str
    imports: tuple[str, ...] = ()
    needs: str = ""
