"""What else there is to learn from, on the Data page: named, brought, matched, and begun with elsewhere."""

from dataclasses import replace

from pages.parts.shared import page_files
from tests.pages.train.test_methods import another as another
from tests.pages.train.test_methods import opened
from tl_core import store
from tl_core.datasets import manifest
from tl_core.home import housekeeping, roles


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error)
    return " ".join(block.value for kind in kinds for block in kind)


def box(app, label):
    return next(one for one in app.selectbox if one.label == label)


SOURCE, TARGET = "Labelled pictures from elsewhere", "Pictures from where it will be used"


def of(dataset_id):
    return roles.of(store.dataset(dataset_id))


def test_what_is_named_once_is_begun_with_on_train(shapes, another):
    app = opened(page_files.DATA, dataset=shapes.id)
    box(app, SOURCE).select(another).run()
    assert not app.exception and not app.error and of(shapes.id) == {"source": another}
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key="choose-method-instances").click().run()
    assert not app.exception and box(app, SOURCE).value == another
    box(app, SOURCE).set_value(None).run()  # for this training alone
    assert of(shapes.id) == {"source": another} and box(app, SOURCE).value is None
    app.button(key="choose-method-fine_tune").click().run()
    app.button(key="choose-method-instances").click().run()
    assert box(app, SOURCE).value is None
    app = opened(page_files.DATA, dataset=shapes.id)
    box(app, SOURCE).set_value(None).run()
    assert of(shapes.id) == {}


def test_a_class_is_matched_once_and_everywhere(shapes, another):
    theirs = manifest.load(another)
    manifest.save(replace(theirs, classes=("strange", *theirs.classes[1:])))
    roles.give(store.dataset(shapes.id), "source", another)
    app = opened(page_files.DATA, dataset=shapes.id)
    assert not app.exception and "no class in common" in words(app)
    ours = manifest.load(shapes.id).classes
    box(app, "strange").select(ours[0]).run()
    assert not app.exception and "no class in common" not in words(app)
    assert roles.renamed(store.dataset(shapes.id), ours, another) == {"strange": ours[0]}
    train = opened(page_files.TRAIN, dataset=shapes.id)
    train.button(key="choose-method-instances").click().run()
    assert not train.exception and not train.error and box(train, "strange").value == ours[0]
    own = train.session_state["_config"].method.method_settings
    assert own["renamed"] == f'{{"strange": "{ours[0]}"}}'
    box(train, "strange").select("").run()
    app = opened(page_files.DATA, dataset=shapes.id)
    assert box(app, "strange").value == ""


def test_pictures_are_brought_for_a_data_set(shapes, another):
    app = opened(page_files.DATA, dataset=shapes.id)
    app.button(key="add-for-unlabelled").click().run()
    assert not app.exception and "will be used. They need no class" in words(app)
    assert app.session_state["_new_data_serves"] == (shapes.id, "unlabelled")
    assert not any(
        one.label == "What becomes of the new pictures?" for one in app.segmented_control
    )


def test_a_data_set_says_what_it_was_named_for_and_a_deleted_one_is_passed_over(shapes, another):
    roles.give(store.dataset(shapes.id), "unlabelled", another)
    app = opened(page_files.DATA, dataset=another)
    assert not app.exception and "is to be used on pictures like these" in words(app)
    app.button(key=f"open-served-{shapes.id}-unlabelled").click().run()
    assert app.session_state["_dataset"] == shapes.id and box(app, TARGET).value == another
    store.delete("dataset", another)
    app = opened(page_files.DATA, dataset=shapes.id)
    assert not app.exception and not app.error
    assert all(one.label != TARGET for one in app.selectbox)
    housekeeping.remove("dataset", another)
    for page in (page_files.DATA, page_files.TRAIN):
        opened(page, dataset=shapes.id)


def test_another_data_set_begins_with_what_is_its_own(shapes, another):
    roles.give(store.dataset(shapes.id), "source", another)
    app = opened(page_files.TRAIN, dataset=shapes.id)
    app.button(key="choose-method-instances").click().run()
    assert app.session_state["_inputs"] == {"source": another}
    app.switch_page(page_files.DATA).run()
    box(app, "Data set").select(another).run()
    app.switch_page(page_files.TRAIN).run()
    assert not app.exception and box(app, SOURCE).value is None
    assert app.session_state["_inputs"] == {}
