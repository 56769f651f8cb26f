"""Public data files: where they come from, under what licence, and how to get a verified copy."""

import hashlib
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError

_CHUNK = 1 << 20  # bytes
_TIMEOUT = 60  # seconds without an answer


@dataclass(frozen=True)
class Source:
    """A public file.

    Args:
        name: Key in the catalog.
        filename: Path inside a mirror folder.
        url: Public address.
        sha256: Hexadecimal digest of the file.
        licence: Terms of use.
        reference: Whom to cite.
        other_sha256: Digests of copies with the same content that are packed or laid out otherwise, as good.
    """

    name: str
    filename: str
    url: str
    sha256: str
    licence: str
    reference: str
    other_sha256: tuple[str, ...] = ()

    def is_good(self, digest: str) -> bool:
        """Whether a copy with this sha256 will do."""
        return digest == self.sha256 or digest in self.other_sha256


_ERA5_UK = Source(
    name="era5_uk",
    filename="pde/era5-2mt-2019-03-uk.grib",
    url="https://github.com/pydata/xarray-data/raw/master/era5-2mt-2019-03-uk.grib",
    sha256="e5e82609f0e28e84822852e15d20c88dbb4b142a30264a7e6f87b9b5c7501df9",
    licence="Licence to use Copernicus products",
    reference="Hersbach et al. 2020, The ERA5 global reanalysis, doi:10.1002/qj.3803; file from pydata/xarray-data",
)

_PLANETOID = "https://github.com/kimiyoung/planetoid/raw/af6abf468a772cc055bec88c52e4d6f51b7c37e3"
_ENZYMES = "https://github.com/harryjo97/GDSS/raw/24cc490e0c5b39cbd265fda33ab2bc8b528d4454/dataset/ENZYMES"
_MOFLOW = "https://github.com/calvin-zcx/moflow/raw/3611c637260272b3d34a298f221623cb59e01091/data"

_CITESEER = Source(
    name="citeseer",
    filename="graphs/citeseer/ind.citeseer.graph",
    url=f"{_PLANETOID}/data/ind.citeseer.graph",
    sha256="d79a4ef9d3e7169aee8946145f6b7306e35bc79bffad26346cfb94e10e9912a7",
    licence="MIT",
    reference="Yang et al. 2016, Revisiting semi-supervised learning with graph embeddings, arXiv 1603.08861",
)
_ENZYMES_EDGES = Source(
    name="enzymes_edges",
    filename="graphs/ENZYMES/ENZYMES_A.txt",
    url=f"{_ENZYMES}/ENZYMES_A.txt",
    sha256="5553c84f8f562f3e199dfd27192174f485e85c44c1357661098668937a739cbf",
    licence="none stated; a benchmark of TU Dortmund, free to use with citation",
    reference="Borgwardt et al. 2005, doi:10.1093/bioinformatics/bti1007; Morris et al. 2020, TUDataset, arXiv 2007.08663",
)
_ENZYMES_GRAPHS = Source(
    name="enzymes_graphs",
    filename="graphs/ENZYMES/ENZYMES_graph_indicator.txt",
    url=f"{_ENZYMES}/ENZYMES_graph_indicator.txt",
    sha256="95ba0fa47eba6f02e6b754a215dc66d5b49de3f45f57a128514301a8d7ed5f46",
    licence=_ENZYMES_EDGES.licence,
    reference=_ENZYMES_EDGES.reference,
)
_QM9 = Source(
    name="qm9",
    filename="molecules/qm9.csv",
    url="https://github.com/aspuru-guzik-group/selfies/raw/eb6177e5f20cfd8787f2ac4423f5b38dce6eeeb8/tests/test_sets/qm9.csv",
    sha256="80c060e299a44112b89be3fc6d95145dfeda97aa3eab1e2662aafdfbb00f7929",
    licence="Apache-2.0",
    reference="Ramakrishnan et al. 2014, doi:10.1038/sdata.2014.22; file from aspuru-guzik-group/selfies",
)
_QM9_TEST_ROWS = Source(
    name="qm9_test_rows",
    filename="molecules/valid_idx_qm9.json",
    url=f"{_MOFLOW}/valid_idx_qm9.json",
    sha256="889fd232a33d8a2c00f057c807b119e72abd5baa48f6fab93e8d8b7a79340f4d",
    licence="MIT",
    reference="Zang and Wang 2020, MoFlow, arXiv 2006.10137",
)
_ZINC250K = Source(
    name="zinc250k",
    filename="molecules/zinc250k.txt.gz",
    url="https://github.com/wenhao-gao/mol_opt/raw/2da631be85af8d10a2bb43f2de76a03171166190/data/zinc.txt.gz",
    sha256="4a25e61e99e38427087d59096d2f8d2f2f59296ae42d57917fa6bc6abe7c5f0d",
    licence="MIT",
    reference="Irwin et al. 2012, ZINC, doi:10.1021/ci3001277; file from wenhao-gao/mol_opt",
    other_sha256=("cf1f05bfed0c334a38aa26f27e4a5016dd09f5e225b86dcad490bb5f203fb099",),  # the same lines in a tar archive
)
_ZINC250K_TEST_ROWS = Source(
    name="zinc250k_test_rows",
    filename="molecules/valid_idx_zinc250k.json",
    url=f"{_MOFLOW}/valid_idx_zinc.json",
    sha256="cf1af3a8588c947493ff0a2b60178db6726e9a4dbb445235b149cd3bbe6831df",
    licence="MIT",
    reference="Zang and Wang 2020, MoFlow, arXiv 2006.10137",
    other_sha256=("5ea3d2e4248a592c4f019a337efe3863687c78f359a461d47fb2d9a25c3629ec",),  # without the end of line
)

