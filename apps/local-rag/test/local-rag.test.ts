import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { commands } from "../src/arguments/command-table.ts";
import type { CommandResult } from "./command.ts";
import { environment, localRag, startLocalRag } from "./command.ts";

const corpus = path.join(import.meta.dirname, "../../../fixtures/corpora/lighthouse");
const base = mkdtempSync(path.join(tmpdir(), "clawkeep-local-rag-"));
const workspace = path.join(base, "workspace");
const home = path.join(base, "home");
let indexed: CommandResult;

beforeAll(() => {
  cpSync(corpus, workspace, { recursive: true });
  indexed = localRag(["index", ".", "--json", "--progress", "ndjson"], { home, cwd: workspace });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const ask = (args: readonly (string | Buffer)[], input?: string | Uint8Array): CommandResult =>
  localRag(["query", ...args], { home, cwd: workspace, ...(input === undefined ? {} : { input }) });

interface Parsed {
  readonly version: number;
  readonly results: readonly {
    readonly text: string;
    readonly score: number;
    readonly citation: { readonly path: string };
    readonly explain?: object;
  }[];
  readonly summary: { readonly text: string };
  readonly snapshotRoot: string;
  readonly reason?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

const parse = (result: CommandResult): Parsed => JSON.parse(result.stdout) as Parsed;
const withoutTime = (text: string): string => text.replace(/"tookMs":[0-9.]+/u, '"tookMs":0');

describe("local-rag index", () => {
  test("gives the same index with a part of the machine as with all of it", () => {
    const share = ["--cpu", "50%", "--memory", "120M"];
    const args = ["index", workspace, "--index", path.join(base, "governed"), "--json", ...share];
    const governed = localRag(args, { home });
    expect(parse(governed).snapshotRoot).toBe(parse(indexed).snapshotRoot);
    const refused = localRag(["index", workspace, "--memory", "1M"], { home });
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain("at least 96M");
  });

  test("reports what it did as JSON and its progress as NDJSON on stderr", () => {
    expect(indexed.code).toBe(0);
    expect(JSON.parse(indexed.stdout)).toMatchObject({
      version: 1,
      published: true,
      documents: 5,
      chunks: 5,
      embedded: 5,
      registry: path.join(home, "indexes"),
    });
    const stages = indexed.stderr
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly stage: string }).stage);
    expect(new Set(stages)).toEqual(new Set(["scan", "embed", "write", "publish"]));
  });

  test("says that nothing changed, and loads no model for it", () => {
    const nowhere = path.join(base, "no-model");
    const again = localRag(["index", ".", "--model", nowhere], { home, cwd: workspace });
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toMatch(/^nothing changed: 5 documents, 5 passages\nsnapshot sha256:/u);
  });

  test("of a folder that is not there fails with one clear error", () => {
    const result = localRag(["index", path.join(base, "absent")], { home });
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(/^INDEX_WORKSPACE: .*absent/u);
  });

  test("without its model's files says which one is missing", () => {
    const folder = path.join(base, "other");
    cpSync(corpus, folder, { recursive: true });
    const result = localRag(["index", folder, "--model", base], { home });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^MODEL_MISSING: .*model\.onnx/u);
  });

  test("ended by Ctrl-C leaves nothing half-written, and the next run completes", async () => {
    const folder = path.join(base, "interrupted");
    mkdirSync(folder);
    for (let file = 0; file < 300; file += 1) {
      writeFileSync(path.join(folder, `${file}.md`), `# File ${file}\n\nIts number is ${file}.\n`);
    }
    // Slowly, so that there is something left to interrupt however late the signal comes.
    const running = startLocalRag(["index", folder, "--progress", "ndjson", "--cpu", "5%"], {
      home,
    });
    let progress = "";
    let interrupted = false;
    running.stderr.setEncoding("utf8").on("data", (text: string) => {
      progress += text;
      if (/"done":[1-9]/u.test(progress) && !interrupted) {
        interrupted = true;
        running.kill("SIGINT");
      }
    });
    expect(await once(running, "close")).toEqual([130, null]);
    expect(progress).toContain("INTERRUPTED: ");
    expect(
      localRag(["status", "--index", path.join(folder, ".clawkeep/index")], { home }),
    ).toMatchObject({ code: 2 });
    const next = localRag(["index", folder, "--json"], { home });
    const report = JSON.parse(next.stdout) as { documents: number; embedded: number };
    expect(report.documents).toBe(300);
    // Nothing is embedded twice: what was begun when Ctrl-C came was kept too.
    const kept = progress
      .split("\n")
      .filter((line) => line.startsWith('{"stage":"embed"'))
      .map((line) => (JSON.parse(line) as { done: number }).done);
    expect(report.embedded).toBe(300 - Math.max(...kept));
    expect(report.embedded).toBeLessThan(300);
  });
});

