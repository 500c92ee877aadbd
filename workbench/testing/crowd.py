"""People who are right as often as they are told to be, for tests and benchmarks of what a crowd comes to."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from workbench.core.ports import Answer
from workbench.tasks import task as find_task

#: Three people, by how often each is right.
PEOPLE: Mapping[str, float] = {"ann": 0.9, "bob": 0.7, "cyd": 0.5}


def answers(
    truth: Mapping[str, str],
    classes: Sequence[str],
    *,
    people: Mapping[str, float] = PEOPLE,
    overlap: int = 3,
    seed: int = 0,
    task: str = "image-classification",
) -> list[Answer]:
    """Return what *overlap* of *people*, drawn for each item and in a drawn order, say; a wrong answer is any other class."""
    draw, made = random.Random(seed), list[Answer]()  # noqa: S311  # a reproducible draw
    speak = find_task(task)
    for item, right in truth.items():
        for person in draw.sample(sorted(people), overlap):
            wrong = [name for name in classes if name != right]
            said = right if draw.random() < people[person] else draw.choice(wrong)
            at = f"2026-01-01T00:{len(made) // 60 % 60:02}:{len(made) % 60:02}.{len(made):06}Z"
            made.append(Answer(item, person, at, speak.result_of(said), 2 + draw.random(), f"{person}/{item}", "cell"))
    return made


def transcripts(
    truth: Mapping[str, str], *, people: Mapping[str, float] = PEOPLE, seed: int = 0, task: str = "automatic-speech-recognition"
) -> list[Answer]:
    """Return what all *people* write down of each text; a word that they do not get is another, missing, or there twice."""
    draw, made = random.Random(seed), list[Answer]()  # noqa: S311  # a reproducible draw
    speak, known = find_task(task), sorted({word for text in truth.values() for word in text.split()})
    for item, text in truth.items():
        for person, skill in people.items():
            heard: list[str] = []
            for word in text.split():
                other = draw.choice(known)
                heard += [word] if draw.random() < skill else draw.choice([[other], [], [word, other]])
            said = speak.result_of(" ".join(heard) or draw.choice(known))
            made.append(Answer(item, person, f"2026-01-01T00:00:00.{len(made):06}Z", said, 9.0, f"{person}/{item}", "cell"))
    return made
