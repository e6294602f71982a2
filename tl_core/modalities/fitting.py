"""How the script beside a model of one size brings opened examples to that size; see `Modality.fitting`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fitting:
    """How the script beside a model of one size brings an opened example to that size.

    Attributes:
        text: the lines that define

                def fitted(opened): ...

            which takes one opened example and returns it as `Modality.decode` gives it.
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
