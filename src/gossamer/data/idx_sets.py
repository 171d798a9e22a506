"""MNIST and Fashion-MNIST: four IDX files each, known by the SHA-256 of their content.

The sums are those of the *decompressed* files, because gzip files of the same content differ with the program
that wrote them. Those of Fashion-MNIST were computed from a copy of the files; those of MNIST are the
published ones, which many projects agree on, and were not computed here.
"""

from dataclasses import dataclass
from pathlib import Path

from gossamer.data.idx import read_idx
from gossamer.data.source import Part, Source

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


@dataclass(frozen=True)
class IdxSet:
    """A set of images that is found on disk or downloaded.

    Parameters
    ----------
    name : str
    class_names : tuple of str
    sums : dict from file name, without ``.gz``, to the SHA-256 of the decompressed file
        The keys are train images, train labels, test images and test labels, in this order.
    mirrors : tuple of str
        Addresses of folders that hold the files as ``.gz``, tried in this order.
    provenance : str
    """

    name: str
    class_names: tuple[str, ...]
    sums: dict[str, str]
    mirrors: tuple[str, ...]
    provenance: str


FASHION_MNIST = IdxSet(
    name="fashion-mnist",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    sums={
        TRAIN_IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        TRAIN_LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    mirrors=(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    provenance="Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747), MIT licence",
)

MNIST = IdxSet(
    name="mnist",
    class_names=tuple("0123456789"),
    sums={
        TRAIN_IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        TRAIN_LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    provenance="MNIST (LeCun, Bottou, Bengio and Haffner 1998, Proceedings of the IEEE 86:2278)",
)

IDX_SETS = {one.name: one for one in (FASHION_MNIST, MNIST)}


def read_idx_set(idx_set: IdxSet, files: tuple[Path, ...]) -> Source:
    """Data set from its four files, in the order of ``idx_set.sums``.

    Raises
    ------
    DataError
        If a file cannot be read, is damaged, or is not the published one.
    """
    arrays = [read_idx(path, sha256=sum_) for path, sum_ in zip(files, idx_set.sums.values(), strict=True)]
    return Source(
        idx_set.name,
        Part(arrays[0], arrays[1]),
        Part(arrays[2], arrays[3]),
        idx_set.provenance,
        class_names=idx_set.class_names,
        maximum=255.0,
    )
