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
