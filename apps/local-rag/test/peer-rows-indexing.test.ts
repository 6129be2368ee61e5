/** The rows of our table of peers that are about making an index and keeping it: a test a row, named after it. */
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { lockFile } from "@clawkeep/durable-files";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { tinyCrossEncoder } from "../../../packages/embedder/src/cross-encoder/tiny-onnx.cases.ts";
import type { CommandResult } from "./command.ts";
import { localRag, startLocalRag } from "./command.ts";

const fixtures = path.join(import.meta.dirname, "../../../fixtures");
const base = mkdtempSync(path.join(tmpdir(), "clawkeep-kept-"));
const [workspace, home] = [path.join(base, "workspace"), path.join(base, "home")];
const run = (...args: readonly string[]): CommandResult => localRag(args, { home, cwd: workspace });
let indexed: CommandResult;

interface Report {
  readonly snapshotRoot: string;
  readonly documents: number;
  readonly embedded: number;
}

interface Hit {
  readonly text: string;
  readonly citation: {
    readonly path: string;
    readonly headings: readonly string[];
    readonly lineStart: number;
    readonly locator?: { readonly unit: string; readonly first: number };
  };
  readonly explain?: { readonly rerank?: number };
}

const report = (...args: readonly string[]): Report => {
  const { stdout } = run("index", ...args, "--json");
  return JSON.parse(stdout) as Report;
};
const hits = (...args: readonly string[]): readonly Hit[] => {
  const { results } = JSON.parse(run("query", ...args, "--json").stdout) as {
    readonly results: readonly Hit[];
  };
  return results;
};

