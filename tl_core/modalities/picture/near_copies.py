"""Find pictures that are the same: stored twice, or made from one another.

Near-duplicates are what a resize, a recompression, a small crop or a change of brightness leaves
behind. Likely pairs come from comparing tiny thumbnails (and features, when given); every pair
is then laid over one another exactly (`alignment`), so that two shots of the same hand are not
taken for one. A 64-bit perceptual hash was measured for the first step and found fewer: its bits
say nothing about *how* far a crop moved them.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from tl_core.base import cores, joining
from tl_core.base.joining import Groups
from tl_core.modalities import symmetries
from tl_core.modalities.picture import alignment, turned
from tl_core.modalities.related import Related

NEIGHBOURS = 8
"""Candidates per picture: a planted copy was never beyond the third place among 1,500."""
THUMBNAIL_COSINE = 0.7
FEATURE_COSINE = 0.9
COLOUR_DIFFERENCE = 14.0
"""Mean difference of tint, 0 to 255; copies stay below 9."""
TINTS = 4
"""Places along each side whose tints are compared."""
AMONG_FEW = 3
"""Candidates per picture among others that are searched one by one: see `made_from`."""
BLOCK = 2048
PAIRS = 512
"""Compared by one thread at a time."""

OnProgress = Callable[[int, int], None]


def near(
    fingerprints: np.ndarray,
    features: np.ndarray | None = None,
    on_progress: OnProgress | None = None,
) -> Groups:
    """Return rows whose pictures are the same but for size, compression, light or a small crop.

    Of rows with the same stored picture only one is looked at.

    Args:
        fingerprints: (n,), as `fingerprints.of` gives them.
        features: float (n, d) of a backbone, which find a few more candidates.
        on_progress: called with pairs compared and pairs in all.
    """
    _, rows = np.unique(fingerprints["hash"], return_index=True)
    if len(rows) < 2:
        return []
    pairs = pairs_of_near(
        fingerprints[rows],
        None if features is None else features[rows],
        on_progress,
        only_joining=True,
    )
    return joining.connected(rows[pairs])


def related(
    fingerprints: np.ndarray,
    features: np.ndarray | None = None,
    on_progress: OnProgress | None = None,
) -> Related:
    """Return near-duplicates, and those that are mirrored or turned by quarters besides.

    Args:
        fingerprints: see `near`.
        features: see `near`.
        on_progress: see `near`.
    """
    _, rows = np.unique(fingerprints["hash"], return_index=True)
    if len(rows) < 2:
        return Related()
    prints = fingerprints[rows]
    plain = _plain(prints, None if features is None else features[rows])
    otherwise = turned.candidates(prints["grey"])
    total = len(plain) + len(otherwise)

    def tell(done: int, _: int) -> None:
        if on_progress:
            on_progress(done, total)

    found = _compared(prints, plain, tell, only_joining=True)
    # What lies the same way round need not be compared in other ways; and of a thing that is
    # symmetric in itself nobody could tell which it is.
    otherwise = _unjoined(otherwise, found, len(prints))
    done = total - len(otherwise)
    found = _compared(
        prints, otherwise, lambda more, _: tell(done + more, total), only_joining=True, found=found
    )
    found[:, :2] = rows[found[:, :2]]
    is_plain = found[:, 2] == symmetries.SAME
    return Related(joining.connected(found[is_plain, :2]), found[~is_plain])


def made_from(
    fingerprints: np.ndarray, of: np.ndarray, on_progress: OnProgress | None = None
) -> np.ndarray:
    """Return which pictures are, or were made from, one of `of`, bool (n,), directly or through one another.

    What hangs together among the pictures alone is not looked for: that takes many times as long where
    they are many and `of` few.

    Args:
        fingerprints: (n,), as `fingerprints.of` gives them.
        of: (m,), likewise.
        on_progress: called with pairs compared and pairs in all; copies of copies are compared after them.
    """
    found, fresh = np.isin(fingerprints["hash"], of["hash"]), np.unique(of)
    while len(fresh):
        left = np.flatnonzero(~found)
        rest = fingerprints[left[np.unique(fingerprints["hash"][left], return_index=True)[1]]]
        made = rest[_made_from(rest, fresh, on_progress)]
        found |= np.isin(fingerprints["hash"], made["hash"])
        fresh, on_progress = made, None
    return found


def _made_from(
    fingerprints: np.ndarray, of: np.ndarray, on_progress: OnProgress | None
) -> np.ndarray:
    """Return which pictures were made from one of `of` directly, bool (n,); none is stored twice."""
    count = len(fingerprints)
    if not count:
        return np.zeros(0, bool)
    both = np.concatenate([fingerprints, of])
    plain = neighbours_among(_thumbnails(fingerprints), _thumbnails(of))
    otherwise = turned.candidates_among(fingerprints["grey"], of["grey"])
    triples = np.concatenate(
        [np.column_stack([plain, np.full(len(plain), symmetries.SAME)]), otherwise]
    )
    triples[:, 1] += count
    # Joined with one another from the start, so that of a copy no more is compared.
    joined = np.column_stack(
        [np.full(len(of) - 1, count), np.arange(count + 1, len(both)), np.zeros(len(of) - 1)]
    ).astype(np.int64)
    pairs = _compared(both, triples, on_progress, only_joining=True, found=joined)
    part = joining.parts(pairs[:, :2], len(both))
    return part[:count] == part[count]


def pairs_of_near(
    fingerprints: np.ndarray,
    features: np.ndarray | None = None,
    on_progress: OnProgress | None = None,
    *,
    only_joining: bool = False,
) -> np.ndarray:
    """Return int (pairs, 2), each pair of near-duplicates once, the smaller row first.

    Args:
        fingerprints: (n,), no stored picture twice.
        features: see `near`.
        on_progress: see `near`.
        only_joining: leave out pairs that other pairs join already. In the pictures of a film nearly
            all are near-duplicates of many; comparing them all would take several times as long.
    """
    triples = _plain(fingerprints, features)
    return _compared(fingerprints, triples, on_progress, only_joining=only_joining)[:, :2]


def pairs_of_turned(fingerprints: np.ndarray) -> np.ndarray:
    """Return int (pairs, 3): every two pictures that are the same but mirrored or turned, and how.

    Args:
        fingerprints: (n,), no stored picture twice.
    """
    triples = turned.candidates(fingerprints["grey"])
    return _compared(fingerprints, triples, None, only_joining=False)


def _plain(fingerprints: np.ndarray, features: np.ndarray | None) -> np.ndarray:
    """Return int (candidates, 3): pairs that look alike the same way round."""
    candidates = [neighbours(_thumbnails(fingerprints), NEIGHBOURS, THUMBNAIL_COSINE)]
    if features is not None:
        candidates.append(neighbours(_standardised(features), NEIGHBOURS // 2, FEATURE_COSINE))
    pairs = np.unique(np.concatenate(candidates), axis=0)
    return np.column_stack([pairs, np.full(len(pairs), symmetries.SAME)])


def _compared(
    fingerprints: np.ndarray,
    triples: np.ndarray,
    on_progress: OnProgress | None,
    *,
    only_joining: bool,
    found: np.ndarray | None = None,
) -> np.ndarray:
    """Return `found` and those of the candidates, int (m, 3), that are the same picture."""
    threads = cores.threads()
    kept, total = triples[:0] if found is None else found, len(triples)
    # Comparing is arithmetic on large arrays, during which other threads run.
    with ThreadPoolExecutor(threads) as pool:
        while len(triples):
            now, triples = triples[: threads * PAIRS], triples[threads * PAIRS :]
            blocks = [now[start : start + PAIRS] for start in range(0, len(now), PAIRS)]
            same = np.concatenate(list(pool.map(partial(_same, fingerprints), blocks)))
            kept = np.concatenate([kept, now[same]])
            if only_joining and len(triples):
                triples = _unjoined(triples, kept, len(fingerprints))
            if on_progress:
                on_progress(total - len(triples), total)
    return kept


def _unjoined(triples: np.ndarray, found: np.ndarray, rows: int) -> np.ndarray:
    """Return the candidates that `found` does not join already, directly or through others."""
    part = joining.parts(found[:, :2], rows)
    return triples[part[triples[:, 0]] != part[triples[:, 1]]]


def neighbours(vectors: np.ndarray, count: int, cosine: float) -> np.ndarray:
    """Return int (pairs, 2): every row with its `count` most alike rows, at least `cosine` alike.

    Args:
        vectors: float32 (n, d); compared by angle, a block of rows at a time.
    """
    rows = len(vectors)
    count = min(count, rows - 1)
    if count < 1:
        return np.zeros((0, 2), np.int64)
    unit, pairs = _of_length_one(vectors), []
    for start in range(0, rows, BLOCK):
        alike = unit[start : start + BLOCK] @ unit.T
        here = np.arange(len(alike))
        alike[here, start + here] = -2
        best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        close = np.take_along_axis(alike, best, axis=1) >= cosine
        first = np.broadcast_to(start + here[:, None], best.shape)[close]
        pairs.append(np.stack([first, best[close]], axis=1))
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)


def neighbours_among(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return int (pairs, 2): rows and rows of others that look alike.

    Each with the few most like it among the others, and each of the others with as many as `neighbours`
    have: a copy comes first, but of a picture that was copied often not all do.

    Args:
        vectors: float32 (n, d).
        others: float32 (m, d).
    """
    own, theirs = _of_length_one(vectors), _of_length_one(others)
    pairs = [
        _most_alike(own, theirs, AMONG_FEW),
        _most_alike(theirs, own, NEIGHBOURS)[:, ::-1],
    ]
    return np.unique(np.concatenate(pairs), axis=0)


