import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { createKeyPair } from "../../../packages/integrity/src/index.ts";
import { cacheFolder } from "../cache.ts";
import { judgeCanonicalJson } from "./canonical.ts";
import type { Exhibit } from "./exhibit.ts";
import { makeRealLog, readLines } from "./real-log.ts";

/**
 * An audit log before its judges: Go's sumdb/note and sumdb/tlog, go-securesystemslib's DSSE, in-toto's
 * Statement, and npm's canonicalize. The judge must find nothing in a real log, and must find
 * every one of a number of changes to it: a judge that agrees with all is none.
 */
const source = path.join(import.meta.dirname, "judge");

function buildJudge(): string {
  const folder = cacheFolder("audit-judges");
  mkdirSync(folder, { recursive: true });
  const judge = path.join(folder, "judge");
  for (const args of [
    ["vet", "."],
    ["build", "-o", judge, "."],
  ]) {
    const built = spawnSync("go", args, { cwd: source, encoding: "utf8" });
    if (built.status !== 0) {
      const why = built.error?.message ?? `${built.stdout}${built.stderr}`;
      throw new Error(`go ${args.join(" ")}: ${why}`);
    }
  }
  return judge;
}

interface Verdict {
  readonly status: number | null;
  readonly said: string;
}

function ask(judge: string, exhibit: Exhibit): Verdict {
  const input = JSON.stringify(exhibit);
  const ended = spawnSync(judge, [], { input, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (ended.status !== 0 && ended.status !== 1) {
    throw new Error(`judge: ${ended.status}\n${ended.stderr}`);
  }
  return { status: ended.status, said: ended.stdout };
}

/** One change, and whose finding it must be. */
interface Change {
  readonly what: string;
  readonly expected: RegExp;
  readonly exhibit: Exhibit;
}

/** What somebody without the key could do to a log, its proofs and its attestations. */
function changes(exhibit: Exhibit, base: string): readonly Change[] {
  const lines = readLines(exhibit.log);
  const middle = Math.floor(lines.length / 2);
  const withLog = (name: string, changed: readonly string[]): Exhibit => {
    const file = path.join(base, `${name}.ndjson`);
    writeFileSync(file, changed.map((line) => `${line}\n`).join(""));
    return { ...exhibit, log: [file] };
  };
  const first = <T>(values: readonly T[], change: (value: T) => T): readonly T[] =>
    values.map((value, index) => (index === 0 ? change(value) : value));
  /** Another digit of base64, so that it still is some. */
  const other = (text: string, at: number): string =>
    text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  const inPayload = (text: string): string => other(text, text.indexOf('"payload":"') + 400);
  const [one = "", two = ""] = [lines[middle], lines[middle + 1]];
  return [
    {
      what: "one digit of one record",
      expected: /checkpoint \d+: the first/u,
      exhibit: withLog("digit", lines.with(middle, one.replace(/:\d\d\.\d{3}Z/u, ":00.000Z"))),
    },
    {
      what: "a space in a record, which means the same",
      expected: /checkpoint \d+: the first/u,
      exhibit: withLog("space", lines.with(middle, one.replace(":", ": "))),
    },
    {
      what: "two records in each other's place",
      expected: /checkpoint \d+: the first/u,
      exhibit: withLog("swap", lines.with(middle, two).with(middle + 1, one)),
    },
    {
      what: "a record that is left out",
      expected: /the log has|checkpoint \d+: the first/u,
      exhibit: withLog("less", lines.toSpliced(middle, 1)),
    },
    {
      what: "a record that is put in at the end",
      expected: /the last checkpoint counts/u,
      exhibit: withLog("more", [...lines, one]),
    },
    {
      what: "another root in a checkpoint",
      expected: /checkpoint 0: .*(?:signature|verify)/u,
      exhibit: {
        ...exhibit,
        checkpoints: first(exhibit.checkpoints, (note) =>
          other(note, note.indexOf("\n", note.indexOf("\n") + 1) + 5),
        ),
      },
    },
    {
      what: "the key of somebody else with the same name",
      expected: /checkpoint 0: /u,
      exhibit: {
        ...exhibit,
        verifier: `${createKeyPair(exhibit.verifier.split("+")[0] ?? "").verifierKey}\n`,
      },
    },
    {
      what: "a key that the one before did not sign for",
      expected: /verifier: .*(?:signature|signed)/u,
      exhibit: { ...exhibit, verifier: other(exhibit.verifier, exhibit.verifier.length - 40) },
    },
    {
      what: "another hash in an inclusion proof",
      expected: /inclusion proof 0: /u,
      exhibit: {
        ...exhibit,
        proofs: first(exhibit.proofs, (text) => other(text, text.indexOf('"inclusion":["') + 20)),
      },
    },
    {
      what: "another record in an inclusion proof",
      expected: /inclusion proof 0: /u,
      exhibit: {
        ...exhibit,
        proofs: first(exhibit.proofs, (text) => text.replace('"uid":', '"uid":1')),
      },
    },
    {
      what: "another hash in a consistency proof",
      expected: /consistency proof of \d+ in \d+: /u,
      exhibit: {
        ...exhibit,
        consistency: first(exhibit.consistency, (proof) => ({
          ...proof,
          proof: first(proof.proof, (hash) => other(hash, 5)),
        })),
      },
    },
    {
      what: "another byte in the payload of an attestation",
      expected: /attestation 0: /u,
      exhibit: { ...exhibit, attestations: first(exhibit.attestations, inPayload) },
    },
    {
      what: "another payload type of an attestation",
      expected: /attestation 0: /u,
      exhibit: {
        ...exhibit,
        attestations: first(exhibit.attestations, (text) =>
          text.replace("in-toto+json", "in-toto+jsom"),
        ),
      },
    },
  ];
}

async function main(): Promise<number> {
  const judge = buildJudge();
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-audit-judges-")));
  try {
    const exhibit = await makeRealLog(base);
    const verdict = ask(judge, exhibit);
    process.stdout.write(verdict.said);
    let wrong = verdict.status === 0 && !/judged 0 /u.test(verdict.said) ? 0 : 1;
    for (const { what, expected, exhibit: changed } of changes(exhibit, base)) {
      const { status, said } = ask(judge, changed);
      const isFound = status === 1 && expected.test(said);
      if (!isFound) wrong += 1;
      const [finding = "nothing"] = said.split("\n");
      process.stdout.write(`${isFound ? "found" : "FAIL "} ${what}: ${finding.slice(0, 120)}\n`);
    }
    for (const finding of await judgeCanonicalJson(readLines(exhibit.log))) {
      wrong += 1;
      process.stdout.write(`FAIL  canonicalize: ${finding.slice(0, 400)}\n`);
    }
    return wrong === 0 ? 0 : 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

process.exitCode = await main();
