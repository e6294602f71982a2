from tl_core.jobs.predictor import Prediction
from tl_core.measures.conformal import Promise
from tl_core.serving import plain_answer
from tl_core.tasks.task import Rules

PREDICTION = Prediction("b", {"a": 0.3, "b": 0.6, "c": 0.1}, task="classify", unknown=0.2)


def test_an_answer_tells_what_the_model_promises():
    rules = Rules(promises=(Promise(coverage=0.9, limits=(0.25,)),))
    told = plain_answer.of(PREDICTION, rules).as_dict()
    assert told["may_be"] == {"coverage": 0.9, "classes": ("b", "a"), "ranges": {}}
    assert (told["label"], told["unknown"], told["is_unknown"]) == ("b", 0.2, None)


def test_a_model_that_promises_something_else_promises_nothing_here():
    rules = Rules(promises=(Promise(coverage=0.8, limits=(0.25,)),))
    assert plain_answer.of(PREDICTION, rules).may_be is None
