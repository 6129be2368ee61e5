import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { plainSpecs, richSpecs } from "../spec/specs.cases.ts";

/** Programs that this machine may have; each says itself whether it would read the file. */
const judges: Readonly<Record<string, (file: string) => readonly string[]>> = {
  nftables: (file) => ["unshare", "-rn", "nft", "-c", "-f", file],
  squid: (file) => ["squid", "-k", "parse", "-f", file],
};

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };
const folder = mkdtempSync(path.join(tmpdir(), "claw-network-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = [...plainSpecs, ...richSpecs].flatMap(({ name, text }) => {
  const { spec } = parseSpec(Buffer.from(text), "deploy.yaml");
  return spec === undefined
    ? []
    : renderDeployment(spec, place)
        .filter(({ kind }) => Object.hasOwn(judges, kind))
        .map((artifact) => ({ name, ...artifact }));
});

describe("T13, T7: who reads the rules has nothing against them", () => {
  test.for(files)("$name: $path", ({ kind, text }, context) => {
    const file = path.join(folder, "judged");
    writeFileSync(file, text);
    const [program = "", ...args] = judges[kind]?.(file) ?? [];
    const needed = program === "unshare" ? "nft" : program;
    const isHere = spawnSync(needed, ["-v"], { stdio: "ignore" }).error === undefined;
    if (!isHere) context.skip(`no ${needed} here`);
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (/unshare(?: failed|:)/u.test(stderr)) context.skip("no namespaces here");
    expect([
      status,
      stderr.split("\n").filter((line) => /ERROR|FATAL|WARNING|Error/u.test(line)),
    ]).toEqual([0, []]);
  });
});
