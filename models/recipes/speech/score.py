"""Word error rate."""


def word_errors(reference: str, heard: str) -> tuple[int, int]:
    """(errors, words of the reference), by edit distance over words."""
    wanted, got = reference.split(), heard.split()
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        previous, row = row, [i]
        for j, other in enumerate(got, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (word != other)))
    return row[-1], len(wanted)
