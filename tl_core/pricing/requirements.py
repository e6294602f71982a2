"""What a job needs of the machine, refused in words before anything is loaded."""

import psutil

from tl_core.base.errors import UserError
from tl_core.base.said import counted
from tl_core.encoding.job import Job
from tl_core.pricing import costs
from tl_core.pricing.stock import Stock


def require_memory(job: Job) -> None:
    """Refuse a job that would not fit into this machine's memory, before anything is loaded.

    Raises:
        UserError: "memory".
    """
    needed, free = costs.memory_bytes(job), psutil.virtual_memory().available
    if needed > free:
        raise UserError(
            "memory",
            "This training needs about {needed} GB of memory and {free} GB are free.",
            hint="Choose average instead of flatten, smaller hidden layers, fewer stages or smaller batches.",
            needed=f"{needed / 1e9:.1f}",
            free=f"{free / 1e9:.1f}",
        )


def require_room(job: Job) -> None:
    """Refuse a job whose kept rows would not fit into the cache or on the disk.

    A new run never is, as it keeps what `keeping` finds room for. One that goes on needs what it
    kept before, to end in the same bits.

    Raises:
        UserError: "cache-room".
    """
    stock = Stock()
    if not stock.fits(job):
        needed = f"{stock.missing_bytes(job) / 1e9:.1f}"
        allowed = f"{stock.room_bytes(job.rows_dir) / 1e9:.1f}"
        raise UserError(
            "cache-room",
            counted(
                "What the frozen part sees of {count} picture takes {needed} GB, and {room} GB are"
                " allowed or free.",
                "What the frozen part sees of {count} pictures takes {needed} GB, and {room} GB are"
                " allowed or free.",
                stock.rows(job)[0],
                needed=needed,
                room=allowed,
            ),
            hint="This run began with room for it. Raise the cache's size on the Settings page or free "
            "some disk space, then let the run go on.",
        )
