"""Model folders: on this machine or fetched from the Hugging Face hub, and safe to load.

Nothing here loads a model. Only a hub name leads to a request, a folder never does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from pathlib import Path

from fsl_core.base.errors import MissingBackend
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress
from fsl_core.models.backends import tuned_models
from fsl_core.models.shelf import places

logger = logging.getLogger(__name__)

SHELF = "shelf:"
"""How a model of the catalogue is named where a hub name or a folder may stand."""
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WANTED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "*.tiktoken", "README.md"]
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
_LOCAL_HINT = (
    "Download the model on a machine with a network and give its folder as the model, or choose the built-in one."
)


def local_folder(model: str) -> Path | None:
    """The folder that ``model`` names, None for a hub id; MissingBackend for neither.

    'tuned:NAME' names a model that was tuned here, 'shelf:ID' one of the catalogue.
    """
    if model.startswith(SHELF):
        return places.need(model.removeprefix(SHELF))
    if model.startswith(tuned_models.PREFIX):
        return tuned_models.encoder_folder(model.removeprefix(tuned_models.PREFIX))
    path = Path(model).expanduser()
    if path.is_dir():
        return path.resolve()
    if not _HUB_ID.fullmatch(model) or model.startswith("."):
        raise MissingBackend(
            "There is no folder {model}, and it is not a model name of the hub.",
            "Give a folder that exists, or a name such as intfloat/multilingual-e5-small.",
            model=model,
        )
    return None


def identity(model: str, revision: str) -> str:
    """What tells one model from all others: digest of its folder, or hub name and commit.

    A hub model that was never used is looked up on the hub. Raises MissingBackend when that fails.
    """
    folder = local_folder(model)
    return folder_digest(folder) if folder else f"{model}@{hub_commit(model, revision)}"


def folder_of(model: str, revision: str, report: Progress) -> Path:
    """The folder given, or the one fetched from the hub; MissingBackend when it is not to be had."""
    return local_folder(model) or hub_folder(model, revision, report)


def licence_of(folder: Path) -> str:
    """What the model card in a folder says of the licence; empty where there is no card, or it says nothing."""
    try:
        head = (folder / "README.md").read_text("utf-8").split("---", 2)
    except (OSError, ValueError):
        return ""
    found = re.search(r"^license:\s*([\w.+-]+)\s*$", head[1], re.MULTILINE) if len(head) == 3 and not head[0] else None
    return found[1] if found else ""


def check_safe(folder: Path) -> None:
    """Refuse a model folder whose loading would read a pickle or import classes of its own choice."""
    for path, kind in _modules(folder):
        if kind and not kind.startswith("sentence_transformers."):
            raise MissingBackend(
                "The model in {folder} wants to run its own code ({kind}).",
                "Only models made of the modules of sentence-transformers are loaded.",
                folder=folder,
                kind=kind,
            )
        names = sorted(file.name for file in path.iterdir()) if path.is_dir() else []
        pickles = [name for name in names if name.endswith(PICKLES) and name != "training_args.bin"]
        safe = any(name.endswith(".safetensors") for name in names)
        adapter = "adapter_config.json" in names and "adapter_model.safetensors" not in names
        if (pickles and not safe) or adapter:
            raise MissingBackend(
                "The model in {folder} has its weights as a pickle ({files}), which could run foreign code.",
                "Take a revision with model.safetensors, or convert it: load it where you trust it, and call "
                "save_pretrained(folder, safe_serialization=True).",
                folder=path,
                files=", ".join(pickles[:3]) or "adapter_model.bin",
            )


def _modules(folder: Path) -> list[tuple[Path, str]]:
    try:
        listed = json.loads((folder / "modules.json").read_text("utf-8"))
        return [(folder, "")] + [(folder / entry["path"], entry["type"]) for entry in listed]
    except FileNotFoundError:
        return [(folder, "")]
    except (ValueError, KeyError, TypeError) as error:
        raise MissingBackend(
            "The file modules.json in {folder} cannot be read: {problem}",
            "Copy the model folder again.",
            folder=folder,
            problem=error,
        ) from error


def folder_digest(folder: Path) -> str:
    """Identity of a folder: content of its small files, size and time of its weights. Not its path."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            state = path.stat()
            digest.update(path.relative_to(folder).as_posix().encode())
            if path.suffix == ".json" and state.st_size < 1_000_000:
                digest.update(path.read_bytes())
            else:
                digest.update(f"{state.st_size}:{state.st_mtime_ns}".encode())
    return f"folder-{digest.hexdigest()[:16]}"