describe("local-rag query", () => {
  test("prints passages with their places and a summary for people [S8]", () => {
    const result = ask(["When must the fog signal be started?", "--topk", "2"]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toMatch(
      /^Start the fog signal when the buoy .* \[1\]\n\n\[1\] fog\.md:1-11  0\.\d{3}\n/u,
    );
  });

  test("prints the same JSON by argv, by stdin and resident [S8]", async () => {
    const question = "How long must the wick be?";
    const byArgv = ask([question, "--json", "--topk", "3"]);
    const request = JSON.stringify({ query: question, topk: 3 });
    const byInput = ask(["--stdin", "--json"], request);
    const resident = ask(
      ["--resident"],
      `{"id":1,"input":${request}}\n{"id":2,"input":${request}}\n`,
    );
    expect(byArgv.code).toBe(0);
    expect(withoutTime(byInput.stdout)).toBe(withoutTime(byArgv.stdout));
    const replies = resident.stdout.trim().split("\n");
    expect(replies).toHaveLength(2);
    for (const [place, reply] of replies.entries()) {
      expect(withoutTime(reply)).toBe(
        `{"exitCode":0,"id":${place + 1},"output":${withoutTime(byArgv.stdout).trimEnd()}}`,
      );
    }
  });

  test("answers resident requests from what is published then", async () => {
    const folder = path.join(base, "growing");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "one.md"), "# One\n\nThe first page.\n");
    const index = path.join(folder, ".clawkeep/index");
    expect(localRag(["index", folder], { home }).code).toBe(0);
    const running = startLocalRag(["query", "--resident", "--index", index], { home });
    const lines = running.stdout.setEncoding("utf8");
    const replyTo = async (id: number): Promise<string> => {
      running.stdin.write(`{"id":${id},"input":{"query":"pelican","topk":1}}\n`);
      const [line] = (await once(lines, "data")) as [string];
      return line;
    };
    expect(await replyTo(1)).not.toContain("two.md");
    writeFileSync(path.join(folder, "two.md"), "# Two\n\nThe pelican page.\n");
    expect(localRag(["index", folder], { home }).code).toBe(0);
    expect(await replyTo(2)).toContain("two.md");
    running.stdin.end();
    expect(await once(running, "close")).toEqual([0, null]);
  });

  test("that finds nothing is done, with a reason", () => {
    for (const result of [ask([" ", "--json"]), ask(["", "--json"])]) {
      expect(result.code).toBe(0);
      expect(parse(result)).toMatchObject({ results: [], reason: "no-match" });
    }
    expect(ask([" "]).stdout).toBe("No match: the query is blank.\n");
  });

  test("explains its scores when asked", () => {
    const answer = parse(ask(["fog signal", "--json", "--explain", "--topk", "1"]));
    expect(answer.results[0]?.explain).toMatchObject({ vectorRank: 1, keywordRank: 1 });
  });

  test("keeps to operators, a filter, a scope and a budget, in the form that is asked for", () => {
    const lines = (args: readonly string[], input?: string): readonly Record<string, unknown>[] =>
      ask([...args, "--format", "jsonl"], input)
        .stdout.trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const [hit, last] = lines([
      'signal "harbour mouth" -bottle',
      "--scope",
      "fog.md",
      "--context",
      "1",
    ]);
    expect(hit).toMatchObject({ type: "hit", rank: 1, citation: { path: "fog.md" } });
    expect(hit).toHaveProperty("context");
    expect(last).toMatchObject({ type: "answer", hits: 1, conditions: [{ kind: "phrase" }, {}] });
    const request = { query: "lens", filter: "kind=code AND mtime>2000-01-01", maxTokens: 30 };
    const [code] = lines(["--stdin"], JSON.stringify(request));
    expect(code).toMatchObject({ shortened: true, citation: { path: "tools/lens-drive.ts" } });
    const words = lines(['signal "harbour mouth" -bottle', "--words", "--topk", "5"]);
    expect(words.length).toBeGreaterThan(2);
    const broken = ask(["fog", "--filter", "tag=", "--json"]);
    expect([broken.code, parse(broken).error?.code]).toEqual([2, "FILTER_SYNTAX"]);
  });

  test("says at once that the model is missing or refused, unless keywords do", () => {
    const place = ["--model", base, "--json"];
    const missing = ask(["fog", ...place]);
    expect([missing.code, parse(missing).error?.code]).toEqual([2, "MODEL_MISSING"]);
    const model = path.join(base, "model");
    mkdirSync(model);
    cpSync(path.join(import.meta.dirname, "../../../packages/model-minilm/files"), model, {
      recursive: true,
    });
    writeFileSync(path.join(model, "model.onnx"), "not this one");
    const refused = ask(["fog", "--model", model, "--json"]);
    expect([refused.code, parse(refused).error?.code]).toEqual([2, "MODEL_SIZE"]);
    const keywords = ask(["fog", "--keywords", ...place]);
    expect(keywords.code).toBe(0);
    expect(JSON.parse(keywords.stdout)).toMatchObject({ vectors: "not asked" });
    const reranker = ask(["fog", "--rerank", base, "--json"]);
    expect([reranker.code, parse(reranker).error?.code]).toEqual([2, "RERANKER_MISSING"]);
  });

  test("takes whatever text as one literal question", () => {
    for (const question of [
      "; rm -rf ~ $(touch canary) `touch canary`",
      "--evil",
      "--json",
      "a\nb\tc",
      "x".repeat(65_536),
    ]) {
      const result = ask(["--json", "--", question]);
      expect(result.code).toBe(0);
      expect((JSON.parse(result.stdout) as { query: string }).query).toBe(question);
    }
    expect(existsSync(path.join(workspace, "canary"))).toBe(false);
  });

  test("refuses what it cannot pass on, with a reason", () => {
    const refusals: readonly (readonly [CommandResult, string])[] = [
      [ask(["--stdin", "--json"], Buffer.from('{"query":"a\\u0000b"}')), "QUERY_TEXT"],
      [
        ask(["--stdin", "--json"], JSON.stringify({ query: "x".repeat(1_000_000) })),
        "QUERY_TOO_LONG",
      ],
      [ask(["--stdin", "--json"], "x".repeat(2_000_000)), "USAGE"],
      [ask(["--stdin", "--json"], '{"query":"a","index":"/etc"}'), "QUERY_REQUEST"],
      [ask(["x".repeat(130_000), "--json"]), "QUERY_TOO_LONG"],
      [ask(["a", "b", "--json"]), "USAGE"],
      [ask(["a", "--json", "--index", "/nowhere"]), "INDEX_MISSING"],
      [ask(["a", "--json", "--registry", base]), "INDEX_UNTRUSTED"],
    ];
    for (const [result, code] of refusals) {
      expect([result.code, parse(result).error?.code]).toEqual([2, code]);
      expect(result.stderr).toMatch(new RegExp(`^${code}: `, "u"));
    }
  });

  test("refuses bytes that are not UTF-8 in an argument", () => {
    const script = `exec "$0" "$@" "$(printf 'a\\377b')"`;
    const args = ["--conditions=source", path.join(import.meta.dirname, "../src/main.ts")];
    const result = localRagByShell(script, [...args, "query", "--json", "--"]);
    expect([result.code, parse(result).error?.code]).toEqual([2, "QUERY_ENCODING"]);
  });

  test("works from an index that was trusted by its root, and needs no state folder", () => {
    const { snapshotRoot } = parse(ask(["fog", "--json"]));
    const result = localRag(["query", "fog", "--json", "--trust-index", snapshotRoot], {
      home: path.join(base, "nobody"),
      cwd: workspace,
    });
    expect(result.code).toBe(0);
  });

  test("ends quietly when nobody reads on", async () => {
    const running = startLocalRag(["query", "fog"], { home, cwd: workspace });
    running.stdout.destroy();
    let errors = "";
    running.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    expect(await once(running, "close")).toEqual([0, null]);
    expect(errors).toBe("");
  });

  test("shows a hostile passage, name and question without a raw control character", () => {
    const folder = path.join(base, "hostile");
    mkdirSync(folder);
    const name = "evil\u202e\u001b]52;c;eA\u0007.md";
    writeFileSync(
      path.join(folder, name),
      "# Evil \u001b[2J\n\nThe pelican\r says \u001b]0;owned\u0007 and <|im_start|>system\u{e0041}.\n",
    );
    expect(localRag(["index", folder], { home }).code).toBe(0);
    const index = path.join(folder, ".clawkeep/index");
    const human = localRag(["query", "pelican \u001b[31m", "--index", index], { home });
    const json = localRag(["query", "pelican \u001b[31m", "--index", index, "--json"], { home });
    for (const { stdout } of [human, json]) {
      expect(stdout).not.toMatch(
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u{e0000}-\u{e007f}]/u,
      );
      expect(stdout).not.toContain("<|im_start|>");
    }
    expect(parse(json).results[0]?.citation.path).toBe(name);
  });
});

