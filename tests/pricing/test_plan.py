from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tl_core.backbones import stages
from tl_core.base import accelerator
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.encoding.encode import Wanted
from tl_core.encoding.job import resolve
from tl_core.encoding.rows import key
from tl_core.pricing import calibration, costs, job_price, lessons, plan, requirements, storage
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.stock import Stock

KNOWN = Calibration(100.0)
SETTINGS = {"backbone": "mobilenet_v2"}


@pytest.fixture(autouse=True)
def steady_machine(monkeypatch):
    """A busy machine measures another speed each time; these tests are about what follows from it."""
    monkeypatch.setattr(calibration, "_measure_gigaflops", lambda: 80.0)


@pytest.fixture
def dataset(made_dataset):
    return made_dataset()


def prices(dataset, **settings):
    return plan.plan(dataset, TrainConfig(**{**SETTINGS, **settings}), KNOWN).prices


def test_every_freeze_depth_has_its_price_and_one_is_chosen(dataset):
    told = plan.plan(dataset, TrainConfig(**SETTINGS, trainable_stages=3), KNOWN)
    assert [p.trainable_stages for p in told.prices] == list(
        range(len(stages.of("mobilenet_v2")) + 1)
    )
    assert told.chosen is told.prices[3]


def test_training_more_stages_encodes_less_and_makes_epochs_dearer(dataset):
    told = prices(dataset)
    assert all(a.encode_s >= b.encode_s for a, b in pairwise(told))
    assert all(a.epoch_s < b.epoch_s for a, b in pairwise(told))
    assert all(a.trainable_parameters <= b.trainable_parameters for a, b in pairwise(told))


def test_the_head_alone_keeps_one_number_per_channel(dataset):
    assert prices(dataset)[0].cache_bytes == len(dataset) * 1280 * 4
    assert prices(dataset)[0].trainable_parameters == 1280 * 3 + 3


def test_views_multiply_what_is_encoded_of_the_training_pictures(dataset):
    plain, three = prices(dataset)[0], prices(dataset, flip=True, views=3)[0]
    assert three.pictures == plain.pictures + 3 * np.sum(dataset.splits == 0)


def test_a_mean_of_the_weights_a_pull_and_statistics_measured_anew_are_priced(dataset):
    def job(**settings):
        return resolve(dataset, TrainConfig(**SETTINGS, trainable_stages=5, **settings))

    for settings in ({"averaging": 1.0}, {"toward_pretrained": 0.01}):
        assert costs.WORK["epoch"](job(**settings), KNOWN) > costs.WORK["epoch"](job(), KNOWN)
        assert costs.memory_bytes(job(**settings)) > costs.memory_bytes(job())
    anew, before = (
        costs.WORK["forward"](job(batch_norm=way), KNOWN) - costs.FORWARD_S
        for way in ("refreshed", "frozen")
    )
    learnt = int(np.sum(dataset.splits == 0))
    assert anew / before == pytest.approx(1 + learnt / len(dataset))


def test_solving_once_more_with_the_validation_pictures_is_priced(dataset):
    def seconds(**settings):
        return costs.WORK["refit"](resolve(dataset, TrainConfig(**SETTINGS, **settings)), KNOWN)

    once = costs.WORK["closed_form"](resolve(dataset, TrainConfig(**SETTINGS)), KNOWN)
    assert 0 < seconds(start="closed_form", refit=True) < once
    assert seconds(start="closed_form", refit=False) == 0
    assert seconds(start="closed_form", refit=True, hidden_units=(8,)) == 0
    told, without = (
        prices(dataset, start="closed_form", refit=refit)[0].total_s for refit in (True, False)
    )
    assert told > without


def test_fresh_views_are_paid_in_every_epoch(dataset):
    kept, fresh = prices(dataset, flip=True, views=1)[0], prices(dataset, flip=True, views=0)[0]
    assert fresh.pictures < kept.pictures and fresh.epoch_s > kept.epoch_s


def test_known_rows_cost_nothing(dataset):
    job = resolve(dataset, TrainConfig(**SETTINGS))
    rows = job.rows()
    with rows.writing():
        keys = [Wanted(str(h)).key for h in dataset.hashes[:10]]
        rows.append(keys, np.zeros((10, 1280), np.float32))
    told = prices(dataset)[0]
    assert (told.pictures, told.cached) == (len(dataset) - 10, 10)


def test_a_depth_that_does_not_exist_is_refused(dataset):
    with pytest.raises(UserError) as caught:
        prices(dataset, trainable_stages=60)
    assert caught.value.code == "freeze-depth"


