"""Changed copies of training pictures: flipped, turned, zoomed, cropped, shifted, in other light and colours."""

from tl_core.config.setting import Group, setting


class Changes(Group):
    """Changed copies of training pictures, and how many of them."""

    flip: bool = setting(
        False,
        effect="rows",
        key="first",
        depth="more",
        shown_with="changes",
        modality="picture",
        title="Flip left and right",
        description="Also learn from mirrored pictures. Leave it off where left and right matter, as in text.",
    )
    rotate: float = setting(
        0.0,
        effect="rows",
        key="first",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=180,
        title="Rotate by up to (degrees)",
        description="Also learn from turned pictures. Useful when the camera is not always upright.",
    )
    zoom: float = setting(
        0.0,
        effect="rows",
        key="first",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=0.9,
        title="Zoom by up to",
        description="Also learn from pictures taken closer or farther away. Useful when the distance varies. 0.2 means up to 20 %.",
    )
    crop: float = setting(
        0.0,
        effect="rows",
        key="first",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=0.9,
        title="Crop away up to",
        description="Also learn from parts of a picture. Useful when things are often cut off. 0.2 means up to a fifth of its width and height.",
    )
    shift: float = setting(
        0.0,
        effect="rows",
        key="second",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=0.5,
        title="Shift by up to",
        description="Also learn from pictures with the subject off centre. Useful when nobody aims with care. 0.1 means up to a tenth of the side.",
    )
    brightness: float = setting(
        0.0,
        effect="rows",
        key="second",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=0.9,
        title="Brighter or darker by up to",
        description="Also learn from other light. Useful when pictures will be taken at any time of day.",
    )
    contrast: float = setting(
        0.0,
        effect="rows",
        key="second",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=0.9,
        title="Contrast stronger or weaker by up to",
        description="Also learn from flatter and harsher pictures. Useful for different cameras.",
    )
    saturation: float = setting(
        0.0,
        effect="rows",
        key="second",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=1,
        title="Colours stronger or paler by up to",
        description="Also learn from paler and richer colours. 1 goes as far as grey.",
    )
    hue: float = setting(
        0.0,
        effect="rows",
        key="second",
        depth="more",
        shown_with="changes",
        modality="picture",
        ge=0,
        le=180,
        title="Other colours, by up to (degrees)",
        description="Also learn from pictures with turned colours. Leave it at 0 where colour matters for the answer.",
    )
    views: int = setting(
        1,
        effect="rows",
        key="resolved",
        when=lambda config: config.changes.augments,
        depth="more",
        shown_with="changes",
        ge=0,
        le=50,
        title="Views per picture",
        description="How many changed copies of each training picture are prepared once. "
        "More help when there are few pictures. 0 makes new ones in every epoch, which takes longer.",
    )

    @property
    def augments(self) -> bool:
        """Whether training pictures are changed at all."""
        return self.moves or self.recolours

    @property
    def moves(self) -> bool:
        """Whether changed copies are mirrored, turned, zoomed, cropped or shifted."""
        return bool(self.flip or self.rotate or self.zoom or self.crop or self.shift)

    @property
    def recolours(self) -> bool:
        """Whether changed copies have other light or colours."""
        return bool(self.brightness or self.contrast or self.saturation or self.hue)
