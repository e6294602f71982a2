"""Data sets as pages need them: read once, called by name and version."""

import numpy as np
import streamlit as st

from pages.parts.shared.words import t
from tl_core import store
from tl_core.datasets import division, manifest
from tl_core.datasets.manifest import Dataset


@st.cache_resource(max_entries=8, show_spinner=False)
def loaded(dataset_id: str) -> Dataset:
    """Return a data set, read once; data sets never change."""
    return manifest.load(dataset_id)


@st.cache_data(max_entries=32, show_spinner=False)
def leaked(dataset_id: str) -> np.ndarray:
    """Return the rows that a split without guard would have judged by, a copy learnt from."""
    return division.leaked(manifest.load(dataset_id))


def title(row: store.DatasetRow) -> str:
    """Return a data set's name, with its version where there is more than one."""
    if row.version == 1:
        return row.name
    return f"{row.name} · {t('version {number}', number=row.version)}"
