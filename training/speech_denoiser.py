"""Train the network of seem_ros/speech/engines/denoiser.py: python -m training.speech_denoiser.

Takes a folder of quiet mono recordings of speech, 16 kHz, a few seconds each. Every recording is
heard with another pitch, channel, loudness and noise each time. The network learns to give back
the quiet one, compared as the recogniser does: cepstra, their differences, and differences of
those, each in units of its spread.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from seem_ros.speech.audio import SAMPLE_RATE, read_recording
from seem_ros.speech.engines.cepstra import BANDS, cepstra, log_mel
from seem_ros.speech.engines.denoiser import network_input, speech_level
from training.loop.loop import Loop, Records, Schedule

_HIDDEN = 256
_CHUNK = 64  # frames
_CHUNKS = 6  # a step
_EMA_DECAY = 0.995
_PASSES = 3  # over the same noisy frames: making them takes as long as learning from them
_PITCHES = (0.86, 0.93, 1.0, 1.0, 1.07, 1.15, 1.22)
_LONGEST_S = 4.0
_SPEECH_NEPERS = 7.0  # what is quieter than the loudest frame by more than this counts less
_SILENCE_WEIGHT = 0.3
_BANDS_WEIGHT, _DIFFERENCES_WEIGHT = 0.01, 0.4


@dataclass(eq=False)
class Frames:
    """Chunks of frames: input (N, 64, 325), quiet bands (N, 64, 25), weights (N, 64)."""

    inputs: Tensor
    quiet: Tensor
    weights: Tensor


class PairMaker:
    """Makes quiet and noisy versions of recordings."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def __call__(self, speech: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (T, 25) bands of a recording as in a quiet room, and in noise."""
        speech = self._varied(speech)
        loud = np.abs(speech) > 0.02 * np.abs(speech).max()
        level = np.sqrt(np.mean(speech[loud] ** 2))
        room = self._noise(len(speech), 0.9 ** np.arange(60))
        quiet = speech + room * level * 10.0 ** (-self._random.uniform(38.0, 50.0) / 20.0)
        colours = (np.ones(1), self._random.normal(size=self._random.integers(2, 9)))
        colour = colours[self._random.integers(2)]
        noise = self._noise(len(speech), colour)
        noisy = speech + noise * level * 10.0 ** (-self._random.uniform(5.0, 40.0) / 20.0)
        return log_mel(np.rint(quiet)), log_mel(np.rint(noisy))

    def _varied(self, speech: np.ndarray) -> np.ndarray:
        """Change pitch, channel and loudness, and add silence before and after."""
        import soxr

        pitch = self._random.choice(_PITCHES)
        speech = soxr.resample(speech, SAMPLE_RATE, SAMPLE_RATE * pitch, quality="QQ")
        pauses = (self._random.uniform(0.1, 0.5, 2) * SAMPLE_RATE).astype(int)
        speech = np.pad(speech[: int(_LONGEST_S * SAMPLE_RATE)], pauses)
        speech[1:] += self._random.uniform(-0.5, 0.3) * speech[:-1]
        return speech / np.abs(speech).max() * 10.0 ** self._random.uniform(3.4, 4.4)

    def _noise(self, length: int, filter_taps: np.ndarray) -> np.ndarray:
        white = self._random.normal(size=length + len(filter_taps) - 1)
        noise = np.convolve(white, filter_taps, mode="valid")
        return noise / noise.std()


def make_frames(recordings: list[np.ndarray], pairs: PairMaker) -> Frames:
    """Make training frames of recordings (N,) float."""
    inputs, targets, weights = [], [], []
    for speech in recordings:
        quiet, noisy = pairs(speech)
        inputs.append(network_input(noisy))
        targets.append(quiet - speech_level(noisy))
        energy = quiet.mean(axis=1)
        spoken = energy > energy.max() - _SPEECH_NEPERS
        weights.append(np.where(spoken, 1.0, _SILENCE_WEIGHT))
    return Frames(*(_chunks(np.concatenate(part)) for part in (inputs, targets, weights)))


def _chunks(frames: np.ndarray) -> Tensor:
    whole = len(frames) // _CHUNK
    cut = frames[: whole * _CHUNK].reshape(whole, _CHUNK, *frames.shape[1:])
    return torch.tensor(cut, dtype=torch.float32)