def _most_alike(unit: np.ndarray, others: np.ndarray, count: int) -> np.ndarray:
    """Return int (pairs, 2): each row with the rows of others most like it, at least `THUMBNAIL_COSINE`."""
    count = min(count, len(others))
    pairs = [np.zeros((0, 2), np.int64)]
    for start in range(0, len(unit), BLOCK):
        alike = unit[start : start + BLOCK] @ others.T
        best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        row, place = np.nonzero(np.take_along_axis(alike, best, axis=1) >= THUMBNAIL_COSINE)
        pairs.append(np.column_stack([start + row, best[row, place]]))
    return np.concatenate(pairs)


def _of_length_one(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-6)).astype(np.float32)


def _same(fingerprints: np.ndarray, triples: np.ndarray) -> np.ndarray:
    """Return bool (m,): which are the same picture, once the first of each is laid as the second.

    One that looks the same both ways, such as a ball, says nothing about how it lies.
    """
    same = np.zeros(len(triples), bool)
    for number in np.unique(triples[:, 2]):
        where = np.flatnonzero(triples[:, 2] == number)
        first, second = fingerprints[triples[where, 0]], fingerprints[triples[where, 1]]
        laid = first.copy()
        for name in ("grey", "colour"):
            laid[name] = symmetries.applied(first[name], number)
        alike = _is_same_shot(laid, second)
        if number != symmetries.SAME:
            alike[alike] = ~_is_same_shot(laid[alike], first[alike])
        same[where] = alike
    return same


