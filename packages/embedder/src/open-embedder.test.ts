import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { modelFolder, modelManifest } from "@clawkeep/model-minilm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Embedder } from "./embedder.ts";
import { openEmbedder, openModel } from "./open-embedder.ts";

const { model, words, weights } = modelManifest.files;
const temporary = mkdtempSync(join(tmpdir(), "clawkeep-embedder-"));
afterAll(() => {
  rmSync(temporary, { recursive: true });
});

/** A copy of the model's folder for a test to damage. */
function copyOfModel(name: string): string {
  const folder = join(temporary, name);
  for (const file of [model, words, weights]) {
    cpSync(join(modelFolder(), file.path), join(folder, file.path));
  }
  return folder;
}

function rows(vectors: Float32Array): string[] {
  return Array.from({ length: vectors.length / 384 }, (_, row) =>
    Buffer.from(vectors.slice(row * 384, (row + 1) * 384).buffer).toString("base64"),
  );
}

function cosine(vectors: Float32Array, one: number, other: number): number {
  let sum = 0;
  for (let index = 0; index < 384; index += 1) {
    sum += (vectors[one * 384 + index] ?? 0) * (vectors[other * 384 + index] ?? 0);
  }
  return sum;
}

// What runs the model here by default, and ONNX Runtime, which is that where the native encoder was not built.
const opened: Partial<Record<"process" | "oneText" | "helped" | "one" | "three", Embedder>> = {};
const others: { onnx?: Embedder; onnxOneText?: Embedder; onnxTwo?: Embedder } = {};
beforeAll(async () => {
  opened.process = await openEmbedder({ workers: 0, verify: true });
  opened.oneText = await openEmbedder({ workers: 0, oneText: true });
  opened.helped = await openEmbedder({ workers: 0, helper: true });
  opened.one = await openEmbedder({ workers: 1 });
  opened.three = await openEmbedder({ workers: 3 });
  others.onnx = await openEmbedder({ workers: 0, encoder: "onnx" });
  others.onnxOneText = await openEmbedder({ workers: 0, encoder: "onnx", oneText: true });
  others.onnxTwo = await openEmbedder({ workers: 2, encoder: "onnx" });
});
afterAll(async () => {
  await Promise.all(Object.values({ ...opened, ...others }).map((embedder) => embedder.close()));
});
function get(name: keyof typeof opened | keyof typeof others): Embedder {
  const embedder = { ...opened, ...others }[name];
  if (embedder === undefined) {
    throw new Error(`${name} did not open`);
  }
  return embedder;
}

describe("vectors", () => {
  test("are of unit length and finite, whatever the text", async () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.lorem({ maxCount: 30 }));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), async (texts) => {
        const vectors = await get("process").embed(texts);
        expect(vectors.length).toBe(texts.length * 384);
        expect(vectors.every(Number.isFinite)).toBe(true);
        texts.forEach((_, row) => expect(cosine(vectors, row, row)).toBeCloseTo(1, 5));
      }),
      { numRuns: 25 },
    );
  });

  test("are nearer for texts that mean the same", async () => {
    const vectors = await get("process").embed([
      "How do I reset my password?",
      "Steps to recover a forgotten login credential",
      "The cat sleeps on the warm windowsill",
    ]);
    expect(cosine(vectors, 0, 1)).toBeGreaterThan(0.4);
    expect(cosine(vectors, 0, 2)).toBeLessThan(0.2);
  });

  test("take the first 254 tokens of a longer text", async () => {
    const [long, longer, other] = rows(
      await get("process").embed([
        "word ".repeat(254),
        `${"word ".repeat(254)}and more`,
        "word ".repeat(253),
      ]),
    );
    expect(longer).toBe(long);
    expect(other).not.toBe(long);
  });

  test("exist for the empty text, for spaces and for a lone surrogate: the same one", async () => {
    const vectors = rows(await get("process").embed(["", " \n", "\ud800"]));
    expect(new Set(vectors).size).toBe(1);
  });

  test("are none for no texts", async () => {
    expect(await get("process").embed([])).toEqual(new Float32Array());
    expect(await get("three").embed([])).toEqual(new Float32Array());
  });
});

