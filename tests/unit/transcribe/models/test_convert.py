"""One engine's weights for the other: a small model with random weights must hear the same in every format."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from kring.errors import SetupError
from kring.settings import Settings, TranscribeSettings
from tests.support.media.speech import JFK, RULES, Spoken, of
from transcribe.models import convert, weights
from transcribe.models.alignment_heads import set_heads
from transcribe.models.convert import DIMENSIONS, complete_folder, convert_checkpoint, convert_folder, make_checkpoint
from transcribe.models.ctranslate2 import openai_checkpoint, read_variables
from transcribe.models.tokenizer import languages, vocabulary, write_tokenizer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed file.*tiktoken:ResourceWarning"),  # whisper/tokenizer.py
]

DIMS = {
    "n_mels": 80,
    "n_audio_ctx": 1500,
    "n_audio_state": 64,
    "n_audio_head": 1,
    "n_audio_layer": 1,
    "n_vocab": 51865,
    "n_text_ctx": 448,
    "n_text_state": 64,
    "n_text_head": 1,
    "n_text_layer": 2,
}
THEIRS = {
    "self_attn": "attn",
    "encoder_attn": "cross_attn",
    "q_proj": "query",
    "k_proj": "key",
    "v_proj": "value",
    "out_proj": "out",
    "self_attn_layer_norm": "attn_ln",
    "encoder_attn_layer_norm": "cross_attn_ln",
    "final_layer_norm": "mlp_ln",
    "fc1": "mlp.0",
    "fc2": "mlp.2",
}
"""Parts of a layer in transformers, and what openai-whisper calls them."""


@pytest.fixture(scope="module")
def model() -> Any:
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(7)
    made = Whisper(ModelDimensions(**DIMS))
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
        parameter.data = parameter.data.half().float()  # so that float16 loses nothing
    return made.eval()


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tokens") / "tokenizer.json"
    write_tokenizer(DIMS["n_vocab"], file)
    return file


@pytest.fixture(autouse=True)
def _tokens_made_once(tokens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making them takes seconds, and one test looks at them."""

    def copied(size: int, to: Path) -> None:
        if size != DIMS["n_vocab"]:
            write_tokenizer(size, to)
        else:
            shutil.copyfile(tokens, to)

    monkeypatch.setattr(convert, "write_tokenizer", copied)


@pytest.fixture
def checkpoint(model: Any, tmp_path: Path) -> Path:
    import torch

    file = tmp_path / "tuned.pt"
    torch.save({"dims": DIMS, "model_state_dict": model.state_dict()}, file)
    return file


def theirs(name: str) -> str:
    """transformers' name of a tensor, made the other way than `transcribe.models.convert` makes ours."""
    top = {
        "encoder.positional_embedding": "encoder.embed_positions.weight",
        "decoder.positional_embedding": "decoder.embed_positions.weight",
        "decoder.token_embedding.weight": "decoder.embed_tokens.weight",
    }
    if name in top:
        return f"model.{top[name]}"
    side, *path, part = name.split(".")
    if path[0] != "blocks":
        inner = {"ln_post": "layer_norm", "ln": "layer_norm"}.get(path[0], path[0])
        return f"model.{side}.{inner}.{part}"
    back = {ours: other for other, ours in THEIRS.items()}
    rest = [back[".".join(path[2:])]] if path[2] == "mlp" else [back[step] for step in path[2:]]
    return ".".join(["model", side, "layers", path[1], *rest, part])


def transformers_folder(model: Any, to: Path, *, pieces: int = 1, dtype: str = "float32", **facts: Any) -> Path:
    import torch
    from safetensors.torch import save_file

    tensors = {theirs(name): tensor.to(getattr(torch, dtype)) for name, tensor in model.state_dict().items()}
    to.mkdir()
    names = [f"model-0000{number}-of-0000{pieces}.safetensors" for number in range(1, pieces + 1)]
    names = ["model.safetensors"] if pieces == 1 else names
    where = {tensor: names[at % pieces] for at, tensor in enumerate(sorted(tensors))}
    for name in names:
        save_file({tensor: tensors[tensor] for tensor in tensors if where[tensor] == name}, to / name)
    if pieces > 1:
        (to / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    config = {"model_type": "whisper", **{other: DIMS[ours] for ours, other in DIMENSIONS.items()}}
    (to / "config.json").write_text(json.dumps(config | facts))
    (to / "generation_config.json").write_text(json.dumps({"alignment_heads": [[1, 0]], "suppress_tokens": [5]}))
    return to


def bare(word: str) -> str:
    return word.strip(" ,.").lower()


def assert_hears_the_same(folder: Path, model: Any) -> None:
    """The sound as the encoder has it, and the languages the decoder makes of it, are those of `model`."""
    import ctranslate2
    import numpy as np
    import torch
    import whisper

    mel = np.random.default_rng(1).normal(size=(1, 80, 3000)).astype(np.float32)
    theirs = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="float32", intra_threads=1)
    encoded = theirs.encode(ctranslate2.StorageView.from_array(mel))
    with torch.no_grad():
        expected = model.encoder(torch.from_numpy(mel))
        _, probable = whisper.detect_language(model, torch.from_numpy(mel[0]))
    assert np.abs(np.array(encoded) - expected.numpy()).max() < 1e-3
    heard = {token.strip("<|>"): probability for token, probability in theirs.detect_language(encoded)[0]}
    assert heard == pytest.approx(probable, abs=1e-4)
    assert len(heard) == 99


