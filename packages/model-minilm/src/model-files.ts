// Written by scripts/build-model.mjs. Do not edit.
import type { ModelManifest } from "./manifest.ts";

export const modelFiles: ModelManifest["files"] = {
  model: {
    path: "model.onnx",
    bytes: 232414,
    digest: "sha256:6bdd60a6e8d11909923da52279a2e981108562b01368ed49b8d83895de517de5",
  },
  weights: {
    path: "model.onnx.data",
    bytes: 22852608,
    digest: "sha256:72fb9d1ac6d814ea78fdde73a37a0b530c6c1620db3bab7489e767d333107260",
  },
  vocabulary: {
    path: "vocab.txt",
    bytes: 231508,
    digest: "sha256:07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
  },
  words: {
    path: "vocab.words",
    bytes: 648602,
    digest: "sha256:6359ee92dd694414333ef46d5b2cfe41e231f3bf7407f060d3d027ae8f39b358",
  },
};

export const modelSpaceId: ModelManifest["spaceId"] =
  "sha256:e3ab2ea6ed39ab34321085ebb892efb7859e6ffac1f825e27368a43c42729d8b";
