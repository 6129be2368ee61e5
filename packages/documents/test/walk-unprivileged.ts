import { walkFolder } from "../src/index.ts";

/** Run as a program: walks the folder of its first argument as nobody, prints the steps as JSON lines. */
const [folder = ""] = process.argv.slice(2);
if (process.getuid?.() === 0) {
  // Dropped only now: nobody may not be able to read the sources of this very program.
  process.setgroups?.([]);
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
const lines: string[] = [];
for await (const step of walkFolder(folder)) {
  lines.push(JSON.stringify(step.kind === "file" ? { path: step.path, size: step.size } : step));
}
process.stdout.write(`${lines.join("\n")}\n`);
