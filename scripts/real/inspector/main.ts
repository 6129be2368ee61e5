import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { runOrThrow } from "../cold-query/peers.ts";
import { inspectorVersion, installInspector } from "./install-inspector.ts";

/** The inspector of the Model Context Protocol, in CLI mode, before `local-rag serve`: by standard input, as `mcp-config` has it, and by HTTP. */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const program = path.join(root, "apps/local-rag/dist/main.js");
const question = "When is the lamp lit?";

/** How the inspector reaches a server. */
interface Transport {
  readonly name: string;
  /** What stands before the method. */
  readonly target: readonly string[];
}

/** What came of one run of it. */
interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let failed = 0;
function check(what: string, ok: boolean, seen: string): void {
  if (!ok) failed += 1;
  // What was seen may hold a passage: nothing of it may move a cursor.
  // oxlint-disable-next-line no-control-regex
  const plain = seen.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, " ").slice(0, 200);
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${what}: ${plain}\n`);
}

async function main(): Promise<number> {
  const inspector = installInspector();
  process.stdout.write(`@modelcontextprotocol/inspector ${inspectorVersion}, --cli\n`);
  const base = mkdtempSync(path.join(tmpdir(), "ck-insp-"));
  const home = path.join(base, "home");
  const index = path.join(base, "index");
  process.env["CLAWKEEP_HOME"] = home;
  process.env["HOME"] = base;
  try {
    const files = path.join(base, "files");
    cpSync(path.join(root, "fixtures/corpora/lighthouse"), files, { recursive: true });
    runOrThrow(process.execPath, [program, "index", files, "--index", index]);
    const ask = (transport: Transport, args: readonly string[]): Said => {
      // A target's own flags and the inspector's are told apart by their order.
      const command = [inspector, "--cli", ...transport.target, ...args];
      const ended = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 120_000 });
      return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
    };
    const server = [process.execPath, program, "serve", "--mcp", "--index", index];
    const environment = ["-e", `CLAWKEEP_HOME=${home}`];
    judge({ name: "stdio", target: [...server, ...environment] }, ask);
    const cursor = [program, "mcp-config", "cursor", "--index", index];
    const file = path.join(base, "mcp.json");
    writeFileSync(file, execFileSync(process.execPath, cursor, { stdio: ["ignore", "pipe", 2] }));
    judge({ name: "mcp-config", target: ["--config", file, "--server", "local-rag"] }, ask);
    await byHttp(index, (transport) => judge(transport, ask));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  process.stdout.write(failed === 0 ? "all hold\n" : `${failed} do not hold\n`);
  return failed === 0 ? 0 : 1;
}

async function byHttp(index: string, then: (transport: Transport) => void): Promise<void> {
  const args = [program, "serve", "--index", index, "--http", "0"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  try {
    await once(child.stdout, "data");
    const [, url = "", file = ""] = /(http:\S+) for .*, token in (\S+)/u.exec(said) ?? [];
    const token = readFileSync(file, "utf8").trim();
    const bearer = ["--header", `Authorization: Bearer ${token}`];
    then({ name: "http", target: [`${url}/mcp`, "--transport", "http", ...bearer] });
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

function judge(transport: Transport, run: (by: Transport, args: readonly string[]) => Said): void {
  const { name } = transport;
  const ask = (...args: readonly string[]): Said => run(transport, args);

  const listed = ask("--method", "tools/list", "--strict");
  const { tools = [] } = parsed<{ readonly tools: readonly { readonly name: string }[] }>(listed);
  const names = tools.map((tool) => tool.name).toSorted();
  check(`${name}: tools/list`, names.join() === "read,search,status", names.join());
  check(`${name}: no portability problem in a schema (--strict)`, listed.code === 0, listed.stderr);

  const call = (tool: string, ...pairs: readonly string[]): Said =>
    ask(
      ...["--method", "tools/call", "--tool-name", tool],
      ...pairs.flatMap((pair) => ["--tool-arg", pair]),
    );
  const searched = call("search", `query=${question}`, "topk=1");
  const { structuredContent } = parsed<{ readonly structuredContent?: SearchPage }>(searched);
  const [hit] = structuredContent?.results ?? [];
  check(
    `${name}: tools/call search`,
    hit?.citation.path === "lamp.md",
    searched.stdout.slice(0, 200),
  );
  const cursor = structuredContent?.nextCursor;
  const next = call("search", `query=${question}`, "topk=1", `cursor=${cursor ?? ""}`);
  const page = parsed<{ readonly structuredContent?: SearchPage }>(next).structuredContent;
  check(
    `${name}: the next page`,
    page?.results.length === 1 &&
      page.results[0]?.citation.chunkDigest !== hit?.citation.chunkDigest,
    JSON.stringify(page?.results[0]?.citation ?? next.stdout),
  );

  const { path: cited = "", lineStart = 0, lineEnd = 0 } = hit?.citation ?? {};
  const read = call("read", `path=${cited}`, `lineStart=${lineStart}`, `lineEnd=${lineEnd}`);
  check(
    `${name}: tools/call read`,
    (
      parsed<{ structuredContent?: { passages?: unknown[] } }>(read).structuredContent?.passages ??
      []
    ).length > 0,
    read.stdout.slice(0, 200),
  );
  const status = call("status");
  const { structuredContent: says } = parsed<{ structuredContent?: { documents?: number } }>(
    status,
  );
  check(`${name}: tools/call status`, (says?.documents ?? 0) > 0, JSON.stringify(says));

  const resources = ask("--method", "resources/list");
  check(
    `${name}: resources/list`,
    resources.stdout.includes("clawkeep://index/status"),
    resources.stdout,
  );
  const templates = ask("--method", "resources/templates/list");
  check(
    `${name}: resources/templates/list`,
    templates.stdout.includes("clawkeep://index/lines/"),
    templates.stdout,
  );
  const uri = `clawkeep://index/lines/${lineStart}/${lineEnd}/${cited}`;
  const range = ask("--method", "resources/read", "--uri", uri);
  check(
    `${name}: resources/read of a cited range`,
    range.code === 0 && range.stdout.includes("chunkDigest"),
    range.stdout.slice(0, 200),
  );

  const unknown = call("search", "query=a", "index=/etc");
  check(
    `${name}: an unknown parameter is refused`,
    unknown.code !== 0 || /isError|unrecognized/iu.test(unknown.stdout),
    `${unknown.stdout}${unknown.stderr}`,
  );
  const absent = call("read", "path=absent.md", "lineStart=1", "lineEnd=1");
  check(
    `${name}: a failure is a result with a code`,
    absent.stdout.includes("READ_UNKNOWN"),
    absent.stdout,
  );
}

interface SearchPage {
  readonly results: readonly {
    readonly citation: {
      readonly path: string;
      readonly lineStart: number;
      readonly lineEnd: number;
      readonly chunkDigest: string;
    };
  }[];
  readonly nextCursor?: string;
}

/** What it printed; an empty object when that was no JSON. */
function parsed<Value extends object>({ stdout }: Said): Partial<Value> {
  try {
    return JSON.parse(stdout) as Value;
  } catch {
    return {};
  }
}

process.exitCode = await main();
