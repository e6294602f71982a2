"""Which way of training is taken, and the settings that it alone knows."""

from tl_core.config.setting import Group, setting


class Method(Group):
    """The way of training. Which there are, and what each takes, is declared above: `methods.registry`."""

    method_name: str = setting(
        "fine_tune",
        effect="fit",
        depth="main",
        max_length=64,
        title="Method",
        description="How your pictures and what a network has learnt before come together. "
        "Fine-tuning is best nearly always.",
    )
    method_settings: dict[str, bool | int | float | str] = setting(
        {},
        effect="fit",
        depth="main",
        max_length=64,
        title="Settings of the method",
        description="What only the chosen method knows; nothing for most. Its help says what each does.",
    )

    def __hash__(self) -> int:
        return hash((self.method_name, tuple(sorted(self.method_settings.items()))))
