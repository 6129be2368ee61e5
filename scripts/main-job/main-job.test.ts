import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = path.dirname(path.dirname(import.meta.dirname));
const main = path.join(import.meta.dirname, "main.ts");
let base = "";
let notes = "";

beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), "clawkeep-main-job-"));
  notes = path.join(base, "notes");
  // A workspace of its own: a test must not write the checkout's skills.lock.
  cpSync(path.join(root, "skills"), path.join(base, "workspace", "skills"), { recursive: true });
  mkdirSync(notes);
  writeFileSync(
    path.join(notes, "tea.md"),
    "# Tea\n\n## Green\n\nGreen tea is brewed with water of eighty degrees.\n",
  );
  writeFileSync(path.join(notes, "bread.md"), "# Bread\n\nRye bread rises for twelve hours.\n");
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: readonly string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ["--conditions=source", main, "--workspace", path.join(base, "workspace"), ...args],
    {
      cwd: base,
      env: {
        ...process.env,
        CLAWKEEP_HOME: path.join(base, "state"),
        // A canary: a value that a shell would act on must arrive as text.
        CANARY: path.join(base, "canary"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, ...text };
}

describe("the main job on a folder of the user's own", () => {
  test("answers with a citation, shows the record and verifies the log", async () => {
    const { code, stdout, stderr } = await run(
      "--dir",
      notes,
      "--ask",
      "How hot is the water for green tea?",
    );
    expect(stderr).not.toMatch(/error|refused/u);
    expect(stderr).toContain("index: 2 documents, 2 passages, 2 of them embedded now");
    expect(code).toBe(0);
    expect(stdout).toContain("Green tea is brewed with water of eighty degrees.");
    expect(stdout).toMatch(/\[1\] 0\.\d{3} {2}tea\.md:\d+-\d+/u);
    expect(stdout).toMatch(/execution +\S+ \(ended\)/u);
    expect(stdout).toMatch(/verified: \d+ records/u);
  });

  test("a second run indexes nothing again and answers the same", async () => {
    const first = await run("--dir", notes, "--ask", "How long does rye bread rise?", "--json");
    const segments = readdirSync(path.join(notes, ".clawkeep", "index", "segments"));
    const second = await run("--dir", notes, "--ask", "How long does rye bread rise?", "--json");
    const answers = [first, second].map(
      ({ stdout }) =>
        (JSON.parse(stdout) as { output: { results: unknown; snapshotRoot: string } }).output,
    );
    expect(second.stderr).toContain("2 passages, 0 of them embedded now");
    expect(answers[1]?.results).toEqual(answers[0]?.results);
    expect(answers[1]?.snapshotRoot).toBe(answers[0]?.snapshotRoot);
    expect(readdirSync(path.join(notes, ".clawkeep", "index", "segments"))).toEqual(segments);
  });

  test.each(["; touch $CANARY", "$(touch $CANARY)", "--evil", "`touch $CANARY`", "| tee $CANARY"])(
    "the question %j is one literal value",
    async (question) => {
      const { code, stdout } = await run("--dir", notes, `--ask=${question}`, "--json");
      expect(code).toBe(0);
      expect((JSON.parse(stdout) as { output: { query: string } }).output.query).toBe(question);
      expect(readdirSync(base)).not.toContain("canary");
    },
  );

  test("the log keeps no question in clear", () => {
    const log = readFileSync(path.join(base, "state", "audit", "log.ndjson"), "utf8");
    expect(log).not.toContain("green tea");
    expect(log).not.toContain("CANARY");
  });
});

test("a folder that is not there is one clear error", async () => {
  const { code, stderr } = await run("--dir", path.join(base, "absent"), "--ask", "why?");
  expect(code).toBe(2);
  expect(stderr).toContain("absent");
  expect(stderr).not.toMatch(/ {4}at /u);
});

test("a question that the contract refuses is told with its reason", async () => {
  const { code, stderr } = await run("--dir", notes, "--ask", "x".repeat(8193));
  expect(code).toBe(2);
  expect(stderr).toContain("ARGUMENT_REFUSED: argument query");
  expect(stderr).toContain("8192");
});
