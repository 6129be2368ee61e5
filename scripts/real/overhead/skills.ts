import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const program = `import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { id, input } = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id, exitCode: 0, output: { text: input.text } }) + "\\n");
}
`;

/** The resident program, for starting it without anything around it. */
export const residentProgram = "skills/stays/stays.mjs";

/** Writes two skills that do next to nothing: one that ends at once, one that stays and answers. */
export function writeSkills(workspace: string): readonly string[] {
  write(workspace, "ends", "run.sh", "exit 0\n", [
    "program: { file: run.sh, interpreter: sh }",
    "actions:",
    "  end:",
    "    description: Do nothing.",
    "    argv: [end]",
  ]);
  write(workspace, "stays", "stays.mjs", program, [
    "program: { file: stays.mjs, interpreter: node }",
    "actions:",
    "  answer:",
    "    description: Answer with the same text.",
    "    argv: [once]",
    "    stdin: { json: [text] }",
    "    arguments:",
    "      text: { type: string, maxBytes: 1000 }",
    "    execution: resident",
    "    resident: { argv: [resident], idleMs: 60000 }",
    "    output: { format: json, maxBytes: 10000 }",
  ]);
  return ["skills/ends", "skills/stays"];
}

function write(
  workspace: string,
  name: string,
  file: string,
  text: string,
  contract: readonly string[],
): void {
  const folder = path.join(workspace, "skills", name);
  mkdirSync(folder, { recursive: true });
  const head = `---\nname: ${name}\ndescription: A skill that costs nothing.\n---\n\n# ${name}\n`;
  writeFileSync(path.join(folder, "SKILL.md"), head);
  writeFileSync(path.join(folder, file), text);
  writeFileSync(path.join(folder, "exec.yaml"), `${["contract: 1", ...contract].join("\n")}\n`);
}
