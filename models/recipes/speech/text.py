"""Interview English: sentences from the templates of `grammar.toml`, and "salad".

Salad is common words in random order. With it the model must listen: a template that it knows would tell it the rest
of the sentence, and it learns words and neighbours that no template has.
"""

import random
import re
import tomllib
from pathlib import Path

from wordfreq import top_n_list

HERE = Path(__file__).parent
SLOT = re.compile(r"\{(\w+)\}")
SALAD_SHARE = 0.5
# The commonest English words, whatever they are about. Half of the salad is of the first few hundred, as speech is.
COMMON, COMMONEST, LINKING = 5000, 800, 60
NOT_FOR_INTERVIEWS = re.compile("porn|rape|sex|nazi|fuck|shit|slut|whore|cunt|nigg|bitch|dick|nude|naked|murder")
FRAGMENT_SHARE = 0.12
DEMO_SHARE = 0.06

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen""".split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def cardinal(n: int) -> str:
    """Spell 0..999_999 the way both synthesisers read it."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ONES[n // 100]} hundred" + (f" and {cardinal(n % 100)}" if n % 100 else "")
    return f"{cardinal(n // 1000)} thousand" + (f" {cardinal(n % 1000)}" if n % 1000 else "")


def _number(r: random.Random) -> str:
    return cardinal(
        r.choice(
            [
                r.randint(2, 20),
                r.randint(20, 99),
                10 * r.randint(2, 9),
                100 * r.randint(1, 9),
                50 * r.randint(3, 19),
                1000 * r.randint(1, 20),
            ]
        )
    )


def _year(r: random.Random) -> str:
    return f"twenty {cardinal(r.randint(10, 26))}"


def _money(r: random.Random) -> str:
    currency = r.choice(["dollars", "euros", "pounds"])
    amount = r.choice(
        [
            cardinal(1000 * r.randint(1, 99)),
            cardinal(100_000 * r.randint(1, 9)),
            f"{cardinal(r.randint(2, 9))} million",
            "half a million",
        ]
    )
    return f"{amount} {currency}"


MADE = {
    "small": lambda r: cardinal(r.randint(2, 12)),
    "number": _number,
    "percent": lambda r: f"{cardinal(r.choice([r.randint(2, 99), 5 * r.randint(1, 19)]))} percent",
    "year": _year,
    "money": _money,
}


class Grammar:
    """The sentences, as a source of random ones."""

    def __init__(self) -> None:
        with open(HERE / "grammar.toml", "rb") as file:
            data = tomllib.load(file)
        with open(HERE / "demo_answers.toml", "rb") as file:
            self.demo = [sentence for answer in tomllib.load(file)["answer"] for sentence in answer["en"]]
        self.slots: dict[str, list[str]] = data["slots"]
        self.slots["skill_start"] = [_capital(skill) for skill in self.slots["skill"]]
        # Every group of templates (introduce, situation, …) is drawn equally often.
        self.groups = list(data["templates"].values())
        self.held_out_templates = data["templates_held_out"]["sentences"]
        self.common = common_words()
        self.vocabulary = self._vocabulary()

    def expand(self, template: str, r: random.Random) -> str:
        """A sentence: every slot filled, the first letter a capital."""
        return _capital(self._fill(template, r))

    def sentence(self, r: random.Random) -> str:
        """One sentence for training."""
        kind = r.random()
        if kind < SALAD_SHARE:
            return self.salad(r)
        if kind < SALAD_SHARE + DEMO_SHARE:
            sentence = r.choice(self.demo)
        else:
            sentence = self.from_templates(r)
        if r.random() < FRAGMENT_SHARE and ", " in sentence:
            # The product cuts speech at pauses, so halves of sentences come alone.
            head, tail = sentence.split(", ", 1)
            return r.choice([head + ",", tail])
        return sentence

    def from_templates(self, r: random.Random) -> str:
        """A whole sentence of the training templates, now and then after a lead-in such as `Um,`."""
        sentence = self.expand(r.choice(r.choice(self.groups)), r)
        if r.random() < 0.12:
            sentence = f"{r.choice(self.slots['lead_in'])} {_lower(sentence)}"
        return sentence

    def held_out(self, r: random.Random) -> str:
        """A sentence of the templates that are never trained on."""
        return self.expand(r.choice(self.held_out_templates), r)

    def salad(self, r: random.Random) -> str:
        """Two to nine words of no meaning, a third of them such as `of` and `the`."""
        return " ".join(self._any_word(r) for _ in range(r.randint(2, 9)))

    def _any_word(self, r: random.Random) -> str:
        kind = r.random()
        if kind < 0.1:
            return r.choice(self.vocabulary)
        return r.choice(self.common[: LINKING if kind < 0.4 else COMMONEST if kind < 0.65 else COMMON])

    def _vocabulary(self) -> list[str]:
        """All words of the grammar, with their capitals. Slots are read one by one; a long run of sentences shows what else
        begins a sentence."""
        r, words = random.Random(0), {*ONES, *TENS[2:]}
        for values in self.slots.values():
            for value in values:
                words.update(words_of(self._fill(value, r)))
        for sentence in [*self.held_out_templates, *self.demo]:
            words.update(word for _ in range(4) for word in words_of(self.expand(sentence, r)))
        for _ in range(20_000):
            words.update(words_of(self.from_templates(r)))
        return sorted(words)

    def _fill(self, value: str, r: random.Random) -> str:
        """Slots may hold slots."""
        while match := SLOT.search(value):
            slot = match[1]
            filled = MADE[slot](r) if slot in MADE else r.choice(self.slots[slot])
            value = value[: match.start()] + filled + value[match.end() :]
        return value


def common_words() -> list[str]:
    """The commonest English words, the most frequent first."""
    spoken = (word for word in top_n_list("en", 2 * COMMON) if re.fullmatch("[a-z]{2,}|a|i", word))
    decent = (word for word in spoken if not NOT_FOR_INTERVIEWS.search(word))
    return ["I" if word == "i" else word for word in decent][:COMMON]


def words_of(sentence: str) -> list[str]:
    """The words with their capitals, without punctuation."""
    return re.findall(r"[A-Za-z']+", sentence)


def plain(sentence: str) -> str:
    """Lower case without punctuation: what the word error rate compares."""
    return " ".join(words_of(sentence)).lower()


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


KEEP_CAPITAL = {"I", "English", "Excel", "Python"}


def _lower(sentence: str) -> str:
    first = re.match(r"[A-Za-z']+", sentence)[0]
    if first in KEEP_CAPITAL or first in _NAMES:
        return sentence
    return sentence[:1].lower() + sentence[1:]


with open(HERE / "grammar.toml", "rb") as _file:
    _slots = tomllib.load(_file)["slots"]
_NAMES = {*_slots["name"], *_slots["place"], *_slots["month"], *_slots["day"]}


if __name__ == "__main__":
    grammar, r = Grammar(), random.Random()
    print(len({*grammar.vocabulary, *grammar.common}), "words")
    for _ in range(25):
        print(grammar.sentence(r))
