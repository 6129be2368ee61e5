import { readFile, writeFile } from "node:fs/promises";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { argumentProblem } from "./argument-value.ts";
import { parseContract } from "./parse-contract.ts";
import { contractJsonSchema } from "./contract-schema.ts";

const golden = new URL("../../../fixtures/golden/exec-contract-v1/", import.meta.url);
const docs = new URL("../../../docs/exec-contract.schema.json", import.meta.url);

const parse = (text: string, file = "exec.yaml", files: Record<string, string> = {}) =>
  parseContract(
    Buffer.from(text),
    file,
    new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)])),
  );

const codes = (text: string): readonly string[] =>
  parse(text).findings.map((finding) => finding.code);

const action = (body: string): string =>
  `contract: 1\nprogram: tool\nactions:\n  run:\n    description: Run.\n${body}`;

describe("version 1", () => {
  test("means what it meant when it was made", async () => {
    const { contract, findings } = parse(await readFile(new URL("exec.yaml", golden), "utf8"));
    expect(findings).toEqual([]);
    const target = new URL("contract.json", golden);
    if (process.env["CLAWKEEP_WRITE_GOLDEN"] === "1") {
      await writeFile(target, `${JSON.stringify(contract, null, 2)}\n`);
    }
    expect(contract).toEqual(JSON.parse(await readFile(target, "utf8")));
  });

  test("has the JSON Schema that the documentation shows", async () => {
    if (process.env["CLAWKEEP_WRITE_GOLDEN"] === "1") {
      await writeFile(docs, `${JSON.stringify(contractJsonSchema(), null, 2)}\n`);
    }
    expect(contractJsonSchema()).toEqual(JSON.parse(await readFile(docs, "utf8")));
  });

  test("can be written as JSON and means the same", () => {
    const written = {
      contract: 1,
      program: "tool",
      actions: {
        run: {
          description: "Run.",
          argv: ["--", "{{text}}"],
          arguments: { text: { type: "string" } },
        },
      },
    };
    const yaml = action('    argv: [--, "{{text}}"]\n    arguments: {text: {type: string}}\n');
    expect(parse(JSON.stringify(written), "exec.json").contract).toEqual(parse(yaml).contract);
    expect(parse(yaml).contract?.defaultAction).toBe("run");
  });
});

describe("what is wrong", () => {
  test("is reported all at once, each with its place", () => {
    const { contract, findings } = parse(
      action(
        [
          '    argv: ["{{gone}}", "x{{text}}", "{{text}}"]',
          "    arguments: {text: {type: string}, idle: {type: boolean}}",
          "    timeoutMs: 10",
          "    effects: writes",
          "  other:",
          "    description: Other.",
          "    argv: yes",
          "    shell: true",
        ].join("\n"),
      ),
    );
    expect(contract).toBeUndefined();
    expect(findings.map(({ code, line, column }) => [code, line, column]).toSorted()).toEqual(
      [
        ["CONTRACT_UNDECLARED", 6, 12],
        ["CONTRACT_PLACEHOLDER", 6, 24],
        ["CONTRACT_FREE_TEXT", 6, 37],
        ["CONTRACT_UNUSED", 7, 45],
        ["CONTRACT_EFFECTS", 9, 14],
        ["CONTRACT_VALUE", 12, 11],
        ["CONTRACT_UNKNOWN_KEY", 13, 5],
      ].toSorted(),
    );
    for (const finding of findings)
      expect(finding).toMatchObject({ file: "exec.yaml", hint: expect.any(String) });
  });

  test("is not looked for by this version's rules in a file of another version", () => {
    expect(codes("contract: 2\nnovelty: true\n")).toEqual(["CONTRACT_VERSION"]);
  });

  test("includes a schema file that is missing, broken or outside the subset", () => {
    const text = action("    argv: []\n    output: {format: json, schema: out.json}\n");
    const withFile = (content: string) =>
      parse(text, "exec.yaml", { "out.json": content }).findings.map((finding) => finding.message);
    expect(parse(text).findings[0]?.message).toContain("expected a .json file of this folder");
    expect(withFile("{")).toHaveLength(1);
    expect(withFile('{"type":"object","type":"array"}')[0]).toContain("again");
    expect(withFile('{"format":"date"}')[0]).toContain('"format" is not in the subset');
    expect(withFile("[".repeat(10_000))).toHaveLength(1);
    const { contract } = parse(text, "exec.yaml", { "out.json": '{"type":"object"}' });
    expect(contract?.actions["run"]?.output).toMatchObject({
      schemaFile: "out.json",
      schema: { type: "object" },
    });
  });
});

