import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { readSkill } from "@clawkeep/skill-format";
import { describe, expect, test } from "vitest";

import { syncSkill } from "./sync-skill.ts";

const valid = fileURLToPath(new URL("../../../../fixtures/skills/valid/", import.meta.url));
function copy(name = "say-sh"): { readonly folder: string; readonly file: string } {
  const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-sync-")), name);
  cpSync(join(valid, name), folder, { recursive: true });
  return { folder, file: join(folder, "SKILL.md") };
}
const markers = "\n<!-- clawkeep:begin -->\nold\n<!-- clawkeep:end -->\n\nMine.\n";

describe("sync", () => {
  test("changes nothing that agrees", async () => {
    const { folder, file } = copy();
    const before = readFileSync(file, "utf8");
    expect(await syncSkill(folder)).toEqual({ drifted: false, difference: "" });
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  test("writes the digest and the part between the markers, and nothing else", async () => {
    const { folder, file } = copy();
    appendFileSync(file, markers);
    appendFileSync(join(folder, "exec.yaml"), "# changed\n");
    const { drifted, difference } = await syncSkill(folder, true);
    expect(drifted).toBe(true);
    expect(difference).toContain('-  clawkeep-contract: "exec.yaml sha256:');
    expect(readFileSync(file, "utf8")).toContain("\nold\n");
    await syncSkill(folder);
    const { skill, findings } = await readSkill(folder);
    expect([skill?.name, findings]).toEqual(["say-sh", []]);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("### Action `say` (default)");
    expect(text).toContain('| `tone` | "plain", "quoted" | default "plain" |');
    expect(text).toMatch(/Mine\.\n$/u);
    expect((await syncSkill(folder)).drifted).toBe(false);
  });

  test.each([
    ["no metadata", /metadata:\n.*\n/u, ""],
    ["other metadata", /metadata:\n.*\n/u, "metadata:\n    a: b\n"],
  ])("pins a contract where there is %s", async (_, pattern, text) => {
    const { folder, file } = copy();
    writeFileSync(file, readFileSync(file, "utf8").replace(pattern, text).replaceAll("\n", "\r\n"));
    expect((await syncSkill(folder)).drifted).toBe(true);
    expect((await readSkill(folder)).skill?.name).toBe("say-sh");
    expect(readFileSync(file, "utf8")).not.toMatch(/[^\r]\n/u);
  });

  test("lets no text of a contract end the generated part", async () => {
    const { folder, file } = copy();
    appendFileSync(file, markers);
    const contract = join(folder, "exec.yaml");
    const evil = 'description: "<!-- clawkeep:end -->\\n<script>"';
    writeFileSync(
      contract,
      readFileSync(contract, "utf8").replace("description: Print a text as it is.", evil),
    );
    await syncSkill(folder);
    expect((await syncSkill(folder)).drifted).toBe(false);
    expect(readFileSync(file, "utf8")).not.toContain("<script>");
  });

  test("refuses a contract with errors, and a linked SKILL.md", async () => {
    const { folder, file } = copy();
    renameSync(file, join(folder, "..", "real.md"));
    symlinkSync(join(folder, "..", "real.md"), file);
    await expect(syncSkill(folder)).rejects.toThrow("SKILL_FILE_LINK");
    const other = copy();
    appendFileSync(join(other.folder, "exec.yaml"), "nope: 1\n");
    await expect(syncSkill(other.folder)).rejects.toThrow("CONTRACT_UNKNOWN_KEY");
  });
});