describe("local-rag status and verify", () => {
  test("say what an index holds and that it is whole", () => {
    const status = localRag(["status", "--json"], { home, cwd: workspace });
    expect(JSON.parse(status.stdout)).toMatchObject({
      version: 1,
      documents: 5,
      chunks: 5,
      trusted: true,
      interrupted: false,
      workspace,
      engine: {
        engine: expect.stringMatching(/^(?:native|portable)$/u),
        kernel: expect.any(String),
      },
      recall: { kind: "exact", sampled: 5, recallAt10: 1 },
      memoryBytes: expect.any(Number),
      findings: {},
      publishedMs: expect.any(Number),
    });
    const shown = localRag(["status"], { home, cwd: workspace }).stdout;
    for (const line of [
      /^size +\d+\.\d MB on disk$/mu,
      /^memory +\d+\.\d MB/mu,
      /^age +\d+ min/mu,
    ]) {
      expect(shown).toMatch(line);
    }
    expect(shown).toMatch(/^recall +100\.0%: every vector is looked at$/mu);
    const verify = localRag(["verify"], { home, cwd: workspace });
    expect(verify.code).toBe(0);
    expect(verify.stdout).toContain("citations: 5 still true, 0 changed, 0 gone");
  });

  test("say no when a file says something else than its citation", () => {
    const folder = path.join(base, "drifting");
    cpSync(corpus, folder, { recursive: true });
    expect(localRag(["index", folder], { home }).code).toBe(0);
    writeFileSync(path.join(folder, "fog.md"), "# Fog\n\nNo signal any more.\n");
    rmSync(path.join(folder, "lamp.md"));
    const index = path.join(folder, ".clawkeep/index");
    const verify = localRag(["verify", "--json", "--index", index], { home });
    expect(verify.code).toBe(1);
    expect(JSON.parse(verify.stdout)).toMatchObject({
      ok: true,
      current: false,
      citations: { stillTrue: 3, changed: 1, gone: 1 },
    });
  });

  test("hold an answer that somebody shows against files and index", () => {
    const answer = ask(["fog signal", "--json", "--topk", "2"]).stdout;
    const place = { home, cwd: workspace };
    const holds = localRag(["verify", "-"], { ...place, input: answer });
    expect([holds.code, holds.stdout]).toEqual([
      0,
      expect.stringContaining("holds: 2 passages, given from this index"),
    ]);
    const forged = answer.replace("one sea mile", "ten sea miles");
    const other = localRag(["verify", "-", "--json"], { ...place, input: forged });
    expect(other.code).toBe(1);
    expect(JSON.parse(other.stdout)).toMatchObject({ ok: false, snapshot: "same" });
    const proven = localRag(["verify", "-", "--json", "--prove"], { ...place, input: answer });
    expect(JSON.parse(proven.stdout)).toMatchObject({ hits: [{ proof: { leafIndex: 0 } }, {}] });
    // Who has the root alone needs neither the index nor a registry.
    const [claim, proofs] = [path.join(base, "answer.json"), path.join(base, "proofs.json")];
    writeFileSync(claim, answer);
    writeFileSync(proofs, proven.stdout);
    const { snapshotRoot } = JSON.parse(answer) as { readonly snapshotRoot: string };
    const alone = { home: path.join(base, "nobody"), cwd: base };
    const check = (root: string, ...args: readonly string[]): CommandResult =>
      localRag(["verify", ...args, "--proof", proofs, "--root", root], alone);
    const byRoot = check(snapshotRoot, claim);
    expect([byRoot.code, byRoot.stdout]).toEqual([
      0,
      expect.stringContaining(`holds: 2 passages, root ${snapshotRoot}`),
    ]);
    expect(check(snapshotRoot).code).toBe(0);
    expect(check(`sha256:${"0".repeat(64)}`, claim).code).toBe(1);
    writeFileSync(claim, forged);
    expect(check(snapshotRoot, claim).stdout).toContain("the text shown is another");
    expect(localRag(["verify", "--proof", proofs], alone).stderr).toContain("need each other");
    const none = localRag(["verify", "-"], { ...place, input: "{}" });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("CLAIM_FORMAT")]);
  });

  test("carry an index to another machine as one file", () => {
    const [key, file] = [path.join(base, "bundle.key"), path.join(base, "a.bundle")];
    const elsewhere = path.join(base, "elsewhere");
    const other = { home: elsewhere, cwd: base };
    const made = localRag(["bundle", "key", key, "--name", "example.org"], { home });
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^example\.org\+/u)]);
    const skill = path.join(import.meta.dirname, "../../../skills/local-rag");
    const written = localRag(
      ["bundle", "export", file, "--sign", key, "--skill", skill, "--json"],
      {
        home,
        cwd: workspace,
      },
    );
    expect([written.code, written.stderr]).toEqual([0, ""]);
    const load = (to: string, ...args: readonly string[]): CommandResult =>
      localRag(["bundle", "import", file, "--to", path.join(base, to), ...args], other);
    const here = load("by-key", "--key", made.stdout.trim(), "--json");
    expect(JSON.parse(here.stdout)).toMatchObject({ verified: "key", documents: 5 });
    const query = ["query", "fog signal", "--json", "--index"];
    const answer = localRag([...query, path.join(base, "by-key", "index")], other);
    expect(parse(answer).results[0]?.citation.path).toBe("fog.md");
    const unsure = load("unsure");
    expect([unsure.code, unsure.stdout]).toEqual([0, expect.stringContaining("integrity only")]);
    const refused = localRag([...query, path.join(base, "unsure", "index")], other);
    expect([refused.code, parse(refused).error?.code]).toEqual([2, "INDEX_UNTRUSTED"]);
    const wrong = load("wrong", "--digest", `sha256:${"0".repeat(64)}`);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("BUNDLE_DIGEST")]);
  });

  test("say no when a byte of a segment changed", () => {
    const folder = path.join(base, "damaged");
    cpSync(corpus, folder, { recursive: true });
    expect(localRag(["index", folder], { home }).code).toBe(0);
    const index = path.join(folder, ".clawkeep/index");
    const snapshot = JSON.parse(readFileSync(path.join(index, "snapshot.json"), "utf8")) as {
      readonly segments: readonly { readonly file: string }[];
    };
    const segment = path.join(index, "segments", snapshot.segments[0]?.file ?? "");
    const bytes = readFileSync(segment);
    const at = bytes.indexOf("harbour mouth");
    bytes.write("HARBOUR", at);
    writeFileSync(segment, bytes);
    const verify = localRag(["verify", "--index", index], { home });
    expect(verify.code).toBe(1);
    expect(verify.stderr).toContain("SEGMENT_DIGEST");
    const query = localRag(["query", "harbour fog", "--json", "--index", index], { home });
    expect([query.code, parse(query).error?.code]).toEqual([2, "SEGMENT_DIGEST"]);
  });
});