describe("free text in an argv", () => {
  test("needs a -- before it", () => {
    const argv = (elements: string): readonly string[] =>
      codes(action(`    argv: ${elements}\n    arguments: {text: {type: string}}\n`));
    expect(argv('[--text, "{{text}}"]')).toEqual(["CONTRACT_FREE_TEXT"]);
    expect(argv('["{{text}}", --]')).toEqual(["CONTRACT_FREE_TEXT"]);
    expect(argv('[--text, --, "{{text}}"]')).toEqual([]);
    expect(argv('["--text={{text}}"]')).toContain("CONTRACT_PLACEHOLDER");
  });

  test("includes numbers that may be negative", () => {
    const number = (limits: string): readonly string[] =>
      codes(action(`    argv: ["{{n}}"]\n    arguments: {n: {type: integer${limits}}}\n`));
    expect(number("")).toEqual(["CONTRACT_FREE_TEXT"]);
    expect(number(", minimum: 0")).toEqual([]);
  });
});

describe("whatever the bytes are", () => {
  test("there is a contract or an error, and never an exception", () => {
    const piece = fc.constantFrom(
      "contract: 1\n",
      "program: x\n",
      "actions:\n",
      "  run:\n",
      "    argv: []\n",
      "    description: d\n",
      "&a ",
      "*a ",
      "!!js ",
      "{",
      "}",
      "[",
      "]",
      "? ",
      "- ",
      ": ",
      "\t",
      "\n",
      "'",
      '"',
      "|\n",
      "# ",
      "%YAML 1.1\n",
      "---\n",
      "...\n",
      "<<: ",
      "\u2028",
      "é",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((parts) => parts.join("")),
          fc.string({ unit: "binary" }),
        ),
        (text) => {
          const { contract, findings } = parse(text);
          expect(contract === undefined).toBe(
            findings.some((finding) => finding.severity === "error"),
          );
          for (const finding of findings) {
            expect(finding.line ?? 1).toBeGreaterThanOrEqual(1);
            expect(finding.column ?? 1).toBeGreaterThanOrEqual(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("a root of which only named files are shown is read, one-shot, and not named itself", () => {
  const root = (argv: string, keys: string): readonly string[] =>
    codes(
      action(
        `    argv: [${argv}]\n    arguments: {p: {type: path, root: r}}\n    roots: {r: {${keys}}}\n`,
      ),
    );
  expect(root('"{{p}}"', "access: read, show: named")).toEqual([]);
  expect(root('"{{p}}", "{{root.r}}"', "access: read, show: named")).toEqual(["CONTRACT_ROOT"]);
  expect(root('"{{p}}"', "access: read, show: all")).toEqual(["CONTRACT_VALUE"]);
  expect(root('"{{p}}"', "access: write, show: named")).toContain("CONTRACT_ROOT");
});

test("a provided root is only read, and the contract gives it no default", () => {
  const root = (keys: string): readonly string[] =>
    codes(action(`    argv: ["{{root.r}}"]\n    roots: {r: {${keys}}}\n`));
  expect(root("access: read, provided: index-registry")).toEqual([]);
  expect(root("access: read, provided: index-registry, default: here")).toEqual(["CONTRACT_ROOT"]);
  expect(root("access: write, provided: index-registry")).toContain("CONTRACT_ROOT");
  expect(root("access: read, provided: audit")).not.toEqual([]);
  expect(root("access: read, provided: audit-log")).toEqual(["CONTRACT_ROOT"]);
  const confined = (keys: string): readonly string[] =>
    codes(action(`    argv: ["{{root.r}}"]\n    sandbox: landlock\n    roots: {r: {${keys}}}\n`));
  expect(confined("access: read, provided: audit-log")).toEqual([]);
  expect(confined("access: read, provided: audit-log, show: named")).toContain("CONTRACT_ROOT");
});

describe("the optional keys that were added later", () => {
  const one = (keys: string): readonly string[] => codes(action(`    argv: []\n${keys}\n`));

  test.each([
    ["limits: {memoryMb: 15}", "CONTRACT_VALUE"],
    ["limits: {memoryMb: 1.5}", "CONTRACT_VALUE"],
    ["limits: {cpuSeconds: 0}", "CONTRACT_VALUE"],
    ["limits: {processes: 5000}", "CONTRACT_VALUE"],
    ["limits: {openFiles: 8}", "CONTRACT_VALUE"],
    ['limits: {fileMb: "1"}', "CONTRACT_VALUE"],
    ["limits: {threads: 1}", "CONTRACT_UNKNOWN_KEY"],
    ["retries: {attempts: 1, on: [2]}", "CONTRACT_VALUE"],
    ["retries: {attempts: 6, on: [2]}", "CONTRACT_VALUE"],
    ["retries: {attempts: 2, on: []}", "CONTRACT_VALUE"],
    ["retries: {attempts: 2, on: [0]}", "CONTRACT_VALUE"],
    ["retries: {attempts: 2}", "CONTRACT_MISSING_KEY"],
    ["retries: {attempts: 2, on: [2, 2]}", "CONTRACT_RETRIES"],
    ['exitCodes: {"0": done, "1": no}\n    retries: {attempts: 2, on: [1]}', "CONTRACT_RETRIES"],
    ["services: [Local_Rag]", "CONTRACT_VALUE"],
    ["services: [a, a]", "CONTRACT_SERVICES"],
    ["services: [a, b, c, d, e, f, g, h, i]", "CONTRACT_VALUE"],
    ['secrets: {TOKEN: {reference: "token"}}', "CONTRACT_VALUE"],
    ['secrets: {TOKEN: {reference: "file:t", as: argument}}', "CONTRACT_VALUE"],
    [
      'environment: [TOKEN_FILE]\n    secrets: {TOKEN: {reference: "file:t"}}',
      "CONTRACT_ENVIRONMENT",
    ],
    ["output: {artifact: {days: 1}}", "CONTRACT_FORMAT"],
    ["output: {overflow: truncate, artifact: {days: 0}}", "CONTRACT_VALUE"],
    ["output: {overflow: truncate, maxBytes: 9, artifact: {maxBytes: 8}}", "CONTRACT_LIMITS"],
  ])("refuse %s", (keys, code) => {
    expect(one(`    ${keys}`)).toEqual([code]);
  });

  test("refuse a resident process that answers nothing, and doing effects twice", () => {
    expect(
      one(
        "    stdin: {json: [a]}\n    arguments: {a: {type: string}}\n    execution: resident\n    resident: {argv: [], maxRequests: 0}",
      ),
    ).toEqual(["CONTRACT_VALUE"]);
    expect(
      codes(
        action(
          '    argv: ["{{root.r}}"]\n    roots: {r: {access: write}}\n    effects: writes\n    retries: {attempts: 2, on: [2]}\n',
        ),
      ),
    ).toEqual(["CONTRACT_RETRIES"]);
  });

  test("are absent from the value when they are absent from the file", () => {
    const { contract } = parse(action("    argv: []\n"));
    expect(Object.keys(contract?.actions["run"] ?? {})).not.toEqual(
      expect.arrayContaining(["limits"]),
    );
    expect(contract?.actions["run"]).toMatchObject({ services: [], secrets: {} });
  });
});

test("text that cannot begin with a dash may stand where options do", () => {
  const keys = (more: string): string =>
    action(`    argv: ["{{text}}"]\n    arguments: {text: {type: string${more}}}\n`);
  expect(codes(keys(""))).toEqual(["CONTRACT_FREE_TEXT"]);
  expect(codes(keys(", notOption: true"))).toEqual([]);
  expect(codes(keys(", notOption: true, default: --output=x"))).toEqual(["CONTRACT_DEFAULT"]);
  const spec = parse(keys(", notOption: true")).contract?.actions["run"]?.arguments["text"];
  for (const value of ["-", "--output=f", "-n"]) {
    expect(spec && argumentProblem(spec, value)).toContain('"-"');
  }
  expect(spec && argumentProblem(spec, "a-b")).toBeUndefined();
});

describe("a program of the system", () => {
  const system = (name: string, keys = ""): string =>
    `contract: 1\nprogram: {system: ${name}}\nactions:\n  run:\n    description: Run.\n    argv: []\n${keys}`;

  test("is named without a folder", () => {
    expect(parse(system("git")).contract?.program).toEqual({ kind: "system", name: "git" });
    for (const name of ["/usr/bin/git", "../git", "-git", "git log", '""']) {
      expect(codes(system(name))).not.toEqual([]);
    }
  });

  test("gets fixed variables, and none that could load code or add configuration", () => {
    const fixed = system(
      "git",
      "    setEnvironment: {GIT_CONFIG_NOSYSTEM: '1', COLUMNS: '80'}\n    sandbox: landlock\n",
    );
    expect(parse(fixed).contract?.actions["run"]).toMatchObject({
      setEnvironment: { GIT_CONFIG_NOSYSTEM: "1", COLUMNS: "80" },
      sandbox: "landlock",
    });
    for (const name of [
      ...["LD_PRELOAD", "NODE_OPTIONS", "PYTHONPATH", "PATH", "HOME", "BASH_ENV"],
      ...["GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_CONFIG_COUNT", "GIT_DIR"],
    ]) {
      const keys = `    setEnvironment: {${name}: x}\n`;
      expect([name, ...codes(system("git", keys))]).toEqual([name, "CONTRACT_ENVIRONMENT"]);
    }
  });

  test("gets a variable from one place, in one line", () => {
    const one = (keys: string): readonly string[] => codes(system("git", `    ${keys}\n`));
    expect(one("environment: [A]\n    setEnvironment: {A: x}")).toEqual(["CONTRACT_ENVIRONMENT"]);
    expect(one('setEnvironment: {A: "a\\nb"}')).toEqual(["CONTRACT_CONTROL_CHARACTER"]);
    expect(one("setEnvironment: {A: 1}")).toEqual(["CONTRACT_VALUE"]);
    expect(one("sandbox: none")).toEqual(["CONTRACT_VALUE"]);
  });
});