def test_a_run_corrects_the_next_price(dataset):
    job = resolve(dataset, TrainConfig(**SETTINGS))
    before = job_price.price(job, calibration.current())
    epoch_s = before.epoch_s * 5
    slow = {"encode": before.encode_s * 5, "fit": epoch_s * 10 + 3.0, "load": 4.0, "save": 2.0}
    for _ in range(6):
        lessons.learn(
            job,
            before.pictures,
            [epoch_s + 2.5, *[epoch_s] * 9],
            slow,
            "encode-keras",  # they are few
        )
    known = calibration.current()
    after = job_price.price(job, known)
    picture_s = costs.picture_s(job, known, "encode-keras")
    encode_s = before.pictures * picture_s * known.factor("encode-keras", "mobilenet_v2")
    assert encode_s == pytest.approx(slow["encode"], rel=0.2)
    assert after.epoch_s == pytest.approx(epoch_s, rel=0.2)
    assert after.trace_s == pytest.approx(3.0, rel=0.2)
    assert after.fit_s == pytest.approx(slow["fit"], rel=0.2)
    assert (after.load_s, after.save_s) == pytest.approx((4.0, 2.0), rel=0.2)


def test_one_slow_epoch_among_many_teaches_nothing(dataset):
    job = resolve(dataset, TrainConfig(**SETTINGS))
    epochs_s = [9.0, 0.03, 0.03, 60.0, 0.03]
    lessons.learn(job, 0, epochs_s, {"fit": sum(epochs_s)})
    assert job_price.price(job, calibration.current()).epoch_s == pytest.approx(0.03, rel=0.2)


def test_a_part_of_a_run_that_was_not_done_teaches_nothing(dataset):
    job = resolve(dataset, TrainConfig(**SETTINGS))
    lessons.learn(job, 0, [], {})
    assert calibration.current().factors == {}


def test_the_total_is_the_sum_of_what_the_phases_take_with_libraries_unless_they_are_loaded(
    dataset,
):
    planned = plan.plan(dataset, TrainConfig(**SETTINGS, trainable_stages=2), KNOWN)
    told, loaded = planned.chosen, planned.with_libraries().chosen
    assert told.total_s == pytest.approx(sum(told.by_phase().values()))
    assert told.told()["total_s"] == told.total_s
    assert told.import_s > 0 and loaded.trainable_stages == 2
    assert loaded.total_s == pytest.approx(told.total_s - told.import_s)


def test_libraries_that_load_beside_a_long_encoding_add_what_they_take_of_its_cores(
    dataset, monkeypatch
):
    monkeypatch.setattr(costs.cores, "threads", lambda: 2)

    def import_s(slower):
        taught = Calibration(
            100.0, {"encode mobilenet_v2": slower, "encode-keras mobilenet_v2": slower}
        )
        return plan.one(dataset, TrainConfig(**SETTINGS, trainable_stages=0), taught).import_s

    assert import_s(1e-3) == costs.IMPORT_S
    assert import_s(1e3) == costs.IMPORT_S / 2


def test_each_joining_stage_is_put_together_with_those_that_learn_by_then(dataset):
    def trace_s(**settings):
        config = TrainConfig(**SETTINGS, trainable_stages=3, epochs=9, **settings)
        return costs.WORK["trace"](resolve(dataset, config), KNOWN)

    once = costs.TRACE_S + 3 * costs.TRACE_S_PER_STAGE
    assert trace_s() == pytest.approx(once)
    assert trace_s(thaw_every=1) == pytest.approx(
        sum(costs.TRACE_S + k * costs.TRACE_S_PER_STAGE for k in range(4))
    )


def test_what_one_backbone_taught_helps_with_another_until_it_has_run_itself():
    taught = KNOWN.learnt("encode", "resnet50", 1.0, 3.0)
    assert taught.factor("encode", "vgg16") == pytest.approx(3)
    assert taught.learnt("encode", "vgg16", 1.0, 1.0).factor("encode", "vgg16") == pytest.approx(1)
    assert taught.factor("epoch", "resnet50") == 1


def test_a_damaged_calibration_is_measured_again(home):
    calibration.keep(Calibration(5.0))
    (home / "cache" / "machine.json").write_text("{")
    assert calibration.current().gigaflops != 5.0


