"""The ways to give a model pictures: files of any number, the camera, a picture that it never learnt from."""

import streamlit as st

from pages.parts.shared import datasets, widget_values
from pages.parts.shared.tasks import registry
from pages.parts.shared.words import t
from pages.parts.try_it import dropped_pictures, few_pictures, live_camera
from tl_core import store
from tl_core.datasets.splits import TEST
from tl_core.jobs.trial import Shown
from tl_core.modalities import registry as modalities


def draw(run: store.RunRow) -> None:
    """Draw the ways to give pictures, and the answers to all of them."""
    ways = {"file": t("Picture files"), "camera": t("Camera"), "test": t("One of my test pictures")}
    way = st.segmented_control(
        t("Which picture?"),
        list(ways),
        format_func=ways.__getitem__,
        default="file",
        required=True,
        key="try-way",
    )
    if way == "camera":
        few_pictures.draw(run, live_camera.draw(run))
    elif way == "test":
        _test_picture(run)
    else:
        dropped_pictures.draw(run)


def _test_picture(run: store.RunRow) -> None:
    dataset = datasets.loaded(run.dataset_id)
    rows = [index for index in range(len(dataset)) if dataset.splits[index] == TEST]
    if not rows:
        st.caption(t("There are no test pictures."))
        return
    turn = int(widget_values.value_of("try-turn", 0))
    # A step that shares no factor with the count visits every picture before one comes twice.
    index = rows[(turn * 7919) % len(rows)]
    digest = str(dataset.hashes[index])
    content = modalities.of(dataset).stored(digest).read_bytes()
    truth = registry.of_dataset(dataset).truth(dataset, index)
    few_pictures.draw(run, [Shown(digest, str(dataset.names[index]), content)], {digest: truth})
    if st.button(t("Another one"), key="try-another", icon=":material/casino:"):
        widget_values.set_value("try-turn", turn + 1)
        st.rerun()