@pytest.mark.parametrize(("pieces", "dtype"), [(1, "float32"), (2, "float16")])
def test_a_transformers_folder_for_faster_whisper(model: Any, pieces: int, dtype: str, tmp_path: Path) -> None:
    source = transformers_folder(model, tmp_path / "theirs", pieces=pieces, dtype=dtype)
    convert_folder(source, tmp_path / "ours")
    assert_hears_the_same(tmp_path / "ours", model)
    config = json.loads((tmp_path / "ours" / "config.json").read_text())
    assert (config["alignment_heads"], config["suppress_ids"]) == ([[1, 0]], [5])


def test_a_checkpoint_for_faster_whisper(model: Any, checkpoint: Path, tmp_path: Path) -> None:
    convert_checkpoint(checkpoint, None, tmp_path / "ours")
    assert_hears_the_same(tmp_path / "ours", model)
    config = json.loads((tmp_path / "ours" / "config.json").read_text())
    assert config["alignment_heads"] == [[1, 0]]  # the latter half, where nobody knows
    assert json.loads((tmp_path / "ours" / "preprocessor_config.json").read_text()) == {"feature_size": 80}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_transformers_folder_for_openai_whisper(model: Any, dtype: str, tmp_path: Path) -> None:
    import torch
    import whisper

    source = transformers_folder(model, tmp_path / "theirs", dtype=dtype)
    make_checkpoint(source, tmp_path / "ours.pt")
    loaded = whisper.load_model(str(tmp_path / "ours.pt"), device="cpu")
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name].to(getattr(torch, dtype)).float()), name


def test_there_and_back_is_the_same(model: Any, checkpoint: Path, tmp_path: Path) -> None:
    import numpy as np

    convert_checkpoint(checkpoint, None, tmp_path / "ours")
    dims, state = openai_checkpoint(read_variables(tmp_path / "ours" / "model.bin"))
    assert dims == DIMS
    assert set(state) == set(model.state_dict())
    for name, tensor in state.items():
        assert np.array_equal(tensor, model.state_dict()[name].half().numpy()), name


def test_each_engine_gets_what_it_loads_once(model: Any, checkpoint: Path, tmp_path: Path) -> None:
    def settings(path: Path) -> Settings:
        return Settings(data_dir=tmp_path / "data", transcribe=TranscribeSettings(model=str(path)))

    source = transformers_folder(model, tmp_path / "theirs")
    for path in (source, checkpoint):
        made = weights.folder(settings(path))
        assert made.name == f"faster-whisper-{weights.identity(settings(path))[:12]}"
        stamp = (made / "model.bin").stat().st_mtime_ns
        assert (weights.folder(settings(path)) / "model.bin").stat().st_mtime_ns == stamp
    assert weights.checkpoint(settings(checkpoint)) == checkpoint
    assert weights.checkpoint(settings(source)).name == f"openai-{weights.identity(settings(source))[:12]}.pt"
    assert weights.alignment_heads(settings(source)) == ((1, 0),)
    assert weights.alignment_heads(settings(checkpoint)) is None


def test_what_a_folder_for_ctranslate2_lacks_is_added_beside_it(model: Any, checkpoint: Path, tmp_path: Path) -> None:
    convert_checkpoint(checkpoint, None, tmp_path / "bare")
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (tmp_path / "bare" / name).unlink()
    complete_folder(tmp_path / "bare", tmp_path / "whole")
    assert_hears_the_same(tmp_path / "whole", model)
    assert {"tokenizer.json", "preprocessor_config.json"} <= {path.name for path in (tmp_path / "whole").iterdir()}
    assert not (tmp_path / "bare" / "tokenizer.json").exists()


def test_what_is_no_whisper_is_refused(model: Any, tmp_path: Path) -> None:
    source = transformers_folder(model, tmp_path / "theirs", model_type="bert")
    with pytest.raises(SetupError, match="holds no Whisper model"):
        convert_folder(source, tmp_path / "ours")
    (tmp_path / "other.pt").write_bytes(b"no checkpoint")
    with pytest.raises(SetupError, match="cannot be read as a checkpoint"):
        convert_checkpoint(tmp_path / "other.pt", None, tmp_path / "ours")


