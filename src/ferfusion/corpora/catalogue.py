"""The tables of corpora."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.afew import list_afew
from ferfusion.corpora.baum1 import list_baum1, list_baum1a, list_baum1s
from ferfusion.corpora.ckplus import list_ckplus
from ferfusion.corpora.cremad import list_cremad
from ferfusion.corpora.csv_table import list_csv
from ferfusion.corpora.dfew import FOLDS, list_dfew
from ferfusion.corpora.enterface import list_enterface
from ferfusion.corpora.entries import CorpusListing
from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.corpora.ferv39k import list_ferv39k
from ferfusion.corpora.folder import list_folder
from ferfusion.corpora.mead import list_mead
from ferfusion.corpora.mmi import list_mmi
from ferfusion.corpora.oulu_casia import list_oulu_casia
from ferfusion.corpora.ravdess import list_ravdess
from ferfusion.corpora.rml import list_rml
from ferfusion.corpora.savee import list_savee
from ferfusion.corpora.stills import StillsListing

CORPORA: MappingProxyType[str, Callable[[Path], CorpusListing]] = MappingProxyType(
    {
        "folder": list_folder,
        "csv": list_csv,
        "baum1": list_baum1,
        "baum1a": list_baum1a,
        "baum1s": list_baum1s,
        "ravdess": list_ravdess,
        "cremad": list_cremad,
        "enterface": list_enterface,
        "savee": list_savee,
        "rml": list_rml,
        "mmi": list_mmi,
        "ckplus": list_ckplus,
        "oulu_casia": list_oulu_casia,
        "afew": list_afew,
        "dfew": list_dfew,  # fold 1; the others follow
        **{f"dfew{fold}": partial(list_dfew, fold=fold) for fold in FOLDS[1:]},
        "ferv39k": list_ferv39k,
        "mead": list_mead,
    }
)

STILLS_CORPORA: MappingProxyType[str, Callable[[Path], StillsListing]] = MappingProxyType(
    {"fer2013": list_fer2013}
)
"""Corpora of single images."""
LAYOUTS_OF_MANY = frozenset({"", "csv", "folder", "unknown"})
"""Layouts that many corpora have: two of the same name need not be of the same people."""