describe("a text", () => {
  test.each([
    ["process", ["process", "oneText", "helped", "one", "three"]],
    ["onnx", ["onnx", "onnxOneText", "onnxTwo"]],
  ] as const)(
    "has the same bytes alone, in any company, order, number of workers and form: %s",
    async (first, forms) => {
      const text = fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.lorem({ maxCount: 60 }),
        fc.constantFrom("", "same", "function f(x) { return x + 1; }"),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(text, { minLength: 1, maxLength: 20 }),
          fc.infiniteStream(fc.nat()),
          async (texts, order) => {
            const alone: string[] = [];
            for (const one of texts) {
              alone.push(...rows(await get(first).embed([one])));
            }
            const shuffled = texts
              .map((_, index) => ({ index, key: order.next().value ?? 0 }))
              .sort((a, b) => a.key - b.key)
              .map(({ index }) => index);
            const company = shuffled.map((index) => texts[index] ?? "");
            for (const name of forms) {
              const together = rows(await get(name).embed(company));
              expect(together).toEqual(shuffled.map((index) => alone[index]));
            }
          },
        ),
        { numRuns: 8 },
      );
    },
  );

  test.each(["helped", "three"] as const)(
    "has them in calls that run at the same time: %s",
    async (name) => {
      const calls = ["alpha", "beta", "gamma", "delta"].map((word) =>
        Array.from({ length: 20 }, (_, index) => `${word} ${index}`),
      );
      const [apart, together] = [[] as string[][], [] as string[][]];
      for (const texts of calls) {
        apart.push(rows(await get("process").embed(texts)));
      }
      together.push(
        ...(await Promise.all(calls.map(async (texts) => rows(await get(name).embed(texts))))),
      );
      expect(together).toEqual(apart);
    },
  );
});

describe("identity", () => {
  test("is the same for every form", () => {
    const all = Object.values(opened);
    expect(new Set(all.map(({ spaceId }) => spaceId))).toEqual(new Set([modelManifest.spaceId]));
    expect(new Set(all.map(({ buildId }) => buildId)).size).toBe(1);
    expect(get("onnx").buildId).toMatch(/^clawkeep-onnx-1\/onnxruntime-[\d.]+\/[a-z\d_-]+$/u);
    expect([get("onnx").buildId, "clawkeep-native-1.2"]).toContain(get("one").buildId);
    expect(get("onnx").spaceId).toBe(modelManifest.spaceId);
    expect([get("one").dimensions, get("one").maxTokens]).toEqual([384, 256]);
  });
});

