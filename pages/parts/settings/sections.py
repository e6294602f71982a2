"""The sections of the Settings page."""

import platform
from importlib.metadata import version

import streamlit as st

from pages.parts.shared import notices, numbers, state, words
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t
from pages.parts.web import access
from tl_core import store
from tl_core.base import cores, machine, settings
from tl_core.encoding import cache
from tl_core.home import housekeeping
from tl_core.intake import originals
from tl_core.jobs import spare

LIBRARIES = ("streamlit", "keras", "tensorflow", "ai-edge-litert", "numpy", "pillow")
REMEMBERED_S = 15
SHOWN = 20
GB = 1e9
SPARE_BYTES = 300_000_000  # private memory of a process with Keras and TensorFlow 2.21 loaded
SMALLEST_CACHE_GB, LARGEST_CACHE_GB = 0.1, 10_000.0


def disk() -> None:
    """Draw what takes room, and offer to clear what can be made again."""
    st.header(t("Room on the disk"))
    use = _disk_use()
    rows = (
        (t("Pictures"), use.pictures, t("Each picture once, however many data sets use it.")),
        (t("Data sets"), use.datasets, t("Lists of pictures and their classes.")),
        (t("Runs"), use.runs, t("Models, backbones made of them, answers, logs and downloads.")),
        (t("Cache"), use.cache, t("What frozen networks saw. Can be made again.")),
        (t("Uploads"), use.uploads, t("Files on their way in.")),
    )
    with st.container(horizontal=True, gap="large"):
        for title, taken, about in rows:
            st.metric(title, numbers.size(taken), width="content", help=about)
        st.metric(t("Free"), numbers.size(use.free), width="content")
    st.caption(t("Everything lies in {folder}.", folder=f"`{settings.current().home}`"))
    _originals()
    _cache_limit(use)
    if st.button(
        t("Clear the cache"),
        icon=":material/cleaning_services:",
        disabled=not use.cache,
        help=t("Nothing is lost: the next training works it out again."),
    ):
        before = use.cache
        cache.clear()
        _disk_use.clear()
        notices.tell(t("{size} set free", size=numbers.size(before)))
        st.rerun()


def _originals() -> None:
    """Let a person keep no files as they were uploaded."""
    room = settings.current().originals_bytes
    before = originals.is_wanted()
    chosen = st.toggle(
        t("Keep some pictures as they were uploaded"),
        value=before,
        disabled=not room,
        key="originals",
        help=t(
            "Up to {size} of each import, of the pictures that a model is judged by. What you take home is checked on "
            "these very files. Off, it is checked on the pictures as Graft keeps them; what was kept before stays.",
            size=numbers.size(room),
        ),
    )
    if chosen != before:
        originals.choose(chosen)


def _cache_limit(use: housekeeping.DiskUse) -> None:
    """Draw how full the cache is, and let its limit be changed."""
    limit = cache.limit_bytes()
    st.progress(
        min(1.0, use.cache / max(1, limit)),
        t(
            "The cache holds {size} of at most {limit}.",
            size=numbers.size(use.cache),
            limit=numbers.size(limit),
        ),
    )
    chosen = st.number_input(
        t("Largest cache, in GB"),
        min_value=SMALLEST_CACHE_GB,
        max_value=LARGEST_CACHE_GB,
        value=min(max(limit / GB, SMALLEST_CACHE_GB), LARGEST_CACHE_GB),
        step=1.0,
        format="%.1f",
        help=t(
            "When it is full, what was used longest ago is dropped first. A larger cache lets more trainings begin at once."
        ),
        width=220,
    )
    if st.button(t("Use this size"), disabled=abs(chosen - limit / GB) < 0.05):
        cache.choose_limit(round(chosen * GB))
        _disk_use.clear()
        notices.tell(t("The cache may hold {size} now.", size=numbers.size(round(chosen * GB))))
        st.rerun()


