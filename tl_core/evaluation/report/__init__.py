"""One page about a run to hand in or to print: a single HTML file that needs nothing else.

    subject.py    what the page is about, as whoever asks for it gathers it
    parts.py      what a page is made of: measures, tables, charts, pictures
    charts.py     charts as SVG
    album.py      small pictures inside the page, up to a bound
    answers/      what each task has to tell
    contents.py   the data, the settings, the course of training, the limits
    page.py       the template filled in, in a person's language

Everything before `page` is free of any language: sentences are `Said` and numbers `Figure`, and the
template translates and escapes them as it writes them.
"""
