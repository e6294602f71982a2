"""What decompositions of features take, in operations: beside products with features they are the work of a closed form.

Measured once, with one thread of one processor and LAPACK of OpenBLAS, in operations of a float32 product in the
same time: eigenvectors of a symmetric matrix of 1,024 to 2,048 rows 17 to 20 times the cube of these (a smaller one
more, which hardly counts), and a product of them, in double precision, 5; singular vectors of 300 rows 38 to 42
times the square of the shorter side by the longer one. Runs correct it with the rest of the exact head's price.
"""

EIGEN = 23.0
SINGULAR = 40.0
DOUBLE = 4.0
"""Operations of float32 that a multiplication and an addition in double precision are worth."""


def eigen(channels: int) -> float:
    """Return the operations, 1e9, until a symmetric matrix is decomposed and put together anew, as for a root."""
    return EIGEN * 1e-9 * channels**3


def singular(rows: int, channels: int) -> float:
    """Return the operations, 1e9, of the main directions of features, (rows, channels)."""
    shorter, longer = sorted((rows, channels))
    return SINGULAR * 1e-9 * shorter**2 * longer


def covariance(rows: int, channels: int) -> float:
    """Return the operations, 1e9, of the covariance of features, or of their product with such a matrix."""
    return DOUBLE * 1e-9 * rows * channels**2