describe("stopping", () => {
  const many = Array.from({ length: 400 }, (_, index) => `text number ${index} `.repeat(20));

  test.each(["process", "helped", "three"] as const)(
    "by a signal gives its reason: %s",
    async (name) => {
      const reason = new Error("enough");
      await expect(get(name).embed(many, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
      const controller = new AbortController();
      const pending = get(name).embed(many, { signal: controller.signal });
      setImmediate(() => controller.abort(reason));
      await expect(pending).rejects.toBe(reason);
      // And the embedder goes on.
      expect(rows(await get(name).embed(["after"]))).toEqual(
        rows(await get("oneText").embed(["after"])),
      );
    },
  );

  test.each([
    [0, false],
    [0, true],
    [2, false],
  ])(
    "by closing refuses what runs and what comes: %i workers, helper %s",
    async (workers, helper) => {
      const embedder = await openEmbedder({ workers, helper });
      const pending = expect(embedder.embed(many)).rejects.toMatchObject({
        code: "EMBEDDER_CLOSED",
      });
      await embedder.close();
      await embedder.close();
      await pending;
      await expect(embedder.embed(["x"])).rejects.toMatchObject({ code: "EMBEDDER_CLOSED" });
    },
  );

  test("needs no close: a process with idle workers ends by itself, and one with busy workers can be ended", () => {
    const url = JSON.stringify(new URL("./index.ts", import.meta.url).href);
    const start = (form: string): string => `const { openEmbedder } = await import(${url});
      const embedder = await openEmbedder(${form});
      await embedder.embed(["a", "b"]);`;
    const busy = `void embedder.embed(Array(500).fill("word ".repeat(250)));`;
    const forms = ["{ workers: 2 }", "{ workers: 0, helper: true }"];
    const ends = ["", `${busy} setTimeout(() => process.exit(0), 40);`, `${busy} process.exit(0);`];
    for (const [form, end] of forms.flatMap((each) => ends.map((how) => [each, how] as const))) {
      const child = spawnSync(
        process.execPath,
        ["--conditions=source", "--input-type=module", "--eval", start(form) + end],
        { encoding: "utf8", timeout: 50_000 },
      );
      expect([child.status, child.signal, child.stderr]).toEqual([0, null, ""]);
    }
  });
});

describe("a bad model is refused at once, with a code", () => {
  test("missing folder", async () => {
    for (const workers of [0, 2]) {
      await expect(
        openEmbedder({ workers, folder: join(temporary, "nowhere") }),
      ).rejects.toMatchObject({ code: "MODEL_MISSING" });
    }
  });

  test("a folder in place of a file", async () => {
    const folder = copyOfModel("folder");
    await expect(openModel(withModelPath("."), { workers: 0, folder })).rejects.toMatchObject({
      code: "MODEL_SIZE",
    });
  });

  test.each([model, words, weights])("cut short: $path", async (file) => {
    const folder = copyOfModel(`cut-${file.path}`);
    truncateSync(join(folder, file.path), file.bytes - 1);
    await expect(openEmbedder({ workers: 0, folder })).rejects.toMatchObject({
      code: "MODEL_SIZE",
    });
  });

  test.each([model, words])("changed, without being asked to verify: $path", async (file) => {
    const folder = copyOfModel(`changed-${file.path}`);
    flipBit(join(folder, file.path));
    await expect(openEmbedder({ workers: 0, folder })).rejects.toMatchObject({
      code: "MODEL_DIGEST",
    });
  });

  test("changed weights, when asked to verify", async () => {
    const folder = copyOfModel("changed-weights");
    flipBit(join(folder, weights.path));
    await expect(openEmbedder({ workers: 0, folder, verify: true })).rejects.toMatchObject({
      code: "MODEL_DIGEST",
    });
  });

  test("a graph that says it is right and is none", async () => {
    const folder = copyOfModel("no-graph");
    const digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    writeFileSync(join(folder, model.path), "test");
    const lying = {
      ...modelManifest,
      files: { ...modelManifest.files, model: { ...model, bytes: 4, digest } as const },
    };
    for (const workers of [0, 2]) {
      await expect(openModel(lying, { workers, folder })).rejects.toMatchObject({
        code: "EMBEDDER_SESSION",
      });
    }
  });

  test("a model for another tokeniser", async () => {
    const other = { ...modelManifest, tokenizer: "sentencepiece-1" };
    await expect(openModel(other, { workers: 0 })).rejects.toMatchObject({
      code: "MODEL_TOKENIZER",
    });
  });

  function withModelPath(path: string): typeof modelManifest {
    return { ...modelManifest, files: { ...modelManifest.files, model: { ...model, path } } };
  }

  function flipBit(path: string): void {
    const bytes = readFileSync(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  }
});

describe("workers", () => {
  test("that are not where they are said to be are missed at once", async () => {
    const nowhere = new URL("file:///nowhere/worker.js");
    await expect(openEmbedder({ workers: 1, workerEntry: nowhere })).rejects.toMatchObject({
      code: "EMBEDDER_WORKER_MISSING",
    });
  });

  test.each([
    ["ends at its start", "process.exit(3)"],
    ["throws at its start", "throw new Error('no')"],
  ])("a program that %s is an error, not a wait", async (_, code) => {
    const entry = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    await expect(openEmbedder({ workers: 2, workerEntry: entry })).rejects.toMatchObject({
      code: "EMBEDDER_WORKER",
    });
  });

  test("a worker that ends while it works refuses the call, and the calls after it", async () => {
    const code = `import { parentPort } from "node:worker_threads";
      parentPort.postMessage({ kind: "ready" });
      parentPort.on("message", () => process.exit(7));`;
    const entry = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const embedder = await openEmbedder({ workers: 2, workerEntry: entry });
    await expect(embedder.embed(["a"])).rejects.toMatchObject({ code: "EMBEDDER_WORKER" });
    await expect(embedder.embed(["a"])).rejects.toMatchObject({ code: "EMBEDDER_WORKER" });
    await embedder.close();
  });

  test.each([-1, 1.5, Number.NaN, 5000])(
    "a number of them that is none is refused: %d",
    async (workers) => {
      await expect(openEmbedder({ workers })).rejects.toThrow(RangeError);
    },
  );
});

describe("ONNX Runtime", () => {
  test("is not loaded before an embedder is opened", () => {
    const url = JSON.stringify(new URL("./index.ts", import.meta.url).href);
    const code = `await import(${url});
      const libraries = process.report.getReport().sharedObjects.filter((path) => path.includes("onnx"));
      process.stdout.write(String(libraries.length));`;
    const child = spawnSync(
      process.execPath,
      ["--conditions=source", "--input-type=module", "--eval", code],
      { encoding: "utf8" },
    );
    expect([child.stdout, child.status]).toEqual(["0", 0]);
  });

  test("is the version that the binding is written for, and has no telemetry in it", () => {
    const packageFile = new URL("../package.json", import.meta.url);
    const dependencies: unknown = JSON.parse(readFileSync(packageFile, "utf8"));
    expect(dependencies).toMatchObject({ dependencies: { "onnxruntime-node": "1.27.0" } });
    const folder = fileURLToPath(
      new URL("../node_modules/onnxruntime-node/bin/napi-v6/", import.meta.url),
    );
    if (process.platform === "linux") {
      const library = readFileSync(join(folder, `linux/${process.arch}/libonnxruntime.so.1`));
      expect(library.includes("OneCollector")).toBe(false);
    }
  });
});