def trash() -> None:
    """Draw what was deleted, newest first, to bring it back or to let it go."""
    kinds: tuple[tuple[store.Kind, str], ...] = (
        ("project", t("Project")),
        ("dataset", t("Data set")),
        ("run", t("Run")),
    )
    gone: list[tuple[store.Kind, str, tuple[str, str, float]]] = [
        (kind, word, row) for kind, word in kinds for row in store.deleted(kind)
    ]
    st.header(t("Deleted"))
    if not gone:
        st.caption(t("Nothing. What you delete can be brought back from here for a week."))
        return
    gone.sort(key=lambda one: -one[2][2])
    pages = -(-len(gone) // SHOWN)
    page = st.pagination(pages, key="gone-page") if pages > 1 else 1
    for kind, word, (identifier, name, deleted_at) in gone[(page - 1) * SHOWN : page * SHOWN]:
        with st.container(
            horizontal=True, vertical_alignment="center", border=True, key=f"gone-{identifier}"
        ):
            when = numbers.moment(deleted_at)
            st.markdown(
                f"{word} **{literal(shortened(name))}**  \n:small[{t('deleted {when}', when=when)}]",
                width="stretch",
            )
            if st.button(t("Bring back"), key=f"restore-{identifier}", icon=":material/undo:"):
                store.restore(kind, identifier)
                notices.tell(t("{name} is back.", name=shortened(name)))
                st.rerun()
    sure = st.checkbox(t("Yes, remove all of this for good"), key="sure-empty")
    if st.button(t("Empty"), icon=":material/delete_forever:", disabled=not sure):
        freed = housekeeping.empty_trash(0)
        notices.tell(t("{size} set free", size=numbers.size(freed)))
        st.rerun()


def computer() -> None:
    """Draw what this computer offers."""
    st.header(t("This computer"))
    device = machine.device()
    with st.container(horizontal=True, gap="large"):
        st.metric(
            t("Trains on"),
            t("graphics card") if device.kind == "gpu" else t("processor"),
            width="content",
        )
        st.metric(t("Cores"), str(cores.available()), width="content")
        st.metric(t("Memory"), numbers.size(machine.memory_bytes()), width="content")
    st.caption(literal(device.name))
    if device.kind == "cpu":
        st.caption(
            t(
                "No graphics card that TensorFlow can use was found. Everything works without, more slowly for large backbones."
            )
        )
    before = spare.is_chosen()
    chosen = st.toggle(
        t("Start trainings at once"),
        value=before,
        key="quick-start",
        help=t(
            "A process with the libraries loaded waits for the next training, which then begins a few seconds sooner. It takes about {size} of memory and waits only while {free} are free. Turn it off if other programs need the memory.",
            size=numbers.size(SPARE_BYTES),
            free=numbers.size(spare.FREE_BYTES),
        ),
    )
    if chosen != before:
        spare.choose(chosen)


def language() -> None:
    """Offer the languages, where there is more than one."""
    names = words.languages()
    if len(names) < 2:
        return
    st.header(t("Language"))
    chosen = st.selectbox(
        t("Language"),
        names,
        index=names.index(state.language()) if state.language() in names else 0,
        format_func=lambda name: words.LANGUAGE_NAMES.get(name) or str(name),
        label_visibility="collapsed",
        width=280,
    )
    if chosen != state.language():
        state.choose_language(chosen)
        st.rerun()


def sign_out() -> None:
    """Offer to end what the access code allowed, on this browser."""
    if not access.is_asked():
        return
    st.header(t("Access"))
    st.markdown(
        t(
            "Everyone who has the access code may do everything here. Sign out where others use this browser, too."
        )
    )
    st.html(
        f'<form method="post" action="{access.SIGN_OUT}">'
        f'<button class="graft-plain-button">{escape(t("Sign out"))}</button></form>'
    )


def about() -> None:
    """Say what Graft is and what it is made of."""
    st.header(t("About"))
    st.markdown(
        t(
            "Graft is free software under the Apache License 2.0. Your pictures never leave this computer."
        )
    )
    parts = [
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in LIBRARIES),
    ]
    st.caption(literal(" · ".join(parts)))


@st.cache_data(ttl=REMEMBERED_S, show_spinner=False)
def _disk_use() -> housekeeping.DiskUse:
    return housekeeping.disk_use()
