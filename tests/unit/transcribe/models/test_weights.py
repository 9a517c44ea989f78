"""Where weights come from, in which order, and what is said when there are none."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kring.errors import DiskFull, SetupError
from kring.settings import Settings, TranscribeSettings
from tests.support.repository import REPOSITORY
from transcribe.models import weights
from transcribe.models.cache import obtain


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package of two parts, laid out as the real one."""
    site = tmp_path / "site"
    for number, module in enumerate(weights.PACKAGE, start=1):
        data = site / module / "data"
        data.mkdir(parents=True)
        (site / module / "__init__.py").touch()
        (data / f"model.bin.part{number}").write_bytes(b"half%d" % number)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (site / weights.PACKAGE[0] / "data" / name).write_text(name)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    contents = {name: name.encode() for name in weights.PACKAGE_SHA256} | {"model.bin": b"half1half2"}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(weights, "PACKAGE_SHA256", digests)
    for module in weights.PACKAGE:
        monkeypatch.delitem(sys.modules, module, raising=False)
    return site


def settings(tmp_path: Path, model: str = "base") -> Settings:
    return Settings(data_dir=tmp_path / "data", transcribe=TranscribeSettings(model=model))


def test_the_package_is_joined_into_the_cache(tmp_path: Path, package: Path) -> None:
    found = weights.folder(settings(tmp_path))
    assert found == tmp_path / "data" / "models" / "faster-whisper-base"
    assert {file.name: file.read_bytes() for file in found.iterdir()} == {
        "model.bin": b"half1half2",
        "config.json": b"config.json",
        "tokenizer.json": b"tokenizer.json",
        "vocabulary.txt": b"vocabulary.txt",
    }
    assert [path.name for path in found.parent.iterdir()] == [found.name]


def test_the_cache_is_enough_the_second_time(tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = weights.folder(settings(tmp_path))
    monkeypatch.setattr(weights, "PACKAGE", ("no_such_package",))
    assert weights.folder(settings(tmp_path)) == first


FILES = [
    (0, "model.bin.part1"),
    (1, "model.bin.part2"),
    (0, "config.json"),
    (0, "tokenizer.json"),
    (0, "vocabulary.txt"),
]


@pytest.mark.parametrize(("part", "name"), FILES)
def test_a_damaged_package_leaves_nothing_behind(tmp_path: Path, package: Path, part: int, name: str) -> None:
    file = package / weights.PACKAGE[part] / "data" / name
    file.write_bytes(file.read_bytes()[:-1] + b"X")
    whose = name.removesuffix(".part1").removesuffix(".part2").replace(".", r"\.")
    with pytest.raises(SetupError, match=rf"is damaged: the SHA-256 of its {whose} differs; install it again"):
        weights.folder(settings(tmp_path))
    file.unlink()
    with pytest.raises(SetupError, match=rf"lacks {name}; install it again"):
        weights.folder(settings(tmp_path))
    assert list((tmp_path / "data" / "models").iterdir()) == []


def test_what_the_package_does_not_come_with_is_not_taken(tmp_path: Path, package: Path) -> None:
    (package / weights.PACKAGE[0] / "data" / "preprocessor_config.json").write_text("{}")
    assert {file.name for file in weights.folder(settings(tmp_path)).iterdir()} == set(weights.PACKAGE_SHA256)


def test_two_processes_may_join_at_once(tmp_path: Path, package: Path) -> None:
    def another_was_faster(to: Path) -> None:
        weights.folder(settings(tmp_path))
        weights._join_package("base", to)

    target = tmp_path / "data" / "models" / "faster-whisper-base"
    assert obtain(target, (another_was_faster,)) == target
    assert (target / "model.bin").read_bytes() == b"half1half2"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_without_weights_all_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        weights.folder(settings(tmp_path, "small"))
    message = str(caught.value)
    for place in ("“small”", "nothing in the cache", "hub is not asked (HF_HUB_OFFLINE", "weights package"):
        assert place in message


def test_a_path_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "model.bin").write_bytes(b"mine")
    (own / "tokenizer.json").touch()
    assert weights.folder(settings(tmp_path, str(own))) == own
    assert weights.model_name(settings(tmp_path, str(own))) == "own"
    assert weights.identity(settings(tmp_path, str(own))) == hashlib.sha256(b"mine").hexdigest()
    (own / "model.bin").write_bytes(b"tuned further")
    assert weights.identity(settings(tmp_path, str(own))) == hashlib.sha256(b"tuned further").hexdigest()


def test_a_checkpoint_may_be_given_as_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tuned.pt"
    file.write_bytes(b"x")
    assert weights.checkpoint(settings(tmp_path, str(file))) == file
    assert weights.model_name(settings(tmp_path, str(file))) == "tuned"


