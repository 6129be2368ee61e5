import type { ExecutionPolicy } from "@clawkeep/sandbox";
import { describe, expect, test } from "vitest";

import { applyTrial } from "./apply-trial.ts";

const policy: ExecutionPolicy = {
  executable: { path: "/state/closures/x/interpreter/node" },
  argv: ["/skill/run.mjs", "--", "a b"],
  cwd: "/tmp",
  environment: { HOME: "/tmp", TZ: "UTC" },
  readRoots: [{ source: "/state/closures/x/interpreter", target: "/interpreter" }],
  writeRoots: [],
  limits: { timeoutMs: 1000, stdoutBytes: 10, stderrBytes: 10 },
  network: "none",
  level: "bubblewrap",
};

const program = { argvLength: 1, interpreter: "node" };

describe("a trial", () => {
  test("of nothing changes nothing", () => {
    expect(applyTrial(policy, "bubblewrap", program, undefined)).toBe(policy);
    expect(applyTrial(policy, "bubblewrap", program, {})).toBe(policy);
    expect(applyTrial(policy, "bubblewrap", program, { shakes: {} })).toEqual(policy);
  });

  test("wins over what the runtime fixes, and can turn the order round", () => {
    const shaken = applyTrial(policy, "bubblewrap", program, {
      shakes: { environment: { TZ: "Asia/Tokyo", LANG: "tr_TR" }, reverseEnvironment: true },
    });
    expect(Object.entries(shaken.environment)).toEqual([
      ["LANG", "tr_TR"],
      ["TZ", "Asia/Tokyo"],
      ["HOME", "/tmp"],
    ]);
  });

  test("moves home and working folder, mounted or as they are", () => {
    const shakes = { home: "/t/home", cwd: "/t/cwd" };
    const mounted = applyTrial(policy, "bubblewrap", program, { shakes });
    expect([mounted.cwd, mounted.environment["HOME"]]).toEqual([
      "/elsewhere/folder",
      "/elsewhere/home",
    ]);
    expect(mounted.writeRoots).toEqual([
      { source: "/t/home", target: "/elsewhere/home" },
      { source: "/t/cwd", target: "/elsewhere/folder" },
    ]);
    const bare = applyTrial(policy, "none", program, { shakes });
    expect([bare.cwd, bare.environment["HOME"]]).toEqual(["/t/cwd", "/t/home"]);
  });

  test("becomes the program by way of a shell for what only the process can change", () => {
    const shaken = applyTrial(policy, "bubblewrap", program, {
      shakes: { umask: 0o002, processor: 3, interpreterArguments: { node: ["--hash-seed=7"] } },
    });
    expect(shaken.executable.path).toBe("/bin/sh");
    expect(shaken.argv).toEqual([
      "-c",
      'umask 0002; exec /usr/bin/taskset -c 3 "$@"',
      "sh",
      "/interpreter/node",
      "--hash-seed=7",
      "/skill/run.mjs",
      "--",
      "a b",
    ]);
  });

  test("echoes the action's own arguments, without the interpreter's", () => {
    const { argv } = applyTrial(policy, "none", program, { echo: true, observe: true });
    expect(argv.slice(2)).toEqual(["sh", "--", "a b"]);
  });
});
