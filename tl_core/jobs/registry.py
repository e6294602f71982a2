"""The kinds of jobs, in the order in which their turn comes. A new one is a module and a line here."""

from tl_core.jobs.job import JobKind
from tl_core.jobs.kinds.answering import ANSWER
from tl_core.jobs.kinds.audition import AUDITION
from tl_core.jobs.kinds.depth_comparison import COMPARE_DEPTHS
from tl_core.jobs.kinds.exact_head import EXACT_HEAD
from tl_core.jobs.kinds.explaining import EXPLAIN
from tl_core.jobs.kinds.fetching import FETCH
from tl_core.jobs.kinds.importing import IMPORT
from tl_core.jobs.kinds.inspection import INSPECT
from tl_core.jobs.kinds.installing import INSTALL
from tl_core.jobs.kinds.learning_curve import LEARNING_CURVE
from tl_core.jobs.kinds.making_backbone import MAKE_BACKBONE
from tl_core.jobs.kinds.none_of_these import NONE_OF_THESE
from tl_core.jobs.kinds.packing import PACK
from tl_core.jobs.kinds.preparation import PREPARE
from tl_core.jobs.kinds.proposing import PROPOSE
from tl_core.jobs.kinds.rate_search import FIND_RATE
from tl_core.jobs.kinds.reporting import REPORT
from tl_core.jobs.kinds.search import SEARCH
from tl_core.jobs.kinds.shift_measuring import MEASURE_SHIFT
from tl_core.jobs.kinds.training import TRAIN
from tl_core.jobs.kinds.transfer_comparison import SIDE_BY_SIDE
from tl_core.jobs.kinds.trying import TRY

KINDS: tuple[JobKind, ...] = (
    TRAIN,
    IMPORT,
    FETCH,
    INSTALL,
    PACK,
    EXACT_HEAD,
    MAKE_BACKBONE,
    NONE_OF_THESE,
    TRY,
    ANSWER,
    EXPLAIN,
    FIND_RATE,
    COMPARE_DEPTHS,
    PROPOSE,
    SIDE_BY_SIDE,
    MEASURE_SHIFT,
    AUDITION,
    SEARCH,
    LEARNING_CURVE,
    INSPECT,
    PREPARE,
    REPORT,
)


def get(name: str) -> JobKind:
    """Return the kind called `name`."""
    return next(kind for kind in KINDS if kind.name == name)


def find(name: str) -> JobKind | None:
    """Return the kind called `name`; None for one of another Graft, whose jobs are left alone."""
    return next((kind for kind in KINDS if kind.name == name), None)
