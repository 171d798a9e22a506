"""The spectrum of a pattern: how far it is from falling apart."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackError, svds

from gossamer._native import Pattern

_SMALL = 64  # sides up to which all singular values are computed


def spectral_ratio(pattern: Pattern) -> float | None:
    """Second singular value of a pattern's 0-1 matrix [n_in, n_out] over the first; None where there is none.

    For a biregular pattern the first is the root of the product of the degrees. The smaller the ratio, the
    larger the spectral gap, and the faster signals mix (Bourely et al. 2017 relate it to accuracy). A
    pattern in two equal pieces has the ratio 1.
    """
    if min(pattern.n_in, pattern.n_out) < 2 or pattern.nnz == 0:
        return None
    shape = (pattern.n_in, pattern.n_out)
    matrix = csr_array(
        (np.ones(pattern.nnz), pattern.targets.astype(np.int64), pattern.source_offsets), shape=shape
    )
    if min(shape) <= _SMALL:
        values = np.linalg.svd(matrix.toarray(), compute_uv=False)[:2]
    else:
        try:
            values = np.sort(svds(matrix, k=2, return_singular_vectors=False, v0=np.ones(min(shape))))[::-1]
        except ArpackError:
            return None
    # Rounded, because the last digits depend on the library.
    return float(np.round(values[1] / values[0], 6))
