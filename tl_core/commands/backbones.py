"""`use-as-backbone`, `backbones`: trained models that further trainings begin with."""

from argparse import Namespace
from pathlib import Path

from tl_core.backbones.card import Card
from tl_core.commands.output import Output


def use_as_backbone(arguments: Namespace, output: Output) -> None:
    from tl_core import store
    from tl_core.base import limits
    from tl_core.commands.using import EXPORT_MEMORY_BYTES
    from tl_core.home import own_backbones

    def told(text: str) -> None:
        output.event({"event": "phase", "phase": "load", "text": text})

    is_file = Path(arguments.run).is_file()
    run = None if is_file else store.run(arguments.run)
    limits.memory(EXPORT_MEMORY_BYTES)
    if run is None:
        card = own_backbones.make_of_file(Path(arguments.run), arguments.name, told)
    else:
        card = own_backbones.make(run, arguments.name or own_backbones.suggested_title(run), told)
    words = [
        *_words(card),
        f"train on it: python -m tl_core train DATASET --set backbone={card.name}",
    ]
    output.result(_as_told(card), words)


def backbones(arguments: Namespace, output: Output) -> None:
    from tl_core.backbones import own
    from tl_core.home import own_backbones

    if arguments.remove:
        own_backbones.remove(arguments.remove)
        output.result({"removed": arguments.remove}, [f"removed: {arguments.remove}"])
        return
    if arguments.rename:
        card = own_backbones.rename(arguments.rename, arguments.name)
        output.result(_as_told(card), _words(card))
        return
    cards = own.cards()
    words = [line for card in cards for line in _words(card)]
    output.result(
        {"backbones": [_as_told(card) for card in cards]},
        words or ["none yet: use-as-backbone makes one of a trained model"],
    )


def _as_told(card: Card) -> dict[str, object]:
    return {"backbone": card.name, **card.model_dump(mode="json")}


def _words(card: Card) -> list[str]:
    last = card.last
    learnt = f"learnt from {last.data!r}, " if last.data else ""
    answers = "answer" if last.answers_count == 1 else "answers"
    lines = [
        f"{card.name}: {card.title} ({card.architecture}; {learnt}{last.answers_count} {answers})"
    ]
    return [*lines, f"  {last.result}"] if last.result else lines