def test_a_head_too_wide_for_memory_is_refused_with_the_way_out(dataset):
    settings = {
        "pooling": "flatten",
        "hidden_units": (8192, 8192, 8192, 8192),
        "image_size_px": 1024,
    }
    with pytest.raises(UserError) as caught:
        requirements.require_memory(resolve(dataset, TrainConfig(**SETTINGS, **settings)))
    assert caught.value.code == "memory" and "average" in caught.value.hint
    requirements.require_memory(resolve(dataset, TrainConfig(**SETTINGS)))


def test_rows_beyond_the_cache_are_refused_with_the_way_out_and_known_ones_are_not(
    dataset, monkeypatch
):
    job = resolve(dataset, TrainConfig(**SETTINGS))
    needed = len(dataset) * 1280 * 4
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(needed - 1))
    with pytest.raises(UserError) as caught:
        requirements.require_room(job)
    assert caught.value.code == "cache-room" and "Settings" in caught.value.hint
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(needed))
    requirements.require_room(job)
    rows = job.rows()
    with rows.writing():
        rows.append([w.key for w in job.wanted()], np.zeros((len(dataset), 1280), np.float32))
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", "0")
    requirements.require_room(job)


def test_a_batch_that_holds_all_training_pictures_is_told(dataset):
    learnt = int(np.sum(dataset.splits == 0))
    for size, told in ((learnt + 1, True), (learnt, False)):
        job = resolve(dataset, TrainConfig(**SETTINGS, batch_size=size))
        assert plan.is_one_step(job) is told


def test_the_time_there_is_becomes_epochs_and_never_none_or_too_many(dataset):
    asked = prices(dataset, epochs=3)[0]
    budget_s = asked.total_s + 4.5 * asked.epoch_s
    assert plan.epochs_within(asked, budget_s) == 7
    assert plan.epochs_within(asked, 0.0) == 1
    assert plan.epochs_within(asked, 1e9) == plan.MOST_EPOCHS


def keeps(dataset, known=KNOWN, **settings):
    return storage.keeping(resolve(dataset, TrainConfig(**SETTINGS, **settings)), known).keeps


def deep(dataset):
    """A depth at which far more leaves the frozen part than a picture holds."""
    return next(
        depth
        for depth in range(1, len(stages.of("mobilenet_v2")))
        if costs.row_bytes(resolve(dataset, TrainConfig(**SETTINGS, trainable_stages=depth)))
        > 4 * 3 * 224**2
    )


def test_pixels_are_kept_where_rows_have_no_room(dataset, monkeypatch):
    depth = deep(dataset)
    job = resolve(dataset, TrainConfig(**SETTINGS, trainable_stages=depth))
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(len(dataset) * 4 * 3 * 224**2))
    assert keeps(dataset, trainable_stages=depth) == "pixels"
    told = job_price.price(storage.keeping(job, KNOWN), KNOWN)
    assert told.keeps == "pixels" and told.cache_bytes == len(dataset) * 3 * 224**2
    assert told.why == "no-room" and "does not fit" in storage.reason(told)
    assert told.epoch_s > job_price.price(job, KNOWN).epoch_s


@pytest.mark.parametrize("depth", [0, 5, 19], ids=["head", "tail", "whole"])
def test_nothing_is_kept_where_nothing_has_room_and_no_run_is_refused(dataset, monkeypatch, depth):
    job = resolve(dataset, TrainConfig(**SETTINGS, trainable_stages=depth))
    roomy = job_price.price(storage.keeping(job, KNOWN), KNOWN)
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", "1000")
    kept = storage.keeping(job, KNOWN)
    told = job_price.price(kept, KNOWN)
    assert (told.keeps, told.why, told.cache_bytes, told.pictures) == ("nothing", "no-room", 0, 0)
    assert "Nothing is kept" in storage.reason(told)
    read_s = len(dataset) * costs.decode_s(job)
    assert told.epoch_s > roomy.epoch_s + 0.9 * read_s
    assert told.closed_form_s > roomy.closed_form_s + 0.9 * read_s
    requirements.require_room(kept)


@pytest.mark.parametrize("depth", [0, 2, 19], ids=["head", "tail", "whole"])
def test_rows_of_a_data_set_that_is_gone_make_room(dataset, monkeypatch, depth):
    job = storage.keeping(resolve(dataset, TrainConfig(**SETTINGS, trainable_stages=depth)), KNOWN)
    rows, count = job.rows(), len(dataset)
    with rows.writing():
        keys = [key(f"{2**200 + i:064x}") for i in range(count)]
        rows.append(keys, np.zeros((count, *rows.shape), rows.dtype))
    needed = count * rows.row_bytes
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(needed * 3 // 2))
    assert Stock().starts_anew(job)
    told = job_price.price(storage.keeping(job, KNOWN), KNOWN)
    assert (told.keeps, told.pictures, told.cached) == (job.keeps, count, 0)
    requirements.require_room(job)
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(needed * 3))
    assert not Stock().starts_anew(job)


