import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bundle, source } from "./bundle.ts";
import { Place, run } from "./command.ts";

let place: Place;

beforeAll(async () => {
  place = new Place(["echo-json", "say-sh", "word-count"]);
  const { code, stderr } = await place.run(["lock"]);
  expect([code, stderr]).toEqual([0, ""]);
});

afterAll(() => place.remove());

describe.concurrent("the trivial skill, end to end", () => {
  test("runs, prints its answer on stdout and the rest on stderr", async () => {
    const { code, stdout, stderr } = await place.run([
      "run",
      "echo-json",
      "--arg",
      "text=hello",
      "--arg",
      "times=2",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ from: "stdin", text: "hello", times: 2 });
    expect(stderr).toMatch(
      /^done: echo-json echo, exit code 0, \d+ ms, sandbox: \w+, record \S+\n$/u,
    );
  });

  test("runs from the TypeScript sources too, from a folder below", async () => {
    const { code, stdout } = await run(
      process.execPath,
      ["--conditions=source", source, "run", "say-sh", "--arg", "words=from source"],
      { cwd: join(place.folder, "skills", "say-sh", "cases"), env: { CLAWKEEP_HOME: place.home } },
    );
    expect([code, stdout]).toEqual([0, "from source\n"]);
  });

  test("prints version 1 of the JSON", async () => {
    const result = await place.json(["run", "word-count", "count", "--args-json", "-"], {
      input: '{"text":"a b"}',
    });
    expect(result).toMatchObject({
      version: 1,
      kind: "execution",
      skill: "word-count",
      action: "count",
      exitCode: 0,
      meaning: "done",
      ok: true,
      outputState: "valid",
      output: { words: 2 },
      stderr: "",
    });
    expect(typeof result["id"]).toBe("string");
  });

  test("has its record, which verifies", async () => {
    const { id } = await place.json(["run", "echo-json", "--arg", "text=private words"]);
    const shown = await place.run(["audit", "show", String(id)]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/execution +\S+ \(ended\)/u);
    expect(shown.stdout).toMatch(/ {2}text +"hmac-sha256:[0-9a-f]+ \(13 bytes\)"/u);
    expect(shown.stdout).not.toContain("private words");
    expect(readFileSync(join(place.home, "audit", "log.ndjson"), "utf8")).not.toContain(
      "private words",
    );
    const { code, stdout } = await place.run(["audit", "verify"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/verified: \d+ records, root sha256:/u);
  });

  test("a checkpoint that was printed earlier is continued by the log of today", async () => {
    await place.json(["run", "echo-json", "--arg", "text=earlier"]);
    const printed = await place.run(["audit", "checkpoint"]);
    expect(printed.code).toBe(0);
    const kept = join(place.home, "kept-elsewhere.txt");
    writeFileSync(kept, printed.stdout);
    await place.json(["run", "echo-json", "--arg", "text=later"]);
    const { code, stdout } = await place.run(["audit", "verify", "--checkpoint", kept]);
    expect(code).toBe(0);
    expect(stdout).toContain("The log continues the checkpoint that was given.");
  });
});

describe.concurrent("exit codes follow the contract", () => {
  test.each([
    ["0", 0, "done"],
    ["1", 1, "no"],
    ["2", 2, "failure"],
    ["77", 2, "failure"],
  ])("%s", async (asked, code, meaning) => {
    const ended = await place.run(["run", "echo-json", "exit", "--arg", `code=${asked}`]);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(`${meaning}: echo-json exit, exit code ${asked}`);
  });
});

describe.concurrent("an argument is one literal value, or refused with a reason", () => {
  const canary = (): string => join(place.folder, "canary");

  test.each(["; rm -rf ~", "$(id)", "--evil", "{{root.index}}", "", "日本語 🦀 '\"\\ * %s%n"])(
    "%j by argv and by stdin",
    async (value) => {
      const byStdin = await place.json(["run", "echo-json", "echo", "--arg", `text=${value}`]);
      expect(byStdin["output"]).toEqual({ from: "stdin", text: value, times: 1 });
      const byArgv = await place.json(["run", "echo-json", "argv", "--args-json", "-"], {
        input: JSON.stringify({ text: value }),
      });
      expect(byArgv["output"]).toEqual({ from: "argv", arguments: ["--", value] });
    },
  );

  test("nothing else is executed", async () => {
    const value = `$(touch ${canary()})\`touch ${canary()}\`; touch ${canary()} | touch ${canary()}`;
    await place.run(["run", "say-sh", "--arg", `words=${value}`, "--arg", "tone=quoted"]);
    await place.run(["run", "echo-json", "argv", "--arg", `text=${value}`]);
    expect(existsSync(canary())).toBe(false);
  });

  test.each([
    ["a NUL", '{"text":"a\\u0000b"}', "NUL"],
    ["a lone surrogate", '{"text":"\\ud800"}', "lone surrogate"],
    ["an escape character", '{"text":"\\u001b[31m"}', "U+001B"],
    ["an argument that is not declared", '{"text":"x","shell":true}', "shell"],
    ["an argument twice", '{"text":"x","text":"y"}', "twice"],
    ["another type", '{"text":5}', "expected text"],
    ["something that is no JSON", "text=x", "not JSON"],
    ["nothing", "{}", "text is required"],
  ])("%s is refused", async (_name, input, why) => {
    const { code, stdout, stderr } = await place.run(
      ["run", "echo-json", "echo", "--args-json", "-"],
      { input },
    );
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("refused (arguments): nothing was run");
    expect(stderr).toContain(why);
  });

  test("bytes that are not UTF-8 are refused by stdin", async () => {
    const { code, stderr } = await place.run(["run", "echo-json", "--args-json", "-"], {
      input: Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    });
    expect(code).toBe(2);
    expect(stderr).toContain("ARGUMENTS_NOT_UTF8");
  });

  test("bytes that are not UTF-8 are refused in an argv, and U+FFFD itself is not", async () => {
    const script = `exec "$0" "$1" run echo-json --arg "text=$(printf "$2")"`;
    const start = { cwd: place.folder, env: { CLAWKEEP_HOME: place.home } };
    const bad = await run("/bin/sh", ["-c", script, process.execPath, bundle, "a\\377b"], start);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain("ARGV_NOT_UTF8");
    const good = await run(
      "/bin/sh",
      ["-c", script, process.execPath, bundle, "a\\357\\277\\275b"],
      start,
    );
    expect(JSON.parse(good.stdout)).toMatchObject({ text: "a\ufffdb" });
  });

  test("128 KiB − 1 by argv and 1 MB by stdin arrive whole, one byte more is refused", async () => {
    const longest = "x".repeat(131_071);
    const ask = async (action: string, text: string): Promise<Record<string, unknown>> =>
      place.json(["run", "echo-json", action, "--args-json", "-"], {
        input: JSON.stringify({ text }),
      });
    expect((await ask("argv", longest))["output"]).toEqual({
      from: "argv",
      arguments: ["--", longest],
    });
    expect(await ask("argv", `${longest}x`)).toMatchObject({ kind: "refusal", stage: "arguments" });
    const megabyte = "y".repeat(1_048_576);
    expect((await ask("echo", megabyte))["output"]).toEqual({
      from: "stdin",
      text: megabyte,
      times: 1,
    });
    expect(await ask("echo", `${megabyte}y`)).toMatchObject({
      kind: "refusal",
      stage: "arguments",
    });
  });
});

describe.concurrent("what is not locked is not run", () => {
  test("an unknown skill, with the names that there are", async () => {
    const result = await place.json(["run", "nope"]);
    expect(result).toMatchObject({ version: 1, kind: "refusal", stage: "lock", skill: "nope" });
    expect(JSON.stringify(result)).toContain("LOCK_SKILL_UNKNOWN");
  });

  test("a skill that was changed after it was locked", async () => {
    const other = new Place(["say-sh"]);
    await other.run(["lock"]);
    writeFileSync(
      join(other.folder, "skills", "say-sh", "scripts", "say.sh"),
      "#!/bin/sh\necho changed\n",
    );
    const { code, stdout, stderr } = await other.run(["run", "say-sh", "--arg", "words=x"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("LOCK_SKILL_CHANGED");
    const checked = await other.run(["lock", "--check"]);
    expect(checked.code).toBe(1);
    expect((await other.run(["lock"])).code).toBe(0);
    expect((await other.run(["run", "say-sh", "--arg", "words=x"])).stdout).toBe("changed\n");
    other.remove();
  });

  test("a skill whose folder is replaced by a link", async () => {
    const other = new Place(["say-sh"]);
    await other.run(["lock"]);
    const folder = join(other.folder, "skills", "say-sh");
    rmSync(folder, { recursive: true });
    symlinkSync(join(place.folder, "skills", "say-sh"), folder);
    const { code, stderr } = await other.run(["run", "say-sh", "--arg", "words=x"]);
    expect(code).toBe(2);
    expect(stderr).toContain("SKILL_FOLDER_LINK");
    other.remove();
  });
});

describe("what a skill prints", () => {
  test("does not act on the terminal, and is exact in the JSON", async () => {
    const evil = "\u202e\u200b\u00ad";
    const shown = await place.run(["run", "say-sh", "--arg", `words=${evil}`]);
    expect(shown.stdout).toBe("\\u{202e}\\u{200b}\\u{ad}\n");
    const json = await place.run(["run", "say-sh", "--arg", `words=${evil}`, "--json"]);
    expect(json.stdout).not.toMatch(/[\u202e\u200b\u00ad]/u);
    expect(JSON.parse(json.stdout)).toMatchObject({ output: evil });
  });

  test("may be too much for who reads it", async () => {
    const script = `"$0" "$1" run echo-json --args-json - --json <"$2" | head -c 1; exit 0`;
    const input = join(place.folder, "input.json");
    writeFileSync(input, JSON.stringify({ text: "z".repeat(1_000_000) }));
    const ended = await run("/bin/sh", ["-c", script, process.execPath, bundle, input], {
      cwd: place.folder,
      env: { CLAWKEEP_HOME: place.home },
    });
    expect(ended).toMatchObject({ code: 0, stdout: "{", stderr: "" });
    const { code } = await place.run(["audit", "verify"]);
    expect(code).toBe(0);
  });
});
