import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bubblewrapTestable, startAttacker } from "../../test/attacker.ts";
import type { Attacker } from "../../test/attacker.ts";

describe.runIf(await bubblewrapTestable())("a program that reads outside its roots", () => {
  let attacker: Attacker;
  beforeAll(() => {
    attacker = startAttacker();
  });
  afterAll(() => attacker.close());

  test("finds its roots, and of the machine only the system's programs", async () => {
    const granted = attacker.makeFolder("granted");
    const secret = path.join(attacker.folder, "secret");
    writeFileSync(secret, "canary", { mode: 0o644 });
    writeFileSync(path.join(granted, "file"), "granted");
    symlinkSync(secret, path.join(granted, "link-out"));
    symlinkSync("../secret", path.join(granted, "link-up"));
    const refused = [
      secret,
      attacker.folder,
      "/roots/granted/link-out",
      "/roots/granted/link-up",
      "/roots/granted/../../secret",
      `/proc/1/root${secret}`,
      `/proc/${attacker.pid}/cwd`,
      "/etc/passwd",
      "/etc/shadow",
      "/etc/hostname",
      "/root",
      "/home",
      "/run",
      "/var",
      "/sys",
      "/opt",
      "/work",
    ];
    const { outcome } = await attacker.ask({
      policy: attacker.policy(
        "bubblewrap",
        "try-files.mjs",
        ["read", "/roots/granted/file", "/roots", "/tmp", "/", ...refused],
        { readRoots: [{ source: granted, target: "/roots/granted" }] },
      ),
    });
    const results = JSON.parse(outcome?.stdout ?? "{}") as Record<string, unknown>;
    expect(results["/roots/granted/file"]).toBe("granted");
    expect(results["/roots"]).toEqual(["granted", "node", "programs"]);
    expect(results["/tmp"]).toEqual([]);
    const top = results["/"] as readonly string[];
    const known = ["bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "nix", "proc", "roots"];
    expect(top.filter((name) => ![...known, "sbin", "tmp", "usr"].includes(name))).toEqual([]);
    for (const file of refused) {
      const result = results[file];
      expect([file, result]).toEqual([
        file,
        { error: expect.stringMatching(/^E(NOENT|ACCES|PERM)$/u) },
      ]);
    }
    expect(outcome?.stdout).not.toContain("canary");
  });

  test("is refused a root that is a link, or whose path contains one", async () => {
    const real = attacker.makeFolder("real");
    mkdirSync(path.join(real, "inner"));
    symlinkSync("/etc", path.join(attacker.folder, "link"));
    symlinkSync(real, path.join(attacker.folder, "alias"));
    for (const source of ["link", "alias/inner", "absent"]) {
      const { error, outcome } = await attacker.ask({
        policy: attacker.policy("bubblewrap", "try-files.mjs", ["read", "/roots/x"], {
          readRoots: [{ source: path.join(attacker.folder, source), target: "/roots/x" }],
        }),
      });
      expect([source, outcome, error?.code]).toEqual([source, undefined, "SANDBOX_ROOT_MISSING"]);
    }
  });
});