def test_a_wrong_name_lists_the_right_ones(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"“bsae”.*“base”.*tiny, tiny\.en, base, .*turbo"):
        weights.model_name(settings(tmp_path, "bsae"))


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"model\.bin"):
        weights.folder(settings(tmp_path, str(tmp_path)))
    with pytest.raises(SetupError, match=r"model\.bin"):
        weights.identity(settings(tmp_path, str(tmp_path)))


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    def full(_to: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(DiskFull, match="no room for the weights"):
        obtain(tmp_path / "models" / "x", (full,))


@pytest.mark.slow
def test_names_agree_with_both_engines() -> None:
    program = (
        "import faster_whisper.utils, whisper; from transcribe.models import names\n"
        "known = {**names.REPOSITORIES, **{a: names.REPOSITORIES[s] for a, s in names.ALIASES.items()}}\n"
        "assert {s: faster_whisper.utils._MODELS[s] for s in known} == known\n"
        "assert set(known) == set(whisper.available_models())\n"
        "assert all(whisper._MODELS[a] == whisper._MODELS[s] for a, s in names.ALIASES.items())\n"
        "from transcribe.models.alignment_heads import published\n"
        "from ctranslate2.converters.transformers import _WHISPER_ALIGNMENT_HEADS as theirs\n"
        "both = [size for size in names.SIZES if f'openai/whisper-{size}' in theirs]\n"
        "assert len(both) > 8\n"
        "for size in both: assert published(size) == tuple(theirs[f'openai/whisper-{size}']), size\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=REPOSITORY)


@pytest.mark.parametrize(
    ("model", "name", "same"),
    [
        ("base", "base", "base"),
        ("large", "large-v3", "large-v3"),
        ("turbo", "large-v3-turbo", "large-v3-turbo"),
        ("Systran/faster-whisper-small", "small", "small"),
        ("NbAiLab/nb-whisper-small", "nb-whisper-small", "NbAiLab/nb-whisper-small"),
        ("NbAiLab/nb-whisper-small@v1.0", "nb-whisper-small", "NbAiLab/nb-whisper-small@v1.0"),
        ("Systran/faster-whisper-small@main", "faster-whisper-small", "Systran/faster-whisper-small@main"),
    ],
)
def test_the_same_weights_have_one_identity_and_nobody_is_asked(
    model: str, name: str, same: str, tmp_path: Path
) -> None:
    assert weights.model_name(settings(tmp_path, model)) == name
    assert weights.identity(settings(tmp_path, model)) == same
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("larg-v3", "did you mean “large-v3”?"),
        ("large_v3", "did you mean “large-v3”?"),
        ("Turbo", "did you mean “turbo”?"),
        ("nb-whisper-large", "“NbAiLab/nb-whisper-large”"),
        ("/srv/models/none", "no file or folder “/srv/models/none”"),
        ("models/none.pt", "no file or folder “models/none.pt”"),
        ("owner/../name", "no model “owner/../name”"),
        ("owner/name@", "no model “owner/name@”"),
        ("a/b/c", "no model “a/b/c”"),
        ("", "no model “”"),
    ],
)
def test_a_wrong_model_is_told_from_the_right_ones(model: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        weights.identity(settings(tmp_path, model))
    assert said in str(caught.value)
    for kind in ("large-v3-turbo", "NbAiLab/nb-whisper-small", "path"):
        assert kind in str(caught.value)


def test_a_path_that_exists_comes_before_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "NbAiLab" / "nb-whisper-small"
    own.mkdir(parents=True)
    (own / "model.bin").write_bytes(b"mine")
    assert weights.identity(settings(tmp_path, "NbAiLab/nb-whisper-small")) == hashlib.sha256(b"mine").hexdigest()


def test_weights_in_pieces_are_known_by_all_of_them(tmp_path: Path) -> None:
    pieces = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    for piece in pieces:
        (tmp_path / piece).write_text(piece)
    (tmp_path / "config.json").write_text("{}")
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": pieces[0], "b": pieces[1], "c": pieces[1]}}))
    before = weights.identity(settings(tmp_path, str(tmp_path)))
    (tmp_path / pieces[1]).write_text("tuned further")
    assert weights.identity(settings(tmp_path, str(tmp_path))) != before
    index.write_text(json.dumps({"weight_map": {"a": "../../etc/passwd"}}))
    with pytest.raises(SetupError, match="names the file"):
        weights.identity(settings(tmp_path, str(tmp_path)))


def test_weights_that_can_carry_programs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(SetupError, match=r"can carry programs .*model\.safetensors"):
        weights.folder(settings(tmp_path, str(tmp_path)))
    with pytest.raises(SetupError, match=r"set transcribe\.model to its folder"):
        weights.checkpoint(settings(tmp_path, str(tmp_path / "pytorch_model.bin")))