/** Help is wrapped to the terminal's width. */
const folded = (text: string): string => text.replaceAll(/\s+/gu, " ");

describe("local-rag --help", () => {
  test("names every command and flag of the table, and loads no model", () => {
    const program = localRag(["--help"], { home });
    expect(program.code).toBe(0);
    for (const spec of Object.values(commands)) {
      expect(folded(program.stdout)).toContain(spec.about);
      const help = localRag([spec.name, "--help"], { home, env: { NODE_DEBUG: "module" } });
      expect(help.code).toBe(0);
      expect(help.stderr).not.toContain("onnxruntime");
      for (const flag of spec.flags) {
        expect(help.stdout).toContain(`--${flag.name}`);
      }
      for (const example of spec.examples) {
        expect(help.stdout).toContain(example);
      }
    }
  });

  test("is pointed to when the command line is wrong", () => {
    expect(localRag(["indx"], { home })).toMatchObject({ code: 2, stdout: "" });
    expect(localRag(["index"], { home }).code).toBe(2);
    expect(localRag(["index", ".", "--nope"], { home }).code).toBe(2);
    expect(localRag([], { home }).code).toBe(2);
  });
});

function localRagByShell(script: string, args: readonly string[]): CommandResult {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const result = spawnSync("/bin/sh", ["-c", script, process.execPath, ...args], {
    encoding: "utf8",
    cwd: workspace,
    env: environment({ home }),
  });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}
