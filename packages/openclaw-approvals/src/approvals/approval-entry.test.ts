import { argumentProblem, parseContract } from "@clawkeep/skill-format";
import type { Action, ArgumentSpec } from "@clawkeep/skill-format";
import fc from "fast-check";
import { expect, test } from "vitest";

import { approvalEntry } from "./approval-entry.ts";

const contract = `contract: 1
program: finder
actions:
  query:
    description: Find.
    argv: [query, --stdin]
    stdin: {json: [query, topk, mode, exact, weight]}
    arguments:
      query: {type: string, maxBytes: 40}
      topk: {type: integer, minimum: 1, maximum: 50, default: 5}
      mode: {type: enum, values: [words, "a.b", "x|y"], default: words}
      exact: {type: boolean, required: false}
      weight: {type: number, minimum: 0, maximum: 1, required: false}
    timeoutMs: 1000
    output: {format: text, maxBytes: 100}
    exitCodes: {"0": done}
    determinism: {promise: bytes}
    effects: read-only
`;

const action = actionOf(contract);
const { argPattern } = approvalEntry("/opt/approved/clawkeep-finder", "query", action);

/** As OpenClaw 2026.9.6 does when a pattern holds a NUL. */
function matches(argv: readonly string[]): boolean {
  const subject = argv.length === 0 ? "\0\0" : `${argv.join("\0")}\0`;
  return new RegExp(argPattern).test(subject);
}

test("the form that keeps boundaries is chosen: the pattern holds real NUL characters", () => {
  expect(argPattern).toContain("\0");
});

test.each([
  [["query", "query=how do I start"]],
  [["query", "query=--root index=/etc; id | $(id) `id` > x", "topk=50"]],
  [["query", "query=grüße 😀", "mode=a.b", "exact=true", "weight=0.25"]],
])("%j is allowed", (argv) => {
  expect(matches(argv)).toBe(true);
});

test.each([
  [[]],
  [["query"]],
  [[""]],
  [["query", "query=a", ""]],
  [["query", "", "query=a"]],
  [["query", "query=a", "--evil"]],
  [["query", "--root", "query=a"]],
  [["query", "query=a", "topk=51"]],
  [["query", "query=a", "topk=5", "topk=5"]],
  [["query", "topk=5", "query=a"]],
  [["query", "query=a", "mode=aXb"]],
  [["query", "query=a", "mode=x"]],
  [["query", "query=a", "exact=yes"]],
  [["query", "query=a", "other=1"]],
  [["query", "query=a\nid"]],
  [["query", "query=a\u001b[2J"]],
  [["query", "query=\ud800"]],
  [["query", "query=~root"]],
  [["query", "query=a:~root"]],
  [["query query=a"]],
  [["query", "query=a topk=5", "topk"]],
  [["run", "query=a"]],
  [["-query", "query=a"]],
  [["query", `query=${"a".repeat(41)}`]],
])("%j is denied", (argv) => {
  expect(matches(argv)).toBe(false);
});

test("what matches is one bound argument after another, in the order of the contract, and nothing else", () => {
  const names = Object.keys(action.arguments);
  const piece = fc.constantFrom(
    ...["query", "query=", "topk=", "topk=7", "mode=words", "exact=true", "weight=1", "--root"],
    ...["=", " ", "a", "b c", "~", ":", "\n", "\t", "'", '"', "$x", "-", "/", "😀", "", "5"],
  );
  const word = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (rest) => {
      const argv = ["query", ...rest];
      if (!matches(argv)) return;
      const order = rest.map((text) => names.indexOf(text.slice(0, text.indexOf("="))));
      expect(order[0]).toBe(0);
      expect(order).toEqual([...new Set(order)].toSorted((a, b) => a - b));
      for (const text of rest) {
        const name = text.slice(0, text.indexOf("="));
        const value = text.slice(name.length + 1);
        const spec = action.arguments[name];
        expect(spec).toBeDefined();
        if (spec !== undefined)
          expect(argumentProblem(asMatched(spec), typed(spec.type, value))).toBe(undefined);
      }
    }),
    { numRuns: 5000 },
  );
});

test("every query that the contract allows is allowed, but one that a shell would expand", () => {
  const spec = action.arguments["query"];
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 12 }), (text) => {
      if (spec === undefined || argumentProblem(spec, text) !== undefined) return;
      const isExpanded = text.startsWith("~") || text.includes(":~");
      expect(matches(["query", `query=${text}`])).toBe(!isExpanded);
    }),
    { numRuns: 2000 },
  );
});

test("a path stays below its root as text", () => {
  const paths = actionOf(
    contract
      .replace(
        "query: {type: string, maxBytes: 40}",
        "query: {type: path, root: docs, maxBytes: 40}",
      )
      .replace("timeoutMs", "roots: {docs: {access: read, default: docs}}\n    timeoutMs"),
  );
  const pattern = new RegExp(approvalEntry("/l", "query", paths).argPattern);
  const allows = (value: string): boolean => pattern.test(`query\0query=${value}\0`);
  for (const good of ["a", "a/b.md", ".hidden", "a/..b", "..."]) expect(allows(good)).toBe(true);
  for (const bad of ["", "/etc", "..", "../a", "a/..", "a/../b", "a//b", "a/", "~/a"]) {
    expect(allows(bad), bad).toBe(false);
  }
});

test("how large a number with a fraction may be is left to the runtime", () => {
  expect(matches(["query", "query=a", "weight=15"])).toBe(true);
  expect(matches(["query", "query=a", "weight=-1"])).toBe(false);
});

/** Of a number the pattern holds the spelling; bounds of integers it holds itself. */
function asMatched(spec: ArgumentSpec): ArgumentSpec {
  return spec.type === "number" ? { ...spec, maximum: Number.MAX_VALUE } : spec;
}

function typed(type: string, value: string): unknown {
  if (type === "boolean") return value === "true";
  return type === "integer" || type === "number" ? Number(value) : value;
}

function actionOf(text: string): Action {
  const { contract: parsed, findings } = parseContract(Buffer.from(text), "exec.yaml", new Map());
  const found = parsed?.actions["query"];
  if (found === undefined) throw new Error(JSON.stringify(findings));
  return found;
}
