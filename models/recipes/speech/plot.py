"""Draw a run's losses and word error rates: `python -m speech.plot RUN/curve.csv OUT.svg`."""

import argparse
import csv
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, GAP = 720, 200, 56, 28, 64
# Column, what it is, colour.
PANELS = [
    (
        "loss",
        [("attention_loss", "attention, nats a token", "#0f6b5f"), ("ctc_loss", "CTC, nats a letter", "#b45309")],
    ),
    (
        "word error rate",
        [
            ("wer_trained_voices", "trained voices, new sentences", "#0f6b5f"),
            ("wer_held_out_voice", "held-out voice", "#b45309"),
        ],
    ),
]


def points(rows: list[dict[str, str]], column: str) -> list[tuple[float, float]]:
    """(minutes, value) of the rows that have one."""
    return [(float(row["minutes"]), float(row[column])) for row in rows if row[column]]


def panel(rows: list[dict[str, str]], title: str, lines: list[tuple[str, str, str]], top: int, last: float) -> str:
    found = [(points(rows, column), name, colour) for column, name, colour in lines]
    highest = max((value for line, _, _ in found for _, value in line), default=1.0)

    def x(minutes: float) -> float:
        return LEFT + minutes / last * (WIDTH - LEFT - 16)

    def y(value: float) -> float:
        return top + HEIGHT * (1 - value / highest)

    parts = [f'<text x="{LEFT}" y="{top - 10}" class="title">{title}</text>']
    for k in range(5):
        value = highest * k / 4
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 16}" y1="{y(value):.1f}" y2="{y(value):.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.2f}</text>')
    for minutes in range(0, int(last) + 1, max(1, round(last / 8))):
        parts.append(f'<text x="{x(minutes):.1f}" y="{top + HEIGHT + 18}" text-anchor="middle">{minutes}</text>')
    for k, (line, name, colour) in enumerate(found):
        path = " ".join(f"{x(minutes):.1f},{y(value):.1f}" for minutes, value in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - 24}" y="{top + 18 + 18 * k}" text-anchor="end" fill="{colour}">{name}</text>')
    return "\n".join(parts)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("curve", type=Path)
    arguments.add_argument("out", type=Path)
    given = arguments.parse_args()
    with open(given.curve, newline="") as file:
        rows = list(csv.DictReader(file))
    last = max(float(row["minutes"]) for row in rows)
    panels = [panel(rows, title, lines, TOP + k * (HEIGHT + GAP), last) for k, (title, lines) in enumerate(PANELS)]
    height = TOP + len(PANELS) * (HEIGHT + GAP)
    given.out.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">\n'
        "<style>.grid{stroke:#ddd}.title{font-size:14px;font-weight:bold}</style>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>\n'
        + "\n".join(panels)
        + f'\n<text x="{WIDTH - 16}" y="{height - 14}" text-anchor="end">CPU minutes of one thread</text>\n</svg>\n'
    )


if __name__ == "__main__":
    main()