def streams(features: Tensor) -> list[Tensor]:
    """Return (N, T, 13) cepstra and their first and second differences, as pocketsphinx does."""
    first = features[:, 4:] - features[:, :-4]
    second = features[:, 6:] - features[:, 4:-2] - features[:, 2:-4] + features[:, :-6]
    return [features, first, second]


class Loss:
    """How far estimated bands are from the quiet ones.

    Args:
        spreads: three (13,) standard deviations: of the cepstra, and of their differences.

    """

    def __init__(self, spreads: list[Tensor]) -> None:
        self._spreads = spreads
        self._to_cepstra = torch.tensor(cepstra(np.eye(BANDS)))

    def __call__(self, estimate: Tensor, frames: Frames, batch: Tensor) -> Tensor:
        """Compare an estimate (N, 64, 25) with the quiet frames of a batch (N,) of chunks."""
        error = estimate - frames.quiet[batch]
        loss = _BANDS_WEIGHT * (error**2).mean()
        for order, stream in enumerate(streams(error @ self._to_cepstra)):
            cut = (0, 2, 3)[order]
            weight = frames.weights[batch][:, cut : _CHUNK - cut]
            distance = ((stream / self._spreads[order]) ** 2).mean(dim=2)
            loss = loss + (_DIFFERENCES_WEIGHT if order else 1.0) * (distance * weight).mean()
        return loss


def spreads(frames: Frames) -> list[Tensor]:
    """Measure the spread of cepstra and differences of quiet speech, within a few frames."""
    to_cepstra = torch.tensor(cepstra(np.eye(BANDS)))
    return [part.flatten(0, 1).std(dim=0) for part in streams(frames.quiet @ to_cepstra)]


class Learner(nn.Module):
    """A network that learns the quiet frames of chunks.

    Args:
        network: of inputs (N, 64, 325) to what to add to the noisy bands.
        loss: compares with the quiet ones.
    """

    def __init__(self, network: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.network, self._loss = network, loss

    def forward(self, frames: Frames, batch: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of a batch (N,) of chunks."""
        inputs = frames.inputs[batch]
        estimate = self.network(inputs) + 5.0 * inputs[..., -BANDS:]
        return self._loss(estimate, frames, batch), {}


def batches(
    recordings: list[np.ndarray], pairs: PairMaker, frames: Frames
) -> Iterator[tuple[Frames, Tensor]]:
    """Yield frames with chunks of them in random order, several times, then make new ones."""
    while True:
        for _ in range(_PASSES):
            for chosen in torch.randperm(len(frames.inputs)).split(_CHUNKS):
                yield frames, chosen
        frames = make_frames(recordings, pairs)


def train(recordings: list[np.ndarray], rounds: int, out: Path, seed: int = 0) -> nn.Module:
    """Train a network on recordings (N,) float, heard about once in every round.

    The log and what an interrupted training goes on from lie beside `out`.
    """
    torch.manual_seed(seed)
    pairs = PairMaker(seed)
    frames = make_frames(recordings, pairs)
    network = nn.Sequential(
        nn.Linear(frames.inputs.shape[2], _HIDDEN),
        nn.ReLU(),
        nn.Linear(_HIDDEN, _HIDDEN),
        nn.ReLU(),
        nn.Linear(_HIDDEN, BANDS),
    )
    steps_a_round = _PASSES * math.ceil(len(frames.inputs) / _CHUNKS)
    loop = Loop(
        Learner(network, Loss(spreads(frames))),
        network,
        [{"params": list(network.parameters()), "lr": 1e-3}],
        Schedule(rounds * steps_a_round, warm_up=1),
        _EMA_DECAY,
        weight_decay=0.0,
    )
    records = Records(out.with_suffix(".state.pt"), out.with_suffix(".csv"), steps_a_round)
    loop.resume(records.state)
    loop.run(batches(recordings, pairs, frames), records)
    return loop.average


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", type=Path, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("speech_denoiser.safetensors"))
    args = parser.parse_args()
    files = sorted(args.recordings.glob("*.wav"))
    if not files:
        parser.error(f"{args.recordings} holds no .wav files")
    recordings = [read_recording(path).samples / 32768.0 for path in files]
    network = train(recordings, args.rounds, args.out)
    weights = {name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}
    save_file(weights, args.out)


if __name__ == "__main__":
    main()
