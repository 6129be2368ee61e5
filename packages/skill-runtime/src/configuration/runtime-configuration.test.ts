import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { configurationPath, readConfiguration } from "./runtime-configuration.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "clawkeep-configuration-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("the configuration of a state folder", () => {
  test.each([
    ["that is not there", undefined, {}],
    ["of comments", "# nothing yet\n", {}],
    ["with metrics", "metrics:\n  file: /srv/a b.prom\n", { metrics: { file: "/srv/a b.prom" } }],
    [
      "with every key",
      [
        "backgroundMs: 10000",
        "timeoutSec: 1800",
        "cleanupMs: 1800000",
        "notifyOnExit: true",
        "notifyOnExitEmptySuccess: false",
        "notify: {command: [/usr/bin/logger, -t, clawkeep], file: /var/log/clawkeep}",
        "retries: {attempts: 2}",
        "artifacts: {days: 7, megabytes: 100}",
        "closures: {days: 7}",
        "concurrency: {runs: 4, perSkill: 2, queue: 0, residents: 3, background: 5}",
        "secrets: {environment: [A_TOKEN], commands: {vault: {argv: [/usr/bin/vault, get], environment: [HOME], timeoutSec: 5}}}",
        "metrics: {file: /srv/a}",
      ].join("\n"),
      {
        backgroundMs: 10_000,
        timeoutSec: 1800,
        cleanupMs: 1_800_000,
        notifyOnExit: true,
        notifyOnExitEmptySuccess: false,
        notify: { command: ["/usr/bin/logger", "-t", "clawkeep"], file: "/var/log/clawkeep" },
        retries: { attempts: 2 },
        artifacts: { days: 7, megabytes: 100 },
        closures: { days: 7 },
        concurrency: { runs: 4, perSkill: 2, queue: 0, residents: 3, background: 5 },
        secrets: {
          environment: ["A_TOKEN"],
          commands: {
            vault: { argv: ["/usr/bin/vault", "get"], environment: ["HOME"], timeoutSec: 5 },
          },
        },
        metrics: { file: "/srv/a" },
      },
    ],
  ])("%s is read", async (_what, text, value) => {
    if (text !== undefined) writeFileSync(configurationPath(home), text);
    expect(await readConfiguration(home)).toEqual(value);
    expect(await readConfiguration(path.join(home, "absent"))).toEqual({});
  });

  test.each([
    ["a key that is not known", "metric:\n  file: /a\n"],
    ["a relative path", "metrics:\n  file: a.prom\n"],
    ["a key twice", "metrics:\n  file: /a\nmetrics:\n  file: /b\n"],
    ["a list", "- a\n"],
    ["a number as text", 'timeoutSec: "60"\n'],
    ["a number that is not whole", "timeoutSec: 1.5\n"],
    ["milliseconds where seconds are meant", "timeoutSec: 60000\n"],
    ["no window at all", "backgroundMs: 0\n"],
    ["a word that is no boolean", "notifyOnExit: yes\n"],
    ["a command line instead of an argv", "notify: {command: /bin/echo done}\n"],
    ["a command that is looked for in PATH", "notify: {command: [echo, done]}\n"],
    ["more tries than a contract may have", "retries: {attempts: 6}\n"],
    ["an age that no run would survive", "closures: {days: 0}\n"],
    ["OpenClaw's key for the same thing", "timeoutSeconds: 60\n"],
    ["a secret's value", "secrets: {TOKEN: abcdefgh}\n"],
    ["a name with a path", "secrets: {commands: {../x: {argv: [/bin/true]}}}\n"],
    ["an alias", "artifacts: &a {days: 1}\nclosures: *a\n"],
    ["10 MB", `# ${"x".repeat(10_000_000)}\n`],
    ["aliases of aliases", "a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n"],
    ["depth 10,000", `artifacts: ${"[".repeat(10_000)}${"]".repeat(10_000)}\n`],
    ["a prototype", "__proto__: {timeoutSec: 5}\n"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe])],
  ])("%s is an error that names the file", async (_what, text) => {
    writeFileSync(configurationPath(home), text);
    await expect(readConfiguration(home)).rejects.toMatchObject({
      code: "CONFIG_MALFORMED",
      message: expect.stringContaining(configurationPath(home)) as string,
    });
  });

  test("a link is not followed", async () => {
    writeFileSync(path.join(home, "other"), "metrics:\n  file: /a\n");
    symlinkSync("other", configurationPath(home));
    await expect(readConfiguration(home)).rejects.toMatchObject({ code: "FILE_NOT_REGULAR" });
  });
});
