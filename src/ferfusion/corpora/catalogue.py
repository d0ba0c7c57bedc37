"""The table of corpora."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.baum1 import list_baum1, list_baum1a, list_baum1s
from ferfusion.corpora.entries import CorpusListing
from ferfusion.corpora.folder import list_folder
from ferfusion.corpora.table import list_csv

CORPORA: MappingProxyType[str, Callable[[Path], CorpusListing]] = MappingProxyType(
    {
        "folder": list_folder,
        "csv": list_csv,
        "baum1": list_baum1,
        "baum1a": list_baum1a,
        "baum1s": list_baum1s,
    }
)
