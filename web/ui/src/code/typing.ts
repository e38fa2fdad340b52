/** How a text was typed: a bounded list of edits with their times, handed over in portions. */

export interface Edit {
  /** Since the question was opened. */
  at_ms: number;
  /** In UTF-16 code units. */
  from: number;
  removed: number;
  inserted: string;
}

/** What is typed in one go is one edit. */
const ONE_GO_MS = 1_000;
/** As many as the server keeps. */
const MOST_EDITS = 5_000;

export class TypingLog {
  private pending: Edit[] = [];

  /** `sent` edits of before are kept by the server already. */
  constructor(private sent: number) {}

  add(edit: Edit): void {
    if (this.sent + this.pending.length >= MOST_EDITS) return;
    const last = this.pending.at(-1);
    const goesOn =
      last !== undefined &&
      edit.removed === 0 &&
      edit.from === last.from + last.inserted.length &&
      edit.at_ms - last.at_ms < ONE_GO_MS;
    if (goesOn) last.inserted += edit.inserted;
    else this.pending.push({ ...edit });
  }

  /** The edits that the server does not have yet, with the number of the first. */
  portion(): { first: number; edits: Edit[] } {
    return { first: this.sent, edits: structuredClone(this.pending) };
  }

  /** The server has kept so many of them. What was typed on meanwhile stays to be sent. */
  kept(portion: { edits: Edit[] }): void {
    const count = portion.edits.length;
    const last = this.pending[count - 1];
    const before = portion.edits.at(-1);
    if (last !== undefined && before !== undefined && last.inserted.length > before.inserted.length) {
      const typedOn = last.inserted.slice(before.inserted.length);
      const from = before.from + before.inserted.length;
      this.pending.splice(0, count, { at_ms: last.at_ms, from, removed: 0, inserted: typedOn });
    } else {
      this.pending.splice(0, count);
    }
    this.sent += count;
  }
}
