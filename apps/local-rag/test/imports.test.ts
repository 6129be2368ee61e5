import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { noticesFile, thirdPartyNotices } from "../scripts/third-party-notices.ts";
import config from "../tsup.config.ts";

// Beside `dist`, so that Node finds from there what it finds from there.
const root = path.dirname(import.meta.dirname);
mkdirSync(path.join(root, "node_modules", ".cache"), { recursive: true });
const built = mkdtempSync(path.join(root, "node_modules", ".cache", "imports-"));

beforeAll(async () => {
  if (typeof config === "function" || Array.isArray(config)) {
    throw new TypeError("expected one configuration");
  }
  const { onSuccess: _, ...rest } = config;
  await build({ ...rest, config: false, outDir: built, clean: false, silent: true });
}, 60_000);
afterAll(() => rmSync(built, { recursive: true, force: true }));

/** Writes each module that the program loads from then on to a file, one address a line. */
const trace = `
  import { appendFileSync } from "node:fs";
  import { registerHooks } from "node:module";
  registerHooks({ load(url, context, next) {
    appendFileSync(process.env.CLAWKEEP_TRACE, url + "\\n");
    return next(url, context);
  } });`;

/** What is slow to load, in the built program: a module of Node, or a source that was bundled. */
const heavy = {
  "node:sqlite": "node:sqlite",
  "node:worker_threads": "node:worker_threads",
  "node:http": "node:http",
  "node:net": "node:net",
  zod: "/zod/",
  commander: "/commander/",
  "gray-matter": "/gray-matter/",
  yaml: "/yaml/",
  ignore: "/ignore/",
  // The one file of it that a query needs says how a place in a PDF is written.
  documents: "packages/documents/src/admission/",
  "reading documents": "packages/documents/src/extraction/extractor.ts",
  sandbox: "packages/sandbox/src/",
  "building a segment": "packages/retrieval/src/ingest/build-segment.ts",
  "onnxruntime-node's JavaScript": "onnxruntime-node/dist",
} as const;

/** Which of them a command loads, whatever it comes to: there is no index. */
function heavyOf(...args: readonly string[]): readonly string[] {
  const file = path.join(built, `${args.join("").replace(/[^a-z-]/gu, "_")}.txt`);
  const hook = `data:text/javascript,${encodeURIComponent(trace)}`;
  try {
    execFileSync(process.execPath, ["--import", hook, path.join(built, "main.js"), ...args], {
      env: { CLAWKEEP_HOME: path.join(built, "home"), CLAWKEEP_TRACE: file },
      cwd: built,
      stdio: "ignore",
    });
  } catch {
    // An answer is not what is asked for here.
  }
  const modules = readFileSync(file, "utf8").trimEnd().split("\n");
  // A bundle says in comments where its parts come from.
  const sources = modules
    .filter((module) => module.startsWith("file:"))
    .flatMap(
      (module) => readFileSync(fileURLToPath(module), "utf8").match(/^ *\/\/ \.\.?\/.*$/gmu) ?? [],
    );
  expect(sources.length).toBeGreaterThan(3);
  return Object.entries(heavy)
    .filter(([, mark]) => [...modules, ...sources].some((line) => line.includes(mark)))
    .map(([name]) => name);
}

