import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { modelFolder, modelManifest } from "@clawkeep/model-minilm";
import { loadAddon, nativeAddon } from "@clawkeep/native-engine";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import { openEmbedder } from "../open-embedder.ts";
import { chooseEncoder, describeEncoder } from "./choose-encoder.ts";
import { openNativeSession } from "./native-session.ts";

const found = nativeAddon();
const addon = "file" in found ? found.file : undefined;
const built = addon !== undefined;
const temporary = mkdtempSync(join(tmpdir(), "clawkeep-encoder-"));
afterAll(() => {
  rmSync(temporary, { recursive: true });
});
const { dimensions, files } = modelManifest;

function session(kernel?: string): ReturnType<typeof openNativeSession> {
  return openNativeSession({
    addon: addon ?? "",
    graph: readFileSync(join(modelFolder(), files.model.path)),
    weights: join(modelFolder(), files.weights.path),
    dimensions,
    ...(kernel === undefined ? {} : { kernel }),
  });
}

const ids = fc
  .array(fc.integer({ min: 1000, max: 30_000 }), { minLength: 1, maxLength: 12 })
  .map((list) => Int32Array.from(list));

// Skipped where cargo is absent: `nativeAddon` says why.
describe.skipIf(!built)("the native encoder (skipped where it was not built)", () => {
  test("gives the same bytes with every kernel of this machine", () => {
    const kernels = loadAddon(addon ?? "")
      .encoderKernels()
      .split(",");
    expect(kernels).toContain("scalar");
    const sessions = kernels.map(session);
    fc.assert(
      fc.property(ids, (text) => {
        const vectors = sessions.map((one) => Buffer.from(one.run(text).buffer).toString("hex"));
        expect(new Set(vectors).size).toBe(1);
      }),
      { numRuns: 4 },
    );
    sessions.forEach((one) => one.close());
  });

  test("gives a text on two threads the bytes that it has on one, whatever comes between", () => {
    const kernels = loadAddon(addon ?? "")
      .encoderKernels()
      .split(",");
    const alone = session();
    const word = fc.integer({ min: 1000, max: 30_000 });
    const text = fc
      .oneof(
        fc.array(word, { minLength: 1, maxLength: 40 }),
        fc.array(word, { minLength: 60, maxLength: 256 }),
      )
      .map((list) => Int32Array.from(list));
    for (const kernel of kernels) {
      const both = session(kernel);
      const steps = fc.array(
        fc.tuple(kernel === "scalar" ? ids : text, fc.constantFrom("end", "forget", "run", "wait")),
        {
          minLength: 1,
          maxLength: kernel === "scalar" ? 2 : 12,
        },
      );
      fc.assert(
        fc.property(steps, (sequence) => {
          for (const [each, then] of sequence) {
            const end = both.begin(each);
            if (then === "forget") continue;
            const other = Int32Array.of(101, 2054, 102);
            if (then === "run") expect(both.run(other)).toEqual(alone.run(other));
            const until = performance.now() + (then === "wait" ? 3 : 0);
            while (performance.now() < until);
            expect(end()).toEqual(alone.run(each));
            expect(end).toThrow("the ids are none that the model knows");
          }
        }),
        { numRuns: kernel === "scalar" ? 1 : 4 },
      );
      both.begin(Int32Array.of(101, 102));
      both.close();
      expect(() => both.begin(Int32Array.of(101))).toThrow("expected an open session");
    }
    alone.close();
  });

  test("is of one space with ONNX Runtime: cosine 0.99 in the mean, 0.98 at the least", async () => {
    const native = await openEmbedder({ workers: 0, encoder: "native" });
    const onnx = await openEmbedder({ workers: 0, encoder: "onnx" });
    const texts = readFileSync(
      new URL("../../fixtures/reference-vectors-v1.jsonl", import.meta.url),
      "utf8",
    )
      .trimEnd()
      .split("\n")
      .map((line) => String((JSON.parse(line) as { text: unknown }).text));
    const [one, other] = [await native.embed(texts), await onnx.embed(texts)];
    const cosines = texts.map((_, row) => {
      const at = row * dimensions;
      return one
        .subarray(at, at + dimensions)
        .reduce((sum, value, index) => sum + value * (other[at + index] ?? 0), 0);
    });
    expect(cosines.reduce((sum, value) => sum + value) / cosines.length).toBeGreaterThan(0.99);
    expect(Math.min(...cosines)).toBeGreaterThan(0.98);
    expect(native.spaceId).toBe(onnx.spaceId);
    expect(native.buildId).not.toBe(onnx.buildId);
    await Promise.all([native.close(), onnx.close()]);
  });

  test("refuses ids that are none, and goes on", () => {
    const one = session();
    const before = one.run(Int32Array.of(101, 102));
    for (const wrong of [[], [-1], [30_522], Array.from({ length: 257 }, () => 101)]) {
      expect(() => one.run(Int32Array.from(wrong))).toThrow(
        "the ids are none that the model knows",
      );
    }
    expect(one.run(Int32Array.of(101, 102))).toEqual(before);
    one.close();
    one.close();
    expect(() => one.run(Int32Array.of(101))).toThrow("expected an open session");
  });

  test("refuses a graph and weights that are none", () => {
    const graph = readFileSync(join(modelFolder(), files.model.path));
    const empty = join(temporary, "empty");
    writeFileSync(empty, "");
    const plan = { addon: addon ?? "", graph, weights: empty, dimensions };
    expect(() => openNativeSession(plan)).toThrow("the");
    const weights = join(modelFolder(), files.weights.path);
    for (const bytes of [new Uint8Array(), graph.subarray(0, 999), Buffer.from("test")]) {
      expect(() => openNativeSession({ ...plan, weights, graph: bytes })).toThrow("the graph");
    }
    expect(() => openNativeSession({ ...plan, weights: join(temporary, "none") })).toThrow(
      "ENOENT",
    );
  });

  test("loads no ONNX Runtime", () => {
    const url = JSON.stringify(new URL("../index.ts", import.meta.url).href);
    const code = `const { openEmbedder } = await import(${url});
      const embedder = await openEmbedder({ workers: 0, encoder: "native" });
      await embedder.embed(["a question"]);
      const libraries = process.report.getReport().sharedObjects.filter((path) => path.includes("onnx"));
      process.stdout.write(embedder.buildId + " " + libraries.length);`;
    const child = spawnSync(
      process.execPath,
      ["--conditions=source", "--input-type=module", "--eval", code],
      { encoding: "utf8", timeout: 50_000 },
    );
    expect([child.stdout, child.stderr]).toEqual(["clawkeep-native-1.2 0", ""]);
  });

  test("is not chosen for another model", () => {
    const digest =
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" as const;
    const other = { ...modelManifest, files: { ...files, model: { ...files.model, digest } } };
    expect(chooseEncoder(other, "auto")).toBeUndefined();
    expect(() => chooseEncoder(other, "native")).toThrow("the packaged model only");
  });
});

describe("choosing", () => {
  test("takes ONNX Runtime when asked to, and says so", () => {
    expect(chooseEncoder(modelManifest, "onnx")).toBeUndefined();
    expect(describeEncoder("onnx")).toEqual({ encoder: "onnx", why: expect.any(String) });
  });

  test("says which runs, or why ours does not", () => {
    const runs = chooseEncoder(modelManifest, "auto") === undefined;
    expect(describeEncoder("auto")).toEqual(
      runs
        ? { encoder: "onnx", why: expect.stringMatching(/./u) }
        : { encoder: "native", kernel: expect.stringMatching(/^[a-z0-9-]+$/u) },
    );
  });

  test("refuses a choice that there is not", () => {
    expect(() => chooseEncoder(modelManifest, "best")).toThrow(
      expect.objectContaining({ code: "EMBEDDER_ENCODER" }),
    );
  });
});
