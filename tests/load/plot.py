"""Draw the load figures: `python plot.py figures.csv figures.svg`."""

import csv
import sys
from pathlib import Path

WIDTH, LEFT, ROW, BAR, GAP = 760, 210, 19, 13, 34
COLOURS = {"Viva": "#0f6b5f", "Pion": "#b45309", "Janus": "#64748b"}
# Column, scenario, what it is.
PANELS = [
    ("cpu_percent_a_stream", "40", "CPU a stream, 40 at once (% of one core)"),
    ("cpu_percent_a_stream", "100", "CPU a stream, 100 at once (% of one core)"),
    ("rss_mb_a_stream", "100", "memory a stream, 100 at once (MB)"),
    ("connect_p95_ms", "100", "POST to connected, p95 of 100 (ms)"),
    ("present_percent", "loss", "packets on the disk at 5 % loss (%)"),
    ("repeats_a_loss", "loss", "repeats for each lost packet"),
]


def panel(rows: list[dict[str, str]], column: str, scenario: str, what: str, top: int) -> list[str]:
    values = {row["receiver"]: float(row[column]) for row in rows if row["scenario"] == scenario}
    highest = max(values.values(), default=0) or 1
    parts = [f'<text x="16" y="{top}" class="title">{what}</text>']
    for k, (receiver, value) in enumerate(values.items()):
        y = top + 10 + k * ROW
        length = value / highest * (WIDTH - LEFT - 90)
        parts.append(f'<text x="{LEFT - 8}" y="{y + 11}" text-anchor="end">{receiver}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{COLOURS[receiver]}"/>')
        parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 11}">{value:g}</text>')
    return parts


def svg(rows: list[dict[str, str]]) -> str:
    step = len(COLOURS) * ROW + GAP
    parts = [part for k, what in enumerate(PANELS) for part in panel(rows, *what, 28 + k * step)]
    height = 28 + len(PANELS) * step - 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">\n'
        "<style>.title{font-size:13px;font-weight:bold}</style>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


if __name__ == "__main__":
    with open(sys.argv[1], newline="") as source:
        Path(sys.argv[2]).write_text(svg(list(csv.DictReader(source))))
