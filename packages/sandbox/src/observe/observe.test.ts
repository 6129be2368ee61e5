import { existsSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { programPath, startAttacker, testableLevels } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";
import type { Attempt, ExecutionPolicy, ObservationMechanism, SandboxLevel } from "../index.ts";
import { findObserver } from "./find-observer.ts";
import { findStrace } from "./strace/find-strace.ts";

/** Both mechanisms, as far as they are here; says aloud which is not. */
async function mechanisms(): Promise<readonly ObservationMechanism[]> {
  const required = (process.env["CLAWKEEP_REQUIRE"] ?? "").split(",");
  const found = [
    ["seccomp", "observer", findObserver()],
    ["strace", "strace", await findStrace()],
  ] as const;
  return found.flatMap(([mechanism, name, program]) => {
    if ("path" in program) {
      return [mechanism];
    }
    if (required.includes(name)) {
      throw new Error(`CLAWKEEP_REQUIRE asks for the ${name}; ${program.why}`);
    }
    process.stderr.write(`skipped: ${program.why}\n`);
    return [];
  });
}

const languages = [
  { program: "swallow.sh", interpreter: "/bin/sh", suffix: "sh" },
  { program: "swallow.py", interpreter: "/usr/bin/python3", suffix: "py" },
  { program: "swallow.mjs", interpreter: undefined, suffix: "js" },
].filter(({ interpreter }) => interpreter === undefined || existsSync(interpreter));

describe.each(await mechanisms())("a program that hides its errors, by %s", async (mechanism) => {
  describe.each(await testableLevels())("at level %s", (level: SandboxLevel) => {
    let attacker: Attacker;
    beforeAll(() => {
      attacker = startAttacker();
    });
    afterAll(() => attacker.close());

    test.each(languages)("is seen by the kernel ($program)", async (row) => {
      const { program, interpreter, suffix } = row;
      const folder = attacker.makeFolder(`writable-${suffix}`);
      const target = level === "bubblewrap" ? "/roots/writable" : folder;
      const base = attacker.policy(level, program, [target], {
        writeRoots: [{ source: folder, target }],
        observe: mechanism,
      });
      const policy: ExecutionPolicy = {
        ...base,
        ...(interpreter === undefined ? {} : { executable: { path: interpreter } }),
        argv:
          interpreter === undefined ? base.argv : [programPath(attacker, level, program), target],
      };
      const { outcome, error } = await attacker.ask({ policy });
      expect([error, outcome?.exitCode, outcome?.stdout]).toEqual([undefined, 0, "done\n"]);
      expect(outcome?.observedBy).toBe(mechanism);
      const attempts = outcome?.attempts ?? [];
      const find = (kind: Attempt["kind"], path: string): Attempt | undefined =>
        attempts.find((attempt) => attempt.kind === kind && attempt.path === path);

      expect(find("write", `/outside-${suffix}`)?.allowed).toBe(false);
      expect(find("write", `${target}/inside-${suffix}`)?.allowed).toBe(true);
      expect(
        attempts.filter(({ kind, path }) => kind === "process" && path?.endsWith("/true") === true),
      ).toEqual([expect.objectContaining({ allowed: true })]);
      expect(attempts.filter(({ kind }) => kind === "left-behind")).toEqual([
        expect.objectContaining({
          call: "exit",
          // The launcher only counts them.
          ...(level === "landlock" && mechanism === "seccomp"
            ? {}
            : { program: expect.stringMatching(/\/(sleep|dash|python3[.0-9]*)$/u) }),
        }),
      ]);
      // Python asks the C library's name service cache too.
      const network = attempts
        .filter(({ kind }) => kind === "network")
        .map(({ address }) => address);
      if (suffix === "sh") {
        expect(network).toEqual([]);
      } else {
        expect(network).toContain(level === "none" ? "127.0.0.1:9" : "AF_INET");
      }
      if (suffix === "py") {
        expect(find("write", "/through-link-py")?.allowed).toBe(false);
        expect(find("write", "/usr")).toMatchObject({ allowed: false, call: "chmod" });
      }
      if (suffix === "js") {
        expect(find("write", "/moved-js")?.allowed).toBe(false);
      }
    });

    test("is told apart from one that does nothing of the kind", async () => {
      const policy = attacker.policy(level, "exit-with.mjs", ["7"], { observe: mechanism });
      const { outcome } = await attacker.ask({ policy });
      expect([outcome?.exitCode, outcome?.attempts]).toEqual([7, []]);
      const plain = await attacker.ask({ policy: { ...policy, observe: false } });
      expect([plain.outcome?.exitCode, plain.outcome?.attempts]).toEqual([7, undefined]);
    });

    test("is still ended by its timeout, and what was seen is kept", async () => {
      const { outcome } = await attacker.ask({
        policy: attacker.policy(level, "ignore-sigterm.mjs", ["observed"], {
          observe: mechanism,
          limits: { timeoutMs: 700, stdoutBytes: 10, stderrBytes: 10 },
        }),
      });
      expect([outcome?.terminatedBy, outcome?.signal]).toEqual(["timeout", "SIGKILL"]);
      expect([outcome?.observedBy, outcome?.attempts]).toEqual([mechanism, expect.any(Array)]);
      if (mechanism === "seccomp" && level === "bubblewrap") {
        // It is the first process there, and dies first; elsewhere who dies first is chance.
        expect(outcome?.notes.join()).toContain("the observation ended with the run");
      }
    });
  });
});