def _is_same_shot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return bool (pairs,): whether two fingerprints each are of one shot that lies the same way."""
    sides = [prints[side] for prints in (first, second) for side in ("width", "height")]
    same = alignment.same_shot(first["grey"], second["grey"], np.min(sides, axis=0))
    tint = np.abs(_tint(first["colour"]) - _tint(second["colour"])).mean((1, 2, 3))
    return same & (tint <= COLOUR_DIFFERENCE)


def _tint(colour: np.ndarray) -> np.ndarray:
    """Return what is left of rough colours, float32 (n, 4, 4, 3), when lightness is taken away.

    Args:
        colour: uint8 (n, side, side, 3).
    """
    side = colour.shape[1] // TINTS
    colour = colour.reshape(len(colour), TINTS, side, TINTS, side, 3).mean((2, 4), dtype=np.float32)
    light = colour.mean((1, 2, 3), keepdims=True)
    even = colour * (128 / np.maximum(light, 8))
    return even - even.mean(-1, keepdims=True)


def _thumbnails(fingerprints: np.ndarray) -> np.ndarray:
    small = alignment.shrunk(fingerprints["grey"], 8).reshape(len(fingerprints), -1)
    return small - small.mean(axis=1, keepdims=True)


def _standardised(features: np.ndarray) -> np.ndarray:
    features = features.astype(np.float32, copy=False)
    return (features - features.mean(0)) / (features.std(0) + 1e-6)
