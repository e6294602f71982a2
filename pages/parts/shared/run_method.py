"""The method of a run and what it learnt from beside its data set, in a line or two."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.shared import datasets, method_explained, run_names, setting_words
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t
from tl_core import store
from tl_core.backbones import catalogue
from tl_core.base.errors import UserError
from tl_core.config import SETTINGS
from tl_core.methods import registry
from tl_core.methods.method import Ended
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Modality


def draw(run: store.RunRow) -> None:
    """Draw what the method is called, and a line for every further input; nothing of a model that came alone."""
    if (run.metrics or {}).get("arrived"):
        return  # a model alone does not tell
    st.caption(t("Method: {name}", name=literal(t(registry.title_of(run.config)))))
    titles = registry.inputs_of(run.config)
    for role, identifier in (run.inputs or {}).items():
        title = t(titles[role]) if role in titles else literal(shortened(role, 40))
        st.caption(t("{input}: {name}", input=title, name=literal(_named(role, identifier))))


def modality(run: store.RunRow) -> Modality:
    """Return what a run's examples are, as its backbone says; its data set may be gone."""
    name = str(run.setting("backbone") or "")
    known = catalogue.known(name)
    return modalities.of(known) if known else modalities.USUAL


def additions(run: store.RunRow) -> None:
    """Draw what the method has to say about a result, beside others on the same data set."""
    others = [
        Ended(other.config, other.metrics or {})
        for other in store.runs(dataset_id=run.dataset_id)
        if other.id != run.id and other.metrics
    ]
    for sentence in registry.additions(Ended(run.config, run.metrics or {}), others):
        st.markdown(literal(t(sentence)))
    config = registry.read(run.config)
    if config is not None:
        method_explained.draw(config)


def differing(runs: Sequence[store.RunRow]) -> list[str]:
    """Return the names of the settings that are not the same in all of the runs, in their usual order."""
    return [name for name in SETTINGS if len({repr(run.setting(name)) for run in runs}) > 1]


def written(run: store.RunRow, name: str) -> str:
    """Return the value of a run's setting as its widget writes it; "–" where it had none such."""
    value, declared = run.setting(name), SETTINGS[name]
    if value is None:
        return "–"
    if name == "backbone":
        return run_names.backbone(run)
    if name == "method_name":
        return t(registry.title_of(run.config))
    if name == "method_settings" and isinstance(value, Mapping) and value:
        titles = registry.setting_titles(run.config)
        return ", ".join(
            f"{t(titles.get(str(key), str(key)))}: {own}" for key, own in value.items() if own != ""
        )
    return setting_words.written(declared, tuple(value) if isinstance(value, list) else value)


def _named(role: str, identifier: str) -> str:
    """Return what an input is called; it may be deleted, or have stayed on another computer."""
    try:
        if role == store.TEACHER:
            return run_names.title(store.run(identifier))
        return datasets.title(store.dataset(identifier))
    except UserError:
        return t("not there any more")
