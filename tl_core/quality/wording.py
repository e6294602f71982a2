"""What findings that are made of any examples say to a person."""

from tl_core.modalities.checks import Words
from tl_core.modalities.modality import Modality
from tl_core.quality.findings import Kind

WORDS: dict[Kind, Words] = {
    "unreadable": Words(
        "fact",
        "Files that were not taken: {count}",
        "They are damaged, or not pictures. The data set stands without them; "
        "each is listed with its reason.",
    ),
    "duplicate": Words(
        "problem",
        "Pictures stored more than once: {count} extra",
        "The very same picture appears several times. Copies teach nothing new, and a copy "
        "in the test part makes the result look better than it is.",
        "Keep one of each",
    ),
    "near_duplicate": Words(
        "problem",
        "Pictures that are nearly the same: {count} extra",
        "They were made from one another: resized, saved again, cropped a little, made "
        "lighter or darker. Treat them like copies.",
        "Keep one of each",
    ),
    "same_classes": Words(
        "problem",
        "“{small}” looks like a copy of “{large}”: {shared} of {count} are the same",
        "The same pictures lie in both folders, so no network can tell these classes apart. "
        "Merged, their pictures stand under “{large}”, and of each copy one can be kept.",
        "Merge these two classes",
    ),
    "turned": Words(
        "doubt",
        "Pictures that are mirrored or turned copies: {count} extra",
        "They show the same shot mirrored, or turned by quarters, as exports of augmented data do. "
        "They always share a part of the split, as copies do. Graft makes such copies itself while it "
        "trains; keep them where the way round tells the class, as with arrows.",
        "Keep one of each",
    ),
    "two_classes": Words(
        "problem",
        "The same picture under two classes: {count}",
        "A picture, or a copy of it, carries different labels, so one of them is wrong. "
        "Relabel them by hand, or leave them out.",
        "Leave these pictures out",
    ),
    "leak": Words(
        "problem",
        "Test pictures that were also learnt from: {count}",
        "Copies of these pictures, or others of their group, stand in another part of the split. "
        "Results on them are too good to be true.",
        "Split again, copies together",
    ),
    "mislabelled": Words(
        "doubt",
        "Labels worth a second look: {count}",
        "To a model that never saw these pictures, their labels are more probably wrong than right. Some "
        "will be right as they are: look before you change them.",
        "Take the surest suggestions",
    ),
    "outlier": Words(
        "doubt",
        "Pictures unlike all others: {count}",
        "They are far from every class. A slip of the mouse, or the most interesting "
        "picture you have: look before you leave them out.",
        "Leave these pictures out",
    ),
    "imbalance": Words(
        "doubt",
        "Some classes have far more pictures than others",
        "“{largest}” has {most} pictures, “{smallest}” has {fewest}. A model learns to "
        "prefer the large class. Add pictures to the small one, or balance the class weights.",
    ),
}


def of(modality: Modality, kind: Kind) -> Words:
    """Return what is said of a kind of finding among examples of a modality."""
    check = modality.checks.get(kind)
    return check.words if check else WORDS[kind]
