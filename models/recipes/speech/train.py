"""Train for a given CPU time, resumable: `python -m speech.train SHARDS RUN --minutes 45`.

RUN holds `checkpoint.pt` (network, optimisers, CPU time spent), `tokens.json` and `curve.csv`. Run the same command
again to go on after a stop; raise --minutes to go on after the end. One CPU thread on purpose: threads that share
a busy machine slow each other down many times over.
"""

import argparse
import csv
import dataclasses
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .clips import POSITION_SAMPLES, Example, Shards, batch_features, compose
from .model import Shape, Whisper
from .muon import Muon
from .score import word_errors
from .targets import IGNORE, batch_letters, batch_targets
from .text import plain
from .tokens import Tokens
from .voices import FLITE_HELD_OUT

# Windows in encoder positions of 20 ms, and how often each is drawn early and late in training.
WINDOWS = [160, 256, 384, 576]
EARLY, LATE = [0.8, 0.2, 0.0, 0.0], [0.35, 0.3, 0.15, 0.2]
POSITIONS_A_BATCH = 3840
CHECKPOINT_STEPS, EVALUATE_S = 100, 300
HIDDEN_RATE, OTHER_RATE = 3e-3, 2e-3
CTC_WEIGHT_EARLY, CTC_WEIGHT_LATE = 0.6, 0.3


