import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { modelFolder, modelManifest } from "./index.ts";
import { spaceIdOf } from "./space-id.ts";

const files = Object.values(modelManifest.files);

describe("the packaged model", () => {
  test.each(files)("has $path with the size and digest that the manifest says", (file) => {
    const path = join(modelFolder(), file.path);
    expect(statSync(path).size).toBe(file.bytes);
    const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
    expect(`sha256:${digest}`).toBe(file.digest);
  });

  test("has the same digests in SHA256SUMS, for people without this package", () => {
    const lines = files.map(({ path, digest }) => `${digest.replace("sha256:", "")}  ${path}\n`);
    expect(readFileSync(join(modelFolder(), "SHA256SUMS"), "utf8")).toBe(lines.join(""));
  });

  test("comes with its licence and card", () => {
    expect(modelManifest.licence).toBe("Apache-2.0");
    expect(readFileSync(join(modelFolder(), "LICENSE"), "utf8")).toContain("Apache License");
    expect(readFileSync(join(modelFolder(), "README.md"), "utf8")).toContain("Apache-2.0");
  });

  test("refers to no file but its own data file", () => {
    const graph = readFileSync(join(modelFolder(), modelManifest.files.model.path), "latin1");
    // A protobuf string: the key, a tag, one byte of length, then the name.
    const parts = graph.split("location\u0012").slice(1);
    const locations = parts.map((part) => part.slice(1, 1 + part.charCodeAt(0)));
    expect(new Set(locations)).toEqual(new Set([modelManifest.files.weights.path]));
  });
});

describe("the space id", () => {
  const digests = {
    model: modelManifest.files.model.digest,
    weights: modelManifest.files.weights.digest,
    vocabulary: modelManifest.files.vocabulary.digest,
  };

  test("is the one that follows from the files", () => {
    expect(spaceIdOf(digests)).toBe(modelManifest.spaceId);
  });

  test.each(Object.keys(digests))("changes with %s", (name) => {
    expect(spaceIdOf({ ...digests, [name]: "sha256:0" })).not.toBe(modelManifest.spaceId);
  });
});