def test_the_reason_for_what_is_kept_is_told(dataset):
    assert prices(dataset)[0].why == "once" and prices(dataset)[-1].why == "whole"
    fast = Calibration(1e6)
    job = storage.keeping(
        resolve(dataset, TrainConfig(**SETTINGS, trainable_stages=deep(dataset))), fast
    )
    told = job_price.price(job, fast)
    assert told.why == "quicker" and "quicker" in storage.reason(told)


def test_pixels_are_kept_where_computing_again_is_quicker_than_reading(dataset):
    depth = deep(dataset)
    fast, slow = Calibration(1e6), Calibration(1.0)
    assert keeps(dataset, fast, trainable_stages=depth) == "pixels"
    assert keeps(dataset, slow, trainable_stages=depth) == "rows"
    assert keeps(dataset, fast) == "rows"  # one number per channel is never more than the picture


def test_known_pixels_make_encoding_cheaper(dataset):
    job = resolve(dataset, TrainConfig(**SETTINGS))
    before = job_price.price(job, KNOWN)
    reader = job.decoder()
    reader([str(name) for name in dataset.hashes])
    reader.flush()
    after = job_price.price(job, KNOWN)
    assert after.pictures == before.pictures
    assert after.encode_s == pytest.approx(before.encode_s - len(dataset) * costs.decode_s(job))


@pytest.fixture
def card(monkeypatch):
    """Put a graphics card into the machine, or take it out again."""

    def put(name="NVIDIA H100"):
        monkeypatch.setattr(accelerator, "gpu", lambda: name)

    return put


def fill(rows, dataset, value):
    keys = [Wanted(str(h)).key for h in dataset.hashes]
    with rows.writing():
        rows.append(keys, np.full((len(keys), 1280), value, np.float32))


def test_rows_of_a_card_in_half_precision_are_never_taken_on_the_processor(dataset, card):
    job = resolve(dataset, TrainConfig(**SETTINGS))
    card()
    fast = storage.keeping(job, KNOWN)
    assert fast.half and job_price.price(fast, KNOWN).half
    fill(fast.rows(), dataset, 1)
    card("")
    exact = storage.keeping(job, KNOWN)
    assert not exact.half and job_price.price(exact, KNOWN).pictures == len(dataset)
    fill(exact.rows(), dataset, 2)
    card()
    again = storage.keeping(job, KNOWN)  # what is known more exactly is good enough for a card
    assert job_price.price(again, KNOWN).pictures == 0 and np.all(again.rows().array() == 2)
    fresh = resolve(dataset, TrainConfig(**SETTINGS, flip=True, views=0))
    assert storage.keeping(fresh, KNOWN).half  # its copies are encoded on the card in every epoch


def test_memory_counts_the_features_and_is_bounded_however_many_pictures_there_are(dataset):
    def needed(times):
        many = replace(
            dataset,
            **{
                name: np.tile(getattr(dataset, name), times)
                for name in ("hashes", "names", "labels", "splits")
            },
        )
        return costs.memory_bytes(resolve(many, TrainConfig(**SETTINGS)))

    grown = needed(1000) - needed(500)
    learnt = int(np.sum(dataset.splits == 0))
    assert grown == 500 * 4 * (1280 * len(dataset) + (1280 + 3 * 3) * learnt)
    assert needed(20_000) == needed(10_000) < 2.5e9


@pytest.mark.parametrize(
    ("backbone", "depth", "batch", "taken_gb"),
    [
        ("efficientnet_b0", 18, 16, 2.44),
        ("resnet50", 17, 8, 2.20),
        ("mobilenet_v2", 10, 32, 1.22),
        ("starter", 17, 64, 1.17),
    ],
)
def test_memory_of_deep_tails_is_what_was_measured(dataset, backbone, depth, batch, taken_gb):
    """Resident sets of such trainings, as the benchmark of memory measured them."""
    asked = TrainConfig(backbone=backbone, trainable_stages=depth, batch_size=batch)
    assert 0.85 <= costs.memory_bytes(resolve(dataset, asked)) / 1e9 / taken_gb <= 1.4