describe("what the built program loads", () => {
  test("for help is commander", () => {
    expect(heavyOf("--help")).toEqual(["commander"]);
    expect(heavyOf("index", "--help")).toEqual(["commander"]);
    expect(heavyOf("query", "--help")).toEqual(["commander"]);
  });

  test("for a query is nothing that only indexing needs", () => {
    expect(heavyOf("query", "why")).toEqual(["node:worker_threads"]);
  });

  test("for a question to a service is its client: a socket, and nothing that answers", () => {
    const program = readFileSync(path.join(built, "warm.js"), "utf8");
    const lines = program.match(/^ *\/\/ \.\.?\/.*$|from "[^"]+"/gmu) ?? [];
    expect(lines.length).toBeGreaterThan(5);
    const found = Object.entries(heavy).filter(([, mark]) =>
      lines.some((line) => line.includes(mark) || line === `from "${mark.replace("node:", "")}"`),
    );
    expect(found.map(([name]) => name)).toEqual(["node:net"]);
  });

  test("for status is no reader of documents", () => {
    expect(heavyOf("status")).toEqual(["node:sqlite", "zod", "commander"]);
  });

  test("for a query is no watching and no forgetting", () => {
    const program = readFileSync(path.join(built, "query.js"), "utf8");
    expect(
      program.match(/^ *\/\/ \.\.?\/.*retrieval\/src\/(?:watch|forgetting)\/.*$/gmu),
    ).toBeNull();
  });

  test("for indexing is everything but a network", () => {
    const loaded = heavyOf("index", path.join(built, "absent"));
    expect(loaded).toContain("documents");
    expect(loaded.filter((name) => /^node:(?:http|net)$/u.test(name))).toEqual([]);
  });
});

describe("the licences beside the built program", () => {
  const notices = (): string => readFileSync(path.join(built, noticesFile), "utf8");

  test("name every package that is bundled, with the text of its licence", () => {
    // A bundle says in comments where its parts come from: another source than what the notices are made of.
    const bundled = new Set(
      readdirSync(built)
        .filter((name) => name.endsWith(".js"))
        .flatMap((name) => [
          ...readFileSync(path.join(built, name), "utf8").matchAll(
            /^ *\/\/ \S*\/node_modules\/\.pnpm\/[^/]+\/node_modules\/((?:@[^/]+\/)?[^/]+)\//gmu,
          ),
        ])
        .map(([, name]) => name ?? ""),
    );
    expect(bundled.size).toBeGreaterThan(10);
    const text = notices();
    for (const name of [...bundled, "tree-sitter-wasms", "@vscode/tree-sitter-wasm"]) {
      expect(text).toMatch(new RegExp(`\n${name} \\d[^\n]*\nLicense: \\S`, "u"));
    }
    expect(text.match(/^License: /gmu)?.length).toBeGreaterThanOrEqual(bundled.size + 3);
    expect(text).toContain("Apache License");
    expect(text).toContain("PDF.js");
    expect(text).not.toContain("@clawkeep/");
  });

  test("stop a build that bundles something without a licence", () => {
    const folder = path.join(built, "node_modules", "nameless");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "package.json"), '{"name": "nameless", "version": "1.0.0"}');
    expect(() => thirdPartyNotices([path.join(folder, "index.js")])).toThrow(/nameless 1\.0\.0/u);
    rmSync(path.join(built, "node_modules"), { recursive: true });
  });
});

describe("the built service", () => {
  // Not in the clone: a socket's path has room for 107 bytes.
  const home = mkdtempSync(path.join(tmpdir(), "served-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test("starts, and tells what its confined process says of the index", () => {
    const args = ["serve", "--unconfined", "--index", path.join(built, "absent")];
    const { status, stderr } = spawnSync(process.execPath, [path.join(built, "main.js"), ...args], {
      env: { CLAWKEEP_HOME: home },
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining("INDEX_MISSING")]);
  });
});

describe("what the built program keeps compiled", () => {
  const helpIn = (home: string): void => {
    execFileSync(process.execPath, [path.join(built, "main.js"), "--help"], {
      env: { CLAWKEEP_HOME: home },
      stdio: "ignore",
    });
  };

  test("lies in the state folder when nobody else may look into that", () => {
    const home = path.join(built, "private");
    mkdirSync(home, { mode: 0o700 });
    helpIn(home);
    const [folder = ""] = readdirSync(path.join(home, "cache", "compile"));
    const files = path.join(home, "cache", "compile", folder);
    expect(readdirSync(files).length).toBeGreaterThan(0);
    helpIn(home);
  });

  test("is nothing when there is no state folder, or others may look into it", () => {
    helpIn(path.join(built, "nowhere"));
    expect(existsSync(path.join(built, "nowhere"))).toBe(false);
    const shared = path.join(built, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o755);
    helpIn(shared);
    expect(readdirSync(shared)).toEqual([]);
  });
});