beforeAll(() => {
  cpSync(path.join(fixtures, "corpora/lighthouse"), workspace, { recursive: true });
  for (const name of ["report.pdf", "report.docx", "page.html", "code.ts"]) {
    copyFileSync(path.join(fixtures, "formats", name), path.join(workspace, name));
  }
  indexed = run("index", ".", "--json", "--progress", "ndjson");
  expect(indexed.stderr).not.toContain("_ERROR");
}, 300_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("row", { timeout: 180_000 }, () => {
  test("Markdown / text; PDF / DOCX / HTML", () => {
    const asked = {
      "report.pdf": "How high is the mast?",
      "report.docx": "anemometer on the mast",
      "page.html": "What does the installer need?",
      "fog.md": "fog signal",
      "visitors.txt": "visitors",
    };
    const found = new Map(
      Object.entries(asked).map(([name, question]) => [
        name,
        hits(question, "--scope", name, "--topk", "1")[0]?.citation,
      ]),
    );
    expect([...found].filter(([name, citation]) => citation?.path !== name)).toEqual([]);
    expect(found.get("report.pdf")?.locator).toMatchObject({ unit: "page", first: 1 });
  });

  test("Heading/AST-aware chunking", () => {
    const [hit] = hits("newest reading of a file", "--scope", "code.ts", "--topk", "1");
    expect(hit?.citation.headings.join(" ")).toContain("class Gauge");
    expect(hit?.text).toContain("async latest(file: string): Promise<Reading> {");
  });

  test("Incremental by content hash, chunk by chunk", () => {
    const [first] = [report("."), report(".")];
    expect(first.embedded).toBe(0);
    const section = (name: string): string =>
      `## ${name}\n\n${`About the ${name}. `.repeat(60)}\n\n`;
    writeFileSync(
      path.join(workspace, "long.md"),
      `# Long\n\n${section("bell")}${section("buoy")}`,
    );
    const whole = report(".");
    expect(whole.embedded).toBeGreaterThan(2);
    writeFileSync(
      path.join(workspace, "long.md"),
      `# Long\n\n${section("bell")}${section("buoy")}## Rope\n\nThe rope is new.\n`,
    );
    expect(report(".").embedded).toBeLessThan(whole.embedded);
    rmSync(path.join(workspace, "long.md"));
    expect(report(".")).toMatchObject({ embedded: 0, snapshotRoot: first.snapshotRoot });
  });

  test("Watch", async () => {
    const watching = startLocalRag(["watch", workspace, "--json"], { home });
    const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();
    const until = async (wanted: string): Promise<void> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true || value.startsWith(`{"event":"${wanted}"`)) {
          return;
        }
      }
    };
    await until("watching");
    writeFileSync(path.join(workspace, "seen.md"), "# Seen\n\nThe pilot boards at buoy nine.\n");
    await until("indexed");
    expect(hits("where does the pilot board", "--topk", "1")[0]?.citation.path).toBe("seen.md");
    watching.kill("SIGINT");
    expect(await once(watching, "close")).toEqual([0, null]);
    rmSync(path.join(workspace, "seen.md"));
  });

  test("Rerank", () => {
    const folder = path.join(base, "reranker");
    mkdirSync(folder);
    const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "fog", "lamp", "oil", "the"];
    writeFileSync(path.join(folder, "vocab.txt"), `${words.join("\n")}\n`);
    writeFileSync(path.join(folder, "model.onnx"), tinyCrossEncoder(words.length));
    const found = hits("the fog lamp", "--rerank", folder, "--explain");
    expect(found.map(({ explain }) => typeof explain?.rerank)).not.toContain("undefined");
    const logits = found.map(({ explain }) => explain?.rerank ?? 0);
    expect(logits).toEqual(logits.toSorted((a, b) => b - a));
  });

  test("Multi-collection", () => {
    const other = path.join(base, "other");
    mkdirSync(other);
    writeFileSync(path.join(other, "crane.md"), "# Crane\n\nThe crane lifts nine tonnes.\n");
    expect(run("index", other).code).toBe(0);
    const place = path.join(other, ".clawkeep", "index");
    expect(run("collection", "add", "quay", "--index", place).code).toBe(0);
    const both = ["--index", path.join(workspace, ".clawkeep", "index"), "--collection", "quay"];
    expect(hits("crane tonnes", ...both)[0]?.citation.path).toBe("crane.md");
    expect(hits("fog signal", ...both)[0]?.citation.path).toBe("fog.md");
  });

  test("Eval / bench command, + recall vs exact", () => {
    const folder = path.join(base, "questions");
    mkdirSync(folder);
    writeFileSync(
      path.join(folder, "queries.jsonl"),
      '{"_id":"1","text":"audible alarm in mist"}\n',
    );
    writeFileSync(path.join(folder, "qrels.tsv"), "query\tdocument\tgrade\n1\tfog.md\t1\n");
    const index = path.join(workspace, ".clawkeep", "index");
    expect(run("eval", folder, "--index", index, "--min", "ndcg@10=1").code).toBe(0);
    expect(run("status").stdout).toMatch(/^recall +100\.0%/mu);
  });

  test("Works with zero download", () => {
    // A home with nothing in it, and nothing in it afterwards: the model came with the program.
    const empty = path.join(base, "empty");
    mkdirSync(empty);
    const env = {
      HOME: empty,
      XDG_CACHE_HOME: path.join(empty, "cache"),
      HTTPS_PROXY: "http://127.0.0.1:1",
    };
    const { code, stdout } = localRag(["query", "audible alarm in mist"], {
      home,
      cwd: workspace,
      env,
    });
    expect([code, stdout]).toEqual([0, expect.stringContaining("fog.md")]);
    expect(readdirSync(empty)).toEqual([]);
  });

  test("Agent-safe progress (stderr NDJSON, ETA)", () => {
    expect(JSON.parse(indexed.stdout)).toMatchObject({ version: 1, published: true });
    const events = indexed.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly stage: string });
    expect(events.map(({ stage }) => stage)).toContain("embed");
    expect(events.findLast(({ stage }) => stage === "embed")).toMatchObject({ secondsLeft: 0 });
  });

  test("CPU/RAM governor", () => {
    const folder = path.join(base, "governed");
    cpSync(path.join(fixtures, "corpora/lighthouse"), folder, { recursive: true });
    const limited = ["index", folder, "--cpu", "1", "--memory", "800M", "--json"];
    const { code, stdout } = run(...limited);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Report).documents).toBe(5);
    expect(run("index", folder, "--memory", "1M")).toMatchObject({ code: 2 });
  });

  test("Model/dtype pin refuses mismatch", () => {
    const model = path.join(base, "model");
    cpSync(path.join(fixtures, "../packages/model-minilm/files"), model, { recursive: true });
    writeFileSync(path.join(model, "model.onnx"), "not this one");
    expect(run("query", "fog", "--model", model)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^MODEL_SIZE: /u),
    });
  });

  test("Crash-safe atomic publish, resume", async () => {
    const before = hits("fog signal", "--topk", "1");
    for (let file = 0; file < 40; file += 1) {
      writeFileSync(
        path.join(workspace, `n${file}.md`),
        `# Note ${file}\n\nBerth ${file} is free.\n`,
      );
    }
    const running = startLocalRag(["index", workspace, "--progress", "ndjson"], { home });
    let progress = "";
    running.stderr.setEncoding("utf8").on("data", (text: string) => {
      progress += text;
      if (/"stage":"embed","done":[1-9]/u.test(progress)) {
        running.kill("SIGKILL");
      }
    });
    expect(await once(running, "close")).toEqual([null, "SIGKILL"]);
    expect(hits("fog signal", "--topk", "1")).toEqual(before);
    const resumed = report(".");
    expect(resumed.embedded).toBeLessThan(40);
    expect(hits("which berth is free", "--topk", "1")[0]?.citation.path).toMatch(/^n\d+\.md$/u);
  });

  test("Cross-process writer lock", async () => {
    const held = await lockFile(path.join(workspace, ".clawkeep", "index", "writer.lock"));
    writeFileSync(path.join(workspace, "late.md"), "# Late\n\nToo late.\n");
    const refused = run("index", ".");
    held.close();
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining(String(process.pid)),
    ]);
    expect(run("index", ".").code).toBe(0);
  });

  test("Byte-identical results tested", () => {
    const twin = path.join(base, "twin");
    cpSync(workspace, twin, { recursive: true, filter: (name) => !name.includes(".clawkeep") });
    const elsewhere = { home: path.join(base, "other-home"), cwd: twin };
    const made = JSON.parse(localRag(["index", ".", "--json"], elsewhere).stdout) as Report;
    expect(made.snapshotRoot).toBe(report(".").snapshotRoot);
    const answer = (result: CommandResult): string =>
      result.stdout.replace(/"tookMs":[0-9.]+/u, "");
    const question = ["query", "audible alarm in mist", "--json", "--explain"];
    expect(answer(localRag(question, elsewhere))).toBe(answer(run(...question)));
  });
});
