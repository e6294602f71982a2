"""Learn: the ideas behind the controls, each in a drawing and a few sentences."""

import streamlit as st

from pages.parts.learn import lessons
from pages.parts.shared import drawings
from pages.parts.shared.words import t

st.title(t("Learn"))
st.markdown(t("The ideas behind the buttons. Each takes a minute."))

for lesson in lessons.all_lessons():
    st.header(lesson.title)
    if lesson.drawing:
        drawings.draw(lesson.drawing, wide=True)
    for paragraph in lesson.paragraphs:
        st.markdown(paragraph)
    if lesson.more:
        with st.expander(t("Under the hood"), icon=":material/science:"):
            for paragraph in lesson.more:
                st.markdown(paragraph)
