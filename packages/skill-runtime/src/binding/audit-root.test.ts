import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { executed, refusedWith, testableLevels } from "../../test/workspace.ts";
import { auditFolder, lockSkills, openRuntime } from "../index.ts";
import type { InvocationRequest, Runtime, SkillSurroundings } from "../index.ts";

const contract = `contract: 1
program: {file: look.mjs, interpreter: node}
actions:
  look:
    description: Try to read and to write all files of the log's folder.
    argv: ["{{root.log}}"]
    roots: {log: {access: read, provided: audit-log}}
    sandbox: landlock
    output: {format: json}
`;

const program = `import { appendFileSync, readdirSync, readFileSync } from "node:fs";
const tried = (act) => { try { return act(); } catch (error) { return error.code; } };
const folder = process.argv[2];
const names = ["key", "lock", "lock.holder", "log.ndjson", "head.0", "verifier"];
console.log(JSON.stringify({
  listed: tried(() => readdirSync(folder).sort()),
  read: Object.fromEntries(names.map((name) => [name, tried(() => readFileSync(folder + "/" + name).length > 0)])),
  written: tried(() => appendFileSync(folder + "/log.ndjson", "x")),
}));
`;

let base = "";
let place: SkillSurroundings;
let runtime: Runtime;
beforeAll(async () => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-audit-root-")));
  const skill = path.join(base, "workspace", "skills", "looker");
  mkdirSync(skill, { recursive: true });
  const manifest = "---\nname: looker\ndescription: Looks at the log.\n---\n\n# looker\n";
  writeFileSync(path.join(skill, "SKILL.md"), manifest);
  writeFileSync(path.join(skill, "exec.yaml"), contract);
  writeFileSync(path.join(skill, "look.mjs"), program);
  place = {
    home: path.join(base, "home"),
    workspace: path.join(base, "workspace"),
    programFolders: [],
  };
  const { findings } = await lockSkills(["skills/looker"], place);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  runtime = await openRuntime(place);
});
afterAll(async () => {
  await runtime.close();
  rmSync(base, { recursive: true });
});

const request = (level: NonNullable<InvocationRequest["level"]>): InvocationRequest => ({
  skill: "looker",
  action: "look",
  args: { kind: "json", value: {} },
  caller: { transport: "test" },
  level,
});

const levels = await testableLevels();
for (const level of levels) {
  if (level === "none") {
    test("without a sandbox the log is not shown at all", async () => {
      expect(refusedWith(await runtime.invoke(request(level)))).toContain("SANDBOX_LEVEL_REQUIRED");
    });
  } else {
    test(`at level ${level} the records can be read, and the private key neither read nor seen`, async () => {
      const execution = executed(await runtime.invoke(request(level)));
      // What is hidden is there.
      expect(existsSync(path.join(auditFolder(place.home), "key"))).toBe(true);
      const { listed, read, written } = execution.json as Record<string, unknown>;
      const hidden = level === "bubblewrap" ? "ENOENT" : "EACCES";
      expect(read).toMatchObject({
        key: hidden,
        lock: hidden,
        "log.ndjson": true,
        "head.0": true,
        verifier: true,
      });
      expect(["EROFS", "EACCES"]).toContain(written);
      expect(listed).toEqual(
        level === "bubblewrap"
          ? ["head.0", "head.1", "head.2", "log.ndjson", "verifier"]
          : "EACCES",
      );
    });
  }
}
