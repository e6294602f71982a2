"""How other programs ask a model where Graft is installed: over HTTP, and in Python."""

import streamlit as st

from pages.parts.shared.words import t
from tl_core import store

SERVE = "python -m tl_core serve {run}"
ASK = "curl --data-binary @photo.jpg http://127.0.0.1:8600/predict"
PYTHON = """from tl_core import load

model = load("{run}")
for answer in model.predict(["photo.jpg"]):
    print(answer.label, answer.probabilities)"""


def draw(run: store.RunRow) -> None:
    """Draw the commands to type; nothing has to be packed for them."""
    with st.expander(t("Ask it from other programs on this computer")):
        st.markdown(
            t(
                "Nothing has to be packed for that. This command answers pictures over HTTP until you end it; on the page "
                "that it names you can try it, and read how programs ask:"
            )
        )
        st.code(f"{SERVE.format(run=run.id)}\n{ASK}", language="bash")
        st.caption(
            t(
                "Only this computer can ask. With {option} others can, too, and need the token that is printed then; a phone in the same "
                "network opens the page by the code that the terminal draws.",
                option="`--host 0.0.0.0`",
            )
        )
        st.markdown(t("In Python, also with the file of “For Graft on another computer”:"))
        st.code(PYTHON.format(run=run.id), language="python")
