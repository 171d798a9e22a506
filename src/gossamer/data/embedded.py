"""The set ``digits``, which comes with scikit-learn."""

import numpy as np

from gossamer.data.source import Part, Source


def read_digits() -> Source:
    """1,797 handwritten digits, 8 x 8 pixels of 0 to 16, as uint8; no test part of its own."""
    from sklearn.datasets import load_digits  # takes a second, and other sets do not need it

    bunch = load_digits()
    return Source(
        "digits",
        Part(bunch.images.astype(np.uint8), bunch.target),
        None,
        "Optical recognition of handwritten digits (Alpaydin and Kaynak 1998, UCI), through scikit-learn",
        class_names=tuple("0123456789"),
        maximum=16.0,
    )