def test_damaged_or_odd_weights_are_refused(model: Any, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    source = transformers_folder(model, tmp_path / "theirs")
    whole = load_file(source / "model.safetensors")
    for change, said in (
        ({"proj_out.weight": torch.ones(DIMS["n_vocab"], 64)}, "other weights than its embeddings"),
        ({"model.encoder.layers.0.fc1.bias": None}, r"lacks a part .*encoder\.blocks\.0\.mlp\.0\.bias"),
    ):
        changed = {name: tensor for name, tensor in (whole | change).items() if tensor is not None}
        save_file(changed, source / "model.safetensors")
        with pytest.raises(SetupError, match=said):
            convert_folder(source, tmp_path / said[:5])
    data = (source / "model.safetensors").read_bytes()
    (source / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(SetupError, match="cannot be read"):
        make_checkpoint(source, tmp_path / "ours.pt")


def test_an_unknown_vocabulary_needs_its_own_tokenizer(model: Any, tmp_path: Path) -> None:
    source = transformers_folder(model, tmp_path / "theirs", vocab_size=60000)
    with pytest.raises(SetupError, match=r"60000 tokens needs its own tokenizer\.json"):
        convert_folder(source, tmp_path / "ours")


@pytest.mark.parametrize(
    ("size", "name", "count"), [(51864, "gpt2", 99), (51865, "multilingual", 99), (51866, "multilingual", 100)]
)
def test_the_tokens_made_are_openais(size: int, name: str, count: int, tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from whisper.tokenizer import get_encoding

    file = tmp_path / "tokenizer.json"
    write_tokenizer(size, file)
    made, reference = Tokenizer.from_file(str(file)), get_encoding(name, count)
    text = " Blåbærsyltetøy på rømmegrøt, it's 1961!\n\nnaïve  “quotes” – 你好世界 привет नमस्ते 🎉"
    numbers = made.encode(text, add_special_tokens=False).ids
    assert numbers == reference.encode(text)
    assert made.decode(numbers) == text
    listed = vocabulary(file, size)
    assert len(listed) == size
    assert all(listed[number] == token for token, number in reference._special_tokens.items())
    assert len(languages(listed)) == count


@pytest.mark.parametrize("spoken", of(JFK, RULES))
@pytest.mark.skipif(importlib.util.find_spec(weights.PACKAGE[0]) is None, reason="no weights package")
def test_real_weights_hear_the_same_words_in_every_format(tmp_path: Path, spoken: Spoken) -> None:
    import torch
    import whisper
    from faster_whisper import WhisperModel, decode_audio
    from safetensors.torch import save_file

    def settings(model: str) -> Settings:
        return Settings(data_dir=tmp_path / "data", transcribe=TranscribeSettings(model=model))

    source = tmp_path / "theirs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        base = weights.folder(settings("base"))
    dims, state = openai_checkpoint(read_variables(base / "model.bin"))
    source.mkdir()
    config = json.loads((base / "config.json").read_text())
    facts = {"model_type": "whisper", **{other: dims[ours] for ours, other in DIMENSIONS.items()}}
    (source / "config.json").write_text(json.dumps(facts))
    (source / "generation_config.json").write_text(json.dumps({"alignment_heads": config["alignment_heads"]}))
    save_file({theirs(name): torch.from_numpy(t.copy()) for name, t in state.items()}, source / "model.safetensors")

    samples = decode_audio(str(spoken.write(tmp_path / "speech.flac")))
    heard = []
    for model in ("base", str(source)):
        loaded = WhisperModel(str(weights.folder(settings(model))), device="cpu", compute_type="int8")
        segments, _ = loaded.transcribe(samples, language="en", word_timestamps=True)
        heard.append([(word.word, word.start, word.end) for segment in segments for word in segment.words or ()])
    assert heard[0] == heard[1]
    assert len(heard[0]) == len(spoken.words)

    made = [torch.load(weights.checkpoint(settings(model))) for model in ("base", str(source))]
    assert made[0]["dims"] == made[1]["dims"]
    assert made[0]["model_state_dict"].keys() == made[1]["model_state_dict"].keys()
    for name, tensor in made[0]["model_state_dict"].items():
        assert torch.equal(tensor, made[1]["model_state_dict"][name]), name
    listener = whisper.load_model(str(weights.checkpoint(settings(str(source)))), device="cpu")
    set_heads(listener, weights.alignment_heads(settings(str(source))))
    result = whisper.transcribe(listener, samples, language="en", word_timestamps=True, fp16=False, temperature=0)
    words = [word for segment in result["segments"] for word in segment["words"]]
    assert [bare(word["word"]) for word in words] == [bare(word) for word, _, _ in heard[0]]
    assert [word["end"] for word in words] == pytest.approx([end for _, _, end in heard[0]], abs=0.1)