_PEAKS = "https://github.com/bernardo-de-almeida/DeepSTARR/raw/b02e460c7581934bb6c8910e53be04da10688781/DeepSTARR"
_DEEPROMOTER = "https://github.com/egochao/DeePromoter/raw/4279eba86882d9daef4fcb2d740b29d0ff234567/data"
_YEAST = (
    "https://github.com/1edv/evolution/raw/bf4a41983a82ac81b3ef60fa33fc0e253760c73d/manuscript_code/model/results_summary"
)
_FLIP = "https://github.com/J-SNACKKB/FLIP/raw/62cace8735f5610e2743cf06ce0f944b37fffaa6/splits/gb1"
_OUBOUNYT = "Oubounyt et al. 2019, DeePromoter, doi:10.3389/fgene.2019.00286; file from egochao/DeePromoter"
_VAISHNAV = (
    "Vaishnav et al. 2022, The evolution, evolvability and engineering of gene regulatory DNA, "
    "doi:10.1038/s41586-022-04506-6; file from 1edv/evolution"
)

_CTCF_PEAKS = Source(
    name="ctcf_peaks",
    filename="sequences/ctcf.fa.gz",
    url=f"{_PEAKS}/Neural_Network_DNA_Demo/data/ctcf.fa.gz",
    sha256="29f74f5096f3d6e71125c3b34eabb88d72e422fefeac55c9763b4e588132c4d5",
    licence="MIT",
    reference="const-ae/Neural_Network_DNA_Demo, 2017; file from bernardo-de-almeida/DeepSTARR",
)
_PU1_PEAKS = Source(
    name="pu1_peaks",
    filename="sequences/pu1.fa.gz",
    url=f"{_PEAKS}/Neural_Network_DNA_Demo/data/pu1.fa.gz",
    sha256="5db3f070fa38285600492ae4d2fe58e511ffd3f1573ecf48cc7cff7a2e297a2a",
    licence="MIT",
    reference=_CTCF_PEAKS.reference,
)
_HUMAN_PROMOTERS = Source(
    name="human_promoters",
    filename="sequences/hs_pos_TATA.txt.gz",
    url=f"{_DEEPROMOTER}/human/TATA/hs_pos_TATA.txt",
    sha256="a05deb65d3c6d72d39db1c20e8d5549f1d373ea35936302c6ed8255dcf2a66c3",
    licence="MIT",
    reference=_OUBOUNYT,
    other_sha256=("9515889e07fea56de600ba1ed170c801e8b9b93a8e96d253db07b693aae3d38a",),  # not compressed
)
_MOUSE_PROMOTERS = Source(
    name="mouse_promoters",
    filename="sequences/mm_pos_TATA.txt.gz",
    url=f"{_DEEPROMOTER}/mouse/TATA/mm_pos_TATA.txt",
    sha256="f99b32379bf732eadc60be422522fb2af9c7021fc88f380baaa3972fb7d58a93",
    licence="MIT",
    reference=_OUBOUNYT,
    other_sha256=("4a69c76ed20d94505b803ef1a7ceddc8682d3c96c6a04851fcbb18d1d530fa6c",),  # not compressed
)
_YEAST_DRIFT = Source(
    name="yeast_drift",
    filename="sequences/yeast/Drift_testdata.csv.gz",
    url=f"{_YEAST}/Drift_testdata.csv",
    sha256="54a10e395df6084564f41efae203f062e635568379d4f71a9ecdab5ff176a13b",
    licence="MIT",
    reference=_VAISHNAV,
    other_sha256=("71cc95f6ecfba595ea41c000925cb989a2546a93c57e369b1a85b6c2e2a58272",),  # not compressed
)
_YEAST_RANDOM = Source(
    name="yeast_random",
    filename="sequences/yeast/Random_testdata_defined_media.csv.gz",
    url=f"{_YEAST}/Random_testdata_defined_media.csv",
    sha256="3132ddaaf144d1d511237c826a2cd5d615c7ec82754c25373690ed5ad6a84815",
    licence="MIT",
    reference=_VAISHNAV,
    other_sha256=("8a286b99b7e3dc98af842d0b1bced48dad0669a5374b0751a21fb913b6162431",),  # not compressed
)
_YEAST_SELECTION = Source(
    name="yeast_selection",
    filename="sequences/yeast/SSWM_testdata.csv.gz",
    url=f"{_YEAST}/SSWM_testdata.csv",
    sha256="fc2c9d367a0f119ff2e16b36c7d43db4c5b1146359e5812c78a89031451e0103",
    licence="MIT",
    reference=_VAISHNAV,
    other_sha256=("8ad27650477af57ba667c9f9ba2a1dc7916101448235e5a973590a8b512b23b2",),  # not compressed
)
_GB1 = Source(
    name="gb1",
    filename="proteins/gb1_four_mutations_full_data.csv.zip",
    url=f"{_FLIP}/four_mutations_full_data.csv.zip",
    sha256="85692d808dcd3ae54fa2ac31f4e590858d4582369b6c7b05df299b9b6c383bff",
    licence="AFL-3.0",
    reference="Wu et al. 2016, doi:10.7554/eLife.16965; Dallago et al. 2021, FLIP, doi:10.1101/2021.11.09.467890",
)

