"""The files of the repository against each other: what is named twice must agree."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tomllib
from urllib.parse import urlsplit

import glassbox
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
EXTRAS = PROJECT["optional-dependencies"]
PYTHONS = [
    f"3.{n}"
    for n in range(30)
    if f"3.{n}" in SpecifierSet(PROJECT["requires-python"])
]
PLATFORMS = {
    "Linux x86_64": ("posix", "linux", "Linux", "x86_64"),
    "Linux arm64": ("posix", "linux", "Linux", "aarch64"),
    "macOS arm64": ("posix", "darwin", "Darwin", "arm64"),
    "Windows": ("nt", "win32", "Windows", "AMD64"),
}
MAX_BYTES = 600_000


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tracked_files() -> list[Path]:
    """What git tracks or would track; without git (a downloaded archive) all that make did not."""
    # safe.directory, because CI may run as another user than the one who cloned.
    git = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
    ]
    if (ROOT / ".git").exists():
        names = subprocess.run(
            [*git, "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
    else:
        made = {name.strip("/") for name in read(".gitignore").split()}
        paths = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        names = [
            path.as_posix() for path in paths if not made & set(path.parts)
        ]
    return [ROOT / name for name in sorted(names) if (ROOT / name).is_file()]


def tracked_texts() -> dict[str, str]:
    """The text of each tracked file by its name; images inside of notebooks are left out."""
    texts = {}
    for path in tracked_files():
        data = path.read_bytes()
        if b"\0" not in data:
            text = data.decode("utf-8")
            texts[path.relative_to(ROOT).as_posix()] = re.sub(
                r"[A-Za-z0-9+/]{200,}", "", text
            )
    return texts


# --- Dependencies: pyproject.toml, the locks, environment.yml -----------------------------------


def locked(name: str) -> list[tuple[Requirement, int]]:
    """The pinned requirements of a lock file, each with its number of hashes."""
    lines = read(f"locks/{name}.txt").replace("\\\n", " ").splitlines()
    return [
        (Requirement(line.split("--hash")[0]), line.count("--hash=sha256:"))
        for line in lines
    ]


def versions(name: str, platform: str, python: str) -> dict[str, list[Version]]:
    """What a lock file installs on a platform."""
    os_name, sys_platform, system, machine = PLATFORMS[platform]
    environment = {
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_system": system,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    found: dict[str, list[Version]] = {}
    for requirement, _ in locked(name):
        if requirement.marker is None or requirement.marker.evaluate(
            environment
        ):
            (pin,) = requirement.specifier
            found.setdefault(canonicalize_name(requirement.name), []).append(
                Version(pin.version)
            )
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_locks_hold_every_dependency_once_and_inside_its_range(
    platform: str, python: str
) -> None:
    book = EXTRAS["book"]
    everything = PROJECT["dependencies"] + list(
        itertools.chain(*EXTRAS.values())
    )
    for lock, named in {"all": everything, "book": book}.items():
        found = versions(lock, platform, python)
        twice = {name: pins for name, pins in found.items() if len(pins) > 1}
        assert not twice, f"locks/{lock}.txt has two versions"
        for requirement in map(Requirement, named):
            pins = found.get(canonicalize_name(requirement.name), [])
            assert pins, (
                f"locks/{lock}.txt lacks {requirement.name}: run make lock"
            )
            assert pins[0] in requirement.specifier, (
                f"{requirement} is locked at {pins[0]}: make lock"
            )


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_book_is_built_with_the_versions_that_are_tested(
    platform: str, python: str
) -> None:
    everything = versions("all", platform, python)
    book = versions("book", platform, python)
    assert {name: everything.get(name) for name in book} == book


def test_the_book_needs_nothing_that_computes() -> None:
    computing = {
        canonicalize_name(Requirement(line).name)
        for line in PROJECT["dependencies"]
    }
    book = {
        canonicalize_name(requirement.name) for requirement, _ in locked("book")
    }
    assert book & (computing | {"shap", "lime", "scipy", "numba"}) == set()


@pytest.mark.parametrize("lock", ["all", "book"])
def test_locks_name_packages_and_hashes_and_nothing_else(lock: str) -> None:
    name = r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.+!]+( ; [^\\]+)?"
    line = re.compile(rf"({name}|    --hash=sha256:[0-9a-f]{{64}})( \\)?")
    others = [
        text
        for text in read(f"locks/{lock}.txt").splitlines()
        if not line.fullmatch(text)
    ]
    assert others == [], "an index, a host, a path or a comment"
    assert [
        str(requirement) for requirement, hashes in locked(lock) if not hashes
    ] == []


def test_conda_and_binder_install_the_same_extras() -> None:
    *conda, pip = yaml.safe_load(read("environment.yml"))["dependencies"]
    (editable,) = pip["pip"]
    extras = re.fullmatch(r"-e \.\[([a-z,]+)\]", editable)
    assert extras and set(extras[1].split(",")) == set(EXTRAS)
    python = next(line for line in conda if line.startswith("python="))
    assert python.removeprefix("python=") in PYTHONS
    assert {re.match(r"[\w-]+", line)[0] for line in conda} == {"python", "pip"}


def test_supported_pythons_agree() -> None:
    first, last = PYTHONS[0], PYTHONS[-1]
    bounds = "({}, {}) <= v <= ({}, {})".format(
        *first.split("."), *last.split(".")
    )
    makefile = read("Makefile")
    assert makefile.count(bounds) == makefile.count("sys.version_info") == 1
    assert f"--python-version {first} " in makefile
    ruff = tomllib.loads(read("pyproject.toml"))["tool"]["ruff"]
    assert ruff["target-version"] == "py" + first.replace(".", "")
    test = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]["test"]
    assert test["strategy"]["matrix"]["python"] == PYTHONS
    assert ", ".join(PYTHONS[:-1]) + f" or {last}" in read("README.md")
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        quoted = re.findall(
            r'python-version: "([^"]+)"', path.read_text(encoding="utf-8")
        )
        assert set(quoted) <= set(PYTHONS), path.name


def test_the_installed_packages_fit_together() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stdout


# --- Commands: the Makefile, what names its targets, what it writes -----------------------------

TARGETS = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))


def make_calls(text: str) -> set[str]:
    """The targets in the `make ...` commands of a text."""
    commands = re.findall(
        r"(?:^[ \t>-]*(?:run: )?|`)make ([^`#\n|;&)]+)",
        text,
        flags=re.MULTILINE,
    )
    words = " ".join(commands).split()
    return {
        word for word in words if "=" not in word and not word.startswith("-")
    }


def test_every_target_says_what_it_does_in_make_help() -> None:
    documented = set(
        re.findall(r"^([a-z-]+):.*## \S", read("Makefile"), flags=re.MULTILINE)
    )
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), flags=re.MULTILINE)
    assert phony and documented == TARGETS == set(phony[1].split())


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", ".ci/run", ".github/workflows/*.yml"],
)
def test_named_targets_exist(name: str) -> None:
    paths = sorted(ROOT.glob(name))
    assert paths, name
    for path in paths:
        calls = make_calls(path.read_text(encoding="utf-8"))
        assert calls or path.name == "links.yml", f"{path.name} calls no target"
        assert calls <= TARGETS, f"{path.name} calls {sorted(calls - TARGETS)}"


def test_the_two_commands_stand_on_the_first_screen() -> None:
    first_screen = "\n".join(read("README.md").splitlines()[:30])
    assert {"book", "test"} <= make_calls(first_screen)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    last = read(".ci/run").strip().splitlines()[-1]
    assert last == "exec make test"


def test_make_writes_only_inside_the_clone(tmp_path: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("needs make")
    # The caches that matter are set by the Makefile, not by the shell that runs the tests.
    home = tmp_path / "home"
    home.mkdir()
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG")
    clean = {name: os.environ[name] for name in kept if name in os.environ}
    clean |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "OS": os.environ.get("OS", ""),
    }
    script = tmp_path / "probe.py"
    script.write_text(
        "import nbclient, nbformat\n"
        "code = 'import keras, shap, matplotlib.pyplot as plt; plt.plot([1])'\n"
        "cells = [nbformat.v4.new_code_cell(code)]\n"
        "nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells)).execute()\n",
        encoding="utf-8",
    )
    makefile = tmp_path / "Makefile"
    python = Path(sys.executable).as_posix()
    makefile.write_text(
        f"include {(ROOT / 'Makefile').as_posix()}\nprobe:\n\t'{python}' '{script.as_posix()}'\n",
        encoding="utf-8",
    )
    result = subprocess.run(
        [make, "-f", str(makefile), "probe"],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert not list(home.rglob("*"))


def test_workflow_actions_are_pinned_by_major_version() -> None:
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
        for job in jobs.values():
            assert "timeout-minutes" in job, (
                f"{path.name}: a job without a time limit"
            )
            for step in job["steps"]:
                assert re.fullmatch(
                    r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1")
                ), path.name


# --- Texts ---------------------------------------------------------------------------------------


def test_the_address_of_the_repository_stands_in_one_place() -> None:
    address = yaml.safe_load(read("_config.yml"))["repository"]["url"]
    host, owner, _ = re.fullmatch(
        r"https://([^/]+)/([^/]+)/([^/]+?)/?", address
    ).groups()
    places = [
        name
        for name, text in tracked_texts().items()
        if f"{host}/{owner}" in text
    ]
    assert places == ["_config.yml"]


def test_no_file_names_a_machine_or_a_registry() -> None:
    # Folders of one machine, temporary files of one run, and the hosts that packages come from.
    folders = ["work", "root", "home", "opt", "tmp", "mnt", "Users"]
    place = re.compile(
        rf"(?<![\w.~/-])/(?:{'|'.join(folders)})/"
        r"|\b[A-Z]:\\\\?Users|pypi\.org|pythonhosted\.org|(?:conda|repo)\.anaconda\.(?:org|com)"
    )
    found = [
        f"{name}: ...{text[max(0, match.start() - 30) : match.end() + 30]!r}..."
        for name, text in tracked_texts().items()
        for match in place.finditer(text)
    ]
    assert found == []


def test_files_are_small() -> None:
    large = {path.name: path.stat().st_size for path in tracked_files()}
    assert {
        name: size for name, size in large.items() if size > MAX_BYTES
    } == {}


def test_versions_and_licenses_agree() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == glassbox.__version__ == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert citation["title"] == yaml.safe_load(read("_config.yml"))["title"]
    assert read("LICENSE").startswith("MIT License")
    assert "SPDX-License-Identifier: CC-BY-4.0" in read("LICENSE-text.md")


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "LICENSE-text.md"]
)
def test_links_between_files_work(name: str) -> None:
    text = re.sub(r"`[^`\n]*`", "", read(name))
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / target).exists(), f"{name} links to {target}"


@pytest.mark.parametrize(
    "arguments", [["check"], ["format", "--check", "--diff"]]
)
def test_style(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "ruff", *arguments, "."]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    remedy = "run `make format`, then `make notebooks` and `make figures`\n"
    assert result.returncode == 0, remedy + result.stdout + result.stderr


# Publishers of laws, and of a proceedings without DOIs.
OFFICIAL = {
    "eur-lex.europa.eu",
    "papers.nips.cc",
    "www.bankofengland.co.uk",
    "www.consumerfinance.gov",
    "www.federalreserve.gov",
    "www.occ.gov",
}


def test_every_source_has_an_identifier() -> None:
    """A DOI or an arXiv number; a book has its ISBN, and a law the address of its publisher."""
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=@)", text.strip())
    keys = [re.match(r"@\w+\{([^,]+),", entry)[1] for entry in entries]
    assert keys == sorted(set(keys))
    for key, entry in zip(keys, entries, strict=True):
        fields = dict(re.findall(r"^  (\w+)\s*= \{(.*)\},$", entry, re.M))
        assert {"author", "title", "year"} <= fields.keys(), key
        if fields.keys() & {"doi", "isbn"}:
            continue
        if "eprint" in fields:
            assert fields["archiveprefix"] == "arXiv", key
            assert re.fullmatch(r"\d{4}\.\d{4,5}", fields["eprint"]), key
            continue
        assert urlsplit(fields.get("url", "")).netloc in OFFICIAL, (
            f"{key} needs a DOI or an arXiv number"
        )