class Run:
    """Everything a checkpoint holds."""

    def __init__(self, folder: Path, state: int, device: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.device = folder, device
        self.half_width = bfloat16_is_faster(device)
        names = folder / "tokens.json"
        if not names.exists():
            Tokens.of_grammar().save(names)
        self.tokens = Tokens.load(names)
        self.model = Whisper(Shape(rows=len(self.tokens.ids), state=state, heads=state // 64)).to(device)
        hidden = [p for name, p in self.model.named_parameters() if p.ndim == 2 and ".blocks." in name]
        chosen = {id(p) for p in hidden}
        others = [p for p in self.model.parameters() if id(p) not in chosen]
        self.others = others
        # Muon orthogonalises the update of every hidden matrix: about half the steps of AdamW alone.
        self.optimisers = [
            Muon(hidden, lr=HIDDEN_RATE),
            torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.01),
        ]
        self.rates = [HIDDEN_RATE, OTHER_RATE]
        self.step, self.spent_s = 0, 0.0
        if (folder / "checkpoint.pt").exists():
            self._load()

    def save(self) -> None:
        temporary = self.folder / "checkpoint.tmp"
        torch.save(
            {
                "shape": dataclasses.asdict(self.model.shape),
                "model": self.model.state_dict(),
                "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
                "step": self.step,
                "spent_s": self.spent_s,
            },
            temporary,
        )
        os.replace(temporary, self.folder / "checkpoint.pt")

    def _load(self) -> None:
        saved = torch.load(self.folder / "checkpoint.pt", map_location=self.device)
        self.model.load_state_dict(saved["model"])
        for optimiser, state in zip(self.optimisers, saved["optimisers"]):
            optimiser.load_state_dict(state)
        self.step, self.spent_s = saved["step"], saved["spent_s"]
        print(f"resumed at step {self.step}, {self.spent_s / 60:.1f} min", flush=True)

    def log(self, **row: float | str) -> None:
        path = self.folder / "curve.csv"
        fields = ["minutes", "step", "attention_loss", "ctc_loss", "wer_trained_voices", "wer_held_out_voice"]
        new = not path.exists()
        with open(path, "a", newline="") as file:
            writer = csv.DictWriter(file, fields)
            if new:
                writer.writeheader()
            writer.writerow({"minutes": f"{self.spent_s / 60:.2f}", "step": self.step, **row})
        print(f"{self.spent_s / 60:6.2f} min step {self.step}", *(f"{k} {v}" for k, v in row.items()), flush=True)


def bfloat16_is_faster(device: str) -> bool:
    """Measured: twice as fast on processors and graphics cards that know it, four times slower on those that do not."""
    if device != "cpu":
        return True

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(2048, 256, dtype=dtype), torch.ones(256, 512, dtype=dtype)
        left @ right
        started = time.process_time()
        for _ in range(20):
            left @ right
        return time.process_time() - started

    return seconds(torch.bfloat16) < seconds(torch.float32)


def rate_factor(progress: float, step: int) -> float:
    """Warm-up, plateau, then a straight line to (nearly) zero over the last half."""
    return min(1, (step + 1) / 150) * max(0.02, min(1, (1 - progress) / 0.5))


def train_step(run: Run, shards: Shards, r: np.random.Generator, progress: float) -> tuple[float, float]:
    """One batch; the attention and CTC losses."""
    early = max(0.0, 1 - progress / 0.35)
    weights = np.array(EARLY) * early + np.array(LATE) * (1 - early)
    positions = int(r.choice(WINDOWS, p=weights / weights.sum()))
    window = positions * POSITION_SAMPLES
    examples = [compose(shards, r, window) for _ in range(max(8, POSITIONS_A_BATCH // positions))]
    features = batch_features(examples, r, window).to(run.device)
    given, wanted = (rows.to(run.device) for rows in batch_targets(examples, run.tokens, r))
    # The losses stay exact.
    with torch.autocast(run.device, torch.bfloat16, enabled=run.half_width):
        encoded = run.model.encoder(features)
        logits = run.model.decoder(given, run.model.decoder.heard(encoded)).float()
    attention = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORE)
    spelled, lengths = batch_letters(examples)
    scores = run.model.ctc(encoded.float()).log_softmax(-1).transpose(0, 1)
    heard = torch.full((len(examples),), positions)
    # Summed, then per letter: a mean over clips would let the clips without any letter rule.
    ctc = F.ctc_loss(
        scores, spelled.to(run.device), heard, lengths, reduction="sum", zero_infinity=True
    ) / lengths.sum().clamp_min(1)
    ctc_weight = CTC_WEIGHT_EARLY * early + CTC_WEIGHT_LATE * (1 - early)
    for optimiser, rate in zip(run.optimisers, run.rates):
        optimiser.zero_grad(set_to_none=True)
        for group in optimiser.param_groups:
            group["lr"] = rate * rate_factor(progress, run.step)
    ((1 - ctc_weight) * attention + ctc_weight * ctc).backward()
    torch.nn.utils.clip_grad_norm_(run.others, 1.0)
    for optimiser in run.optimisers:
        optimiser.step()
    run.step += 1
    return attention.item(), ctc.item()


def word_error_rate(run: Run, shards: Shards, held_out_voice: bool, clips: int = 48, show: int = 2) -> float:
    """Greedy, on new sentences of the trained templates."""
    chosen = [s for s in shards.sentences if s.voice.endswith(FLITE_HELD_OUT) == held_out_voice][:clips]
    errors = words = 0
    prompt = [run.tokens.sot, run.tokens.english, run.tokens.transcribe, run.tokens.no_timestamps]
    run.model.eval()
    for k in range(0, len(chosen), 16):
        part = chosen[k : k + 16]
        window = -(-max(s.length for s in part) // POSITION_SAMPLES) * POSITION_SAMPLES
        examples = [Example(shards.samples(s, opus=False), [(0, 0, s.text)]) for s in part]
        heard = run.model.greedy(batch_features(examples, None, window).to(run.device), prompt, run.tokens.eot)
        for sentence, rows in zip(part, heard):
            text = run.tokens.decode(rows)
            wrong, total = word_errors(plain(sentence.text), plain(text))
            errors, words = errors + wrong, words + total
            if show > 0:
                print(f"    {sentence.voice} | {sentence.text} | {text}", flush=True)
                show -= 1
    run.model.train()
    return errors / max(1, words)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("shards", type=Path)
    arguments.add_argument("run", type=Path)
    arguments.add_argument(
        "--minutes", type=float, default=45, help="CPU minutes in total, so that a busy machine costs no training"
    )
    arguments.add_argument("--state", type=int, default=256, help="width of the network, a multiple of 32")
    arguments.add_argument("--device", default="cpu")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    run = Run(given.run, given.state, given.device)
    torch.manual_seed(run.step)
    r = np.random.default_rng(run.step)
    train, test = Shards(given.shards, {"train"}), Shards(given.shards, {"template"})
    budget_s, losses = given.minutes * 60, []
    started, before = time.process_time(), run.spent_s
    next_evaluation = run.spent_s + EVALUATE_S
    parameters = sum(p.numel() for p in run.model.parameters())
    print(
        f"{parameters / 1e6:.2f} M parameters, {len(run.tokens.ids)} rows, {len(train.sentences)} sentences", flush=True
    )
    while run.spent_s < budget_s:
        losses.append(train_step(run, train, r, run.spent_s / budget_s))
        run.spent_s = before + time.process_time() - started
        if run.step % CHECKPOINT_STEPS == 0:
            attention, ctc = np.mean(losses, 0)
            losses = []
            run.log(attention_loss=f"{attention:.3f}", ctc_loss=f"{ctc:.3f}")
            run.save()
            train.reload()
        if run.spent_s > next_evaluation or run.spent_s >= budget_s:
            next_evaluation = run.spent_s + EVALUATE_S
            rates = [word_error_rate(run, test, held_out) for held_out in (False, True)]
            run.log(wer_trained_voices=f"{rates[0]:.3f}", wer_held_out_voice=f"{rates[1]:.3f}")
    run.save()


if __name__ == "__main__":
    main()
