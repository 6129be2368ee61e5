import { describe, expect, test } from "vitest";

import { judgeConsistency } from "../artifacts/judge-consistency.ts";
import { judgeContainers } from "../artifacts/judge-containers.ts";
import type { JudgedFile } from "../artifacts/judged-file.ts";
import { renderedFiles } from "../artifacts/rendered-files.cases.ts";
import { mutantsOf } from "../mutation/mutants.cases.ts";
import { judgeHardening } from "./judge-hardening.ts";

function rendered(profile: string): readonly JudgedFile[] {
  const models = "{primary: ollama/gpt-oss:20b}";
  const text = `deploy: 1\nprofile: ${profile}\nmodels: ${models}\nextras: {openWebui: {port: 3210}}\n`;
  return renderedFiles(text);
}

const judges = [judgeHardening, judgeContainers, judgeConsistency];

function isKilled(files: readonly JudgedFile[]): boolean {
  try {
    return judges.some((judge) => judge(files).status === "failed");
  } catch {
    return true;
  }
}

/** Where an image comes from when it is missing, the order of a restart, and a user interface without names. */
const opensNothing =
  /open-webui\.(?:build(?:\.\w+)?|depends_on\.ollama-gate\.restart) |stop_grace_period weakened/u;

describe("C9: Open WebUI before judges that read its files alone", () => {
  test.each(["credentialless", "cage", "macos"])("%s: nothing is against it", (profile) => {
    for (const judge of judges) expect(judge(rendered(profile)).findings).toEqual([]);
  });

  test("every key of its file, removed or weakened in turn, is seen", () => {
    const files = rendered("credentialless");
    const mutants = files
      .filter(({ path }) => /^compose(?:\.webui)?\.yaml$/u.test(path))
      .flatMap(mutantsOf)
      .filter(({ id }) => /^compose\.webui|\bweb\b/u.test(id));
    expect(mutants.length).toBeGreaterThan(80);
    const alive = mutants.filter(
      ({ file }) => !isKilled(files.map((one) => (one.path === file.path ? file : one))),
    );
    expect(alive.map(({ id }) => id).filter((id) => !opensNothing.test(id))).toEqual([]);
  });

  test.each([
    ["nftables/claw-claw.nft", /"cl[0-9a-f]{8}we"/gu],
    ["iptables/claw-claw.v4", /^.*-o cl[0-9a-f]{8}we.*\n/mu],
    ["iptables/claw-claw.v6", /^.*-o cl[0-9a-f]{8}we.*\n/mu],
  ] as const)("%s: rules that forget its bridge are seen", (path, pattern) => {
    const edited = rendered("credentialless").map((one) => {
      if (one.path !== path) return one;
      const text = one.text.replaceAll(
        new RegExp(pattern, "gmu"),
        path.endsWith("nft") ? '"x"' : "",
      );
      if (text === one.text) throw new Error(`nothing was edited in ${path}`);
      return { ...one, text };
    });
    expect(judgeConsistency(edited).codes).toContain("CONSISTENCY_BRIDGE");
  });
});