def hub_commit(model: str, revision: str) -> str:
    """The commit a hub model stands at: the one on disk when there is one, else asked of the hub.

    Raises MissingBackend when neither is to be had.
    """
    if _COMMIT.fullmatch(revision):
        return revision
    import huggingface_hub as hub

    try:
        return Path(hub.snapshot_download(model, revision=revision or None, local_files_only=True)).name
    except Exception:
        logger.debug("%s is not on this machine yet", model, exc_info=True)
    try:
        return str(hub.HfApi().model_info(model, revision=revision or None, timeout=10).sha)
    except Exception as error:
        raise _unreachable(model, error) from error


def hub_folder(model: str, revision: str, report: Progress) -> Path:
    """Folder of a hub model, downloaded when it is not complete on this machine; never its pickles.

    Raises MissingBackend when the hub cannot be reached or has no such model.
    """
    import huggingface_hub as hub
    from huggingface_hub.utils.tqdm import disable_progress_bars

    commit = hub_commit(model, revision)
    try:
        folder = Path(hub.snapshot_download(model, revision=commit, local_files_only=True, allow_patterns=_WANTED))
        if _complete(folder):
            return folder
    except Exception:
        logger.debug("%s is not on this machine yet", model, exc_info=True)
    report(0.0, Note("Downloading {model}", model=model))
    disable_progress_bars()
    try:
        return Path(hub.snapshot_download(model, revision=commit, allow_patterns=_WANTED, etag_timeout=10))
    except Exception as error:
        raise _unreachable(model, error) from error


def on_disk(model: str, revision: str = "") -> bool:
    """Whether a model is a folder, or a hub model that was downloaded whole. Asks nobody."""
    import huggingface_hub as hub

    try:
        if local_folder(model) is not None:
            return True
        return _complete(Path(hub.snapshot_download(model, revision=revision or None, local_files_only=True)))
    except Exception:  # whatever the library raises for what is not there
        return False


def hub_bytes(model: str, commit: str) -> int:
    """Size of the files that ``hub_folder`` fetches; 0 where the hub does not tell."""
    from fnmatch import fnmatch

    import huggingface_hub as hub

    try:
        files = hub.HfApi().model_info(model, revision=commit, files_metadata=True, timeout=10).siblings or []
    except Exception as error:
        raise _unreachable(model, error) from error
    return sum(file.size or 0 for file in files if any(fnmatch(file.rfilename, wanted) for wanted in _WANTED))


def cached_bytes(model: str) -> int:
    """Bytes of this hub model on this machine so far, unfinished files included."""
    from huggingface_hub import constants

    blobs = Path(constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}" / "blobs"
    total = 0
    for file in blobs.glob("*") if blobs.is_dir() else []:
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            continue  # finished and renamed this very moment
    return total


def _complete(folder: Path) -> bool:
    index = folder / "model.safetensors.index.json"
    if index.exists():
        shards = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
        return all((folder / shard).exists() for shard in shards)
    return (folder / "config.json").exists() and any(folder.rglob("*.safetensors"))


def _unreachable(model: str, error: Exception) -> MissingBackend:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    if isinstance(error, RepositoryNotFoundError) and not isinstance(error, GatedRepoError):
        return MissingBackend(
            "The hub has no model {model}, or does not show it to everybody.",
            "Check the name; for a private model set HF_TOKEN, or give the folder of the model.",
            model=model,
        )
    return MissingBackend(
        "The model {model} is not on this machine and could not be fetched from the hub: {problem}",
        _LOCAL_HINT,
        model=model,
        problem=(str(error).splitlines() or [type(error).__name__])[0][:300],
    )