SOURCES = {
    source.name: source
    for source in (
        _ERA5_UK,
        _CITESEER,
        _ENZYMES_EDGES,
        _ENZYMES_GRAPHS,
        _QM9,
        _QM9_TEST_ROWS,
        _ZINC250K,
        _ZINC250K_TEST_ROWS,
        _CTCF_PEAKS,
        _PU1_PEAKS,
        _HUMAN_PROMOTERS,
        _MOUSE_PROMOTERS,
        _YEAST_DRIFT,
        _YEAST_RANDOM,
        _YEAST_SELECTION,
        _GB1,
    )
}


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(source: Source, destination: str | Path, mirror: Path | None = None, download: bool = True) -> Path:
    """Puts a verified copy of `source` at `destination`; a good copy already there is kept.

    Args:
        source: What to get.
        destination: File to write.
        mirror: Folder laid out by `Source.filename`; used first where it has the file.
        download: Whether the public address may be asked when the mirror has not got the file.

    Returns:
        `destination`.

    Raises:
        InputError: Neither place has the file, the download failed, or the sha256 differs.
    """
    destination = Path(destination)
    if destination.is_file() and source.is_good(sha256(destination)):
        return destination
    with atomic_file(destination) as temporary:
        with closing(_open(source, mirror, download)) as stream:
            origin, found = _copy(stream, temporary, source)
        if not source.is_good(found):
            raise InputError(
                f"`{source.name}` from {origin} has sha256 {found}, expected {source.sha256}: "
                "the copy is damaged or the source has changed; replace it by a good one"
            )
    return destination


def _open(source: Source, mirror: Path | None, download: bool) -> IO[bytes]:
    local = None if mirror is None else Path(mirror) / source.filename
    if local is not None and local.is_file():
        return open(local, "rb")
    advice = f"get it from {source.url} and put it at {local or 'MIRROR/' + source.filename}"
    if not download:
        missing = f"no file {local}" if local is not None else "no mirror folder is set"
        raise InputError(f"`{source.name}`: {missing} and downloads are off; {advice}, or allow downloads")
    try:
        return urllib.request.urlopen(source.url, timeout=_TIMEOUT)
    except (urllib.error.URLError, OSError) as error:
        raise InputError(f"`{source.name}`: download of {source.url} failed ({error}); {advice}") from error


def _copy(stream: IO[bytes], path: Path, source: Source) -> tuple[str, str]:
    """Copies a stream to a file; gives where it came from and the sha256 of what was written."""
    digest = hashlib.sha256()
    try:
        with open(path, "wb") as file:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
    except OSError as error:
        raise InputError(f"`{source.name}`: copying broke off ({error}); try again") from error
    return str(getattr(stream, "name", None) or source.url), digest.hexdigest()
