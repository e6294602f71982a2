import io

import numpy as np
from PIL import Image

from tl_core.modalities.picture import explaining


def test_what_is_hidden_takes_the_mean_colour_of_the_rest():
    picture = np.full((4, 4, 3), 10, np.uint8)
    picture[:2, :2] = 250
    covered = np.zeros((4, 4), bool)
    covered[:2, :2] = True
    assert (explaining.hidden(picture, covered) == 10).all()
    assert (explaining.hidden(picture, ~covered)[covered] == 250).all()
    assert (picture[:2, :2] == 250).all(), "the picture itself stays"
    assert explaining.hidden(picture, np.ones((4, 4), bool)).shape == (4, 4, 3)


def test_what_speaks_for_an_answer_is_lighter_and_what_speaks_against_it_bluer():
    picture = np.full((32, 32, 3), 128, np.uint8)
    places = np.zeros((4, 4))
    places[0, 0], places[3, 3] = 1, -1
    shown = np.asarray(Image.open(io.BytesIO(explaining.overlaid(picture, places)))).astype(int)
    assert shown.shape == (448, 448, 3)
    begin, middle, end = shown[5, 5], shown[224, 224], shown[-5, -5]
    assert begin.sum() > middle.sum() > end.sum()
    assert end[2] > end[0] and begin[0] > begin[2]
    assert (explaining.overlaid(picture, np.zeros((4, 4)))) != b""
