"""A map of all pictures: those that a backbone finds alike lie close together.

The principal components are there at once; t-SNE, which keeps neighbours together instead of
large distances, follows when there is time for it.

Reference:
    van der Maaten and Hinton 2008, Visualizing Data using t-SNE. JMLR 9.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tl_core.base import files
from tl_core.datasets import manifest

FILE = "map.npz"
COMPONENTS = 50
"""Components that t-SNE starts from: enough to tell pictures apart, few enough to be quick."""
FEWEST, MOST = 10, 20_000
"""Pictures that t-SNE is worth, and that it manages within minutes."""
PERPLEXITY = 30.0

Places = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PictureMap:
    """Where every picture lies; rows run as in the data set.

    Attributes:
        pca: float32 (n, 2), the two directions in which the pictures differ most.
        tsne: float32 (n, 2), neighbours kept together; None until it was worked out.
    """

    pca: Places
    tsne: Places | None = None


def make(features: np.ndarray) -> PictureMap:
    """Return the map that is there at once.

    Args:
        features: float (n, d), one row per picture.
    """
    return PictureMap(_components(features, 2))


def refined(found: PictureMap, features: np.ndarray) -> PictureMap:
    """Return the map with t-SNE; the same map for very few or very many pictures.

    The same features give the same places.
    """
    if not is_refinable(len(features)):
        return found
    from sklearn.manifold import TSNE  # two seconds to import: only where it is used
    from threadpoolctl import threadpool_limits

    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    start = _components(features, COMPONENTS)
    # Its threads wait for one another busily, some thousand times. At the low priority that this
    # has, beside a training, each of these waits takes a turn of the scheduler: minutes in all.
    with threadpool_limits(1, user_api="openmp"):
        tsne = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(start)
    return PictureMap(found.pca, tsne.astype(np.float32))


def kept(found: PictureMap, stays: np.ndarray) -> PictureMap:
    """Return the map of the pictures that stay, each where it was.

    Args:
        found: a map.
        stays: bool (n,), whether each picture stays.
    """
    return PictureMap(found.pca[stays], None if found.tsne is None else found.tsne[stays])


def is_refinable(count: int) -> bool:
    """Say whether t-SNE is worked out for so many pictures."""
    return FEWEST <= count <= MOST


def save(dataset_id: str, found: PictureMap) -> None:
    """Save a map beside its data set; readers see the old one or the new one, whole."""
    buffer = io.BytesIO()
    tsne = np.zeros((0, 2), np.float32) if found.tsne is None else found.tsne
    np.savez_compressed(buffer, pca=found.pca, tsne=tsne)
    files.write_whole(path_of(dataset_id), buffer.getvalue())


def load(dataset_id: str) -> PictureMap | None:
    """Return the map of a data set, or None when there is none yet."""
    try:
        with np.load(path_of(dataset_id), allow_pickle=False) as kept:
            return PictureMap(kept["pca"], kept["tsne"] if len(kept["tsne"]) else None)
    except FileNotFoundError:
        return None


def path_of(dataset_id: str) -> Path:
    """Return where the map of a data set is kept."""
    return manifest.folder(dataset_id) / FILE


def _components(features: np.ndarray, count: int) -> Places:
    """Return the first principal components, float32 (n, count), each with a fixed sign.

    They come from the d × d products, so that many pictures take little memory, as scikit-learn's
    PCA does with "covariance_eigh"; importing that would cost more than the rest of this function.
    """
    centred = features.astype(np.float32) - features.mean(axis=0, dtype=np.float32)
    _, directions = np.linalg.eigh(centred.T @ centred)
    leading = directions[:, ::-1][:, :count]
    largest = np.abs(leading).argmax(axis=0)
    places = centred @ (leading * np.sign(leading[largest, np.arange(leading.shape[1])]))
    missing = count - places.shape[1]
    return np.pad(places, ((0, 0), (0, max(0, missing)))).astype(np.float32)
