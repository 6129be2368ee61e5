// Writes the table "attack x level" of SECURITY.md from a run of the attack tests.
// `--results FILE` takes the JSON report of a run that was made before.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const levels = ["bubblewrap", "landlock", "none"];
const [begin, end] = ["<!-- attacks: begin -->", "<!-- attacks: end -->"];

const given = process.argv.indexOf("--results");
const report = given === -1 ? runAttacks() : read(process.argv[given + 1]);
const file = path.join(root, "SECURITY.md");
const text = readFileSync(file, "utf8");
const [head, tail] = [text.indexOf(begin), text.indexOf(end)];
if (head === -1 || tail < head) {
  throw new Error(`SECURITY.md has no place between ${begin} and ${end}`);
}
const reasons = [];
writeFileSync(file, `${text.slice(0, head)}${begin}\n\n${table()}\n\n${text.slice(tail)}`);

function runAttacks() {
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-attacks-"));
  const output = path.join(folder, "report.json");
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        path.join(root, "node_modules", "vitest", "vitest.mjs"),
        ...["run", "src/attacks", "--reporter=json", `--outputFile=${output}`],
      ],
      { cwd: path.join(root, "packages", "sandbox"), stdio: ["ignore", "inherit", "inherit"] },
    );
    if (status !== 0) {
      throw new Error(
        "an attack test failed, so there is nothing to write: run them by themselves",
      );
    }
    return read(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(from) {
  return JSON.parse(readFileSync(from, "utf8"));
}

function table() {
  const attacks = report.testResults
    .map(({ name, assertionResults }) => ({
      name: path.basename(name, ".test.ts"),
      tests: assertionResults.filter(({ status }) => status === "passed"),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const [rows, layers] = [attacks.filter(everyLevel), attacks.filter((one) => !everyLevel(one))];
  const lines = rows.map(
    ({ name, tests }) => `| ${name} | ${levels.map((level) => cell(tests, level)).join(" | ")} |`,
  );
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`);
  return [
    `| attack | ${levels.join(" | ")} |`,
    `| --- | ${levels.map(() => "---").join(" | ")} |`,
    ...lines,
    ...(notes.length === 0 ? [] : ["", "Not covered, because:", "", ...notes]),
    ...(layers.length === 0
      ? []
      : [
          "",
          `Tests of single layers, not of levels: ${layers.map(({ name }) => name).join(", ")}.`,
        ]),
  ].join("\n");
}

function everyLevel({ tests }) {
  return tests.some(({ fullName }) => fullName.includes("at level none"));
}

function cell(tests, level) {
  const names = tests
    .map(({ fullName }) => fullName)
    .filter((name) => /at level (\w+)/u.exec(name)?.[1] === level);
  if (names.length === 0) {
    return "not run here";
  }
  const uncovered = names.map((name) => /is not covered: (.*)$/u.exec(name)?.[1]).find(Boolean);
  if (uncovered !== undefined) {
    reasons.push(uncovered);
    return `not covered (${reasons.length})`;
  }
  return names.some((name) => name.endsWith("is not stopped")) ? "**not stopped**" : "stopped";
}
