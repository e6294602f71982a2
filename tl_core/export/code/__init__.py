"""A training as a program that a person can read, change and run without Graft.

    script.py     puts the program together from `blocks/`, one small template for each concern
    network_code.py   how a backbone is built there, and where its weights come from
    tasks/        what each task adds: loss, exact head, how answers are judged
    division.py   which example is in which part, as a table
    notebook.py   the same program as a notebook

What the program cannot do again is said at its head, never left out without a word.
"""
