import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { checkSkill } from "../../../packages/skill-authoring/src/index.ts";
import { cacheFolder } from "../cache.ts";
import { installOpenclaw } from "../openclaw/install.ts";
import { mutate } from "./mutations.ts";

/**
 * Our check against the validators themselves: on every folder of fixtures/skills and on mutations of valid
 * skills. What we accept for `spec` both reference validators accept; what OpenClaw lists, and nothing else,
 * we accept for `openclaw` (fixtures).
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const mutations = Number(process.env["CLAWKEEP_MUTATIONS"] ?? 600);
const tools = cacheFolder("skill-validators");
const npmEntry = path.join(tools, "node_modules/skills-ref/dist/index.js");
const python = path.join(tools, "venv/bin/python");
let openclaw = "";

function must(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string {
  const ended = spawnSync(command, args, { encoding: "utf8", env, maxBuffer: 2 ** 28 });
  if (ended.status === 0) return ended.stdout;
  throw new Error(`${command} ${args.join(" ").slice(0, 200)}: ${ended.status}\n${ended.stderr}`);
}

function install(): void {
  mkdirSync(tools, { recursive: true });
  if (!existsSync(npmEntry)) {
    must("npm", [
      "install",
      "--prefix",
      tools,
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "skills-ref@0.1.5",
    ]);
  }
  if (!existsSync(path.join(tools, "venv/bin/agentskills"))) {
    must("python3", ["-m", "venv", path.join(tools, "venv")]);
    must(python, ["-m", "pip", "install", "--quiet", "skills-ref==0.1.1"]);
  }
  openclaw = installOpenclaw().entry;
}

type Verdicts = Readonly<Record<string, readonly string[]>>;

const npmProgram = `const {validate} = await import(process.argv[1]);
const out = {};
for (const folder of JSON.parse((await import("node:fs")).readFileSync(0, "utf8")))
  out[folder] = await validate(folder).catch((error) => [String(error)]);
console.log(JSON.stringify(out));`;

const pythonProgram = `import json, sys
from pathlib import Path
from skills_ref import validate
out = {}
for folder in json.load(sys.stdin):
    try:
        out[folder] = validate(Path(folder))
    except Exception as error:
        out[folder] = [repr(error)]
print(json.dumps(out))`;

function judge(command: string, args: readonly string[], folders: readonly string[]): Verdicts {
  const input = JSON.stringify(folders);
  const ended = spawnSync(command, args, { encoding: "utf8", input, maxBuffer: 2 ** 28 });
  if (ended.status !== 0) throw new Error(`${command}: ${ended.status}\n${ended.stderr}`);
  return JSON.parse(ended.stdout) as Verdicts;
}

/** Names of the workspace's skills that OpenClaw lists, in a state and with a configuration of its own. */
function listed(workspace: string): ReadonlySet<string> {
  const home = path.join(workspace, "home");
  mkdirSync(home, { recursive: true });
  const config = path.join(home, "openclaw.json");
  const gateway = { mode: "local", port: 28_917 };
  writeFileSync(config, JSON.stringify({ agents: { defaults: { workspace } }, gateway }));
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    OPENCLAW_STATE_DIR: path.join(home, "state"),
    OPENCLAW_CONFIG_PATH: config,
    NO_COLOR: "1",
  };
  const checked: unknown = JSON.parse(
    must(process.execPath, [openclaw, "skills", "check", "--json"], env),
  );
  const { eligible, missingRequirements } = checked as Record<
    string,
    readonly (string | { name: string })[]
  >;
  return new Set(
    [...(eligible ?? []), ...(missingRequirements ?? [])].map((item) =>
      typeof item === "string" ? item : item.name,
    ),
  );
}

async function main(): Promise<number> {
  install();
  const work = mkdtempSync(path.join(tmpdir(), "clawkeep-validators-"));
  try {
    const skills = path.join(work, "skills");
    const fixtures: string[] = [];
    for (const kind of ["valid", "invalid", "hostile"]) {
      for (const name of readdirSync(path.join(root, "fixtures/skills", kind))) {
        const to = path.join(skills, name);
        cpSync(path.join(root, "fixtures/skills", kind, name), to, {
          recursive: true,
          verbatimSymlinks: true,
        });
        fixtures.push(to);
      }
    }
    const bases = readdirSync(path.join(root, "fixtures/skills/valid")).toSorted();
    const mutants: string[] = [];
    for (let seed = 0; seed < mutations; seed += 1) {
      const base = bases[seed % bases.length] ?? "";
      const folder = path.join(work, "mutants", String(seed), base);
      mkdirSync(folder, { recursive: true });
      const text = readFileSync(path.join(root, "fixtures/skills/valid", base, "SKILL.md"), "utf8");
      writeFileSync(path.join(folder, "SKILL.md"), mutate(text, seed));
      mutants.push(folder);
    }
    const all = [...fixtures, ...mutants];
    const byNpm = judge(process.execPath, ["--input-type=module", "-e", npmProgram, npmEntry], all);
    const byPython = judge(python, ["-c", pythonProgram], all);
    const byOpenclaw = listed(work);
    const wrong: string[] = [];
    const figures = { ours: 0, npm: 0, pypi: 0, both: 0 };
    for (const folder of all) {
      const isFixture = fixtures.includes(folder);
      const targets = isFixture ? (["spec", "openclaw"] as const) : (["spec"] as const);
      const { accepts, findings } = await checkSkill(folder, targets, { runnable: false });
      const [npm, pypi] = [byNpm[folder]?.length === 0, byPython[folder]?.length === 0];
      figures.ours += Number(accepts.spec === true);
      figures.npm += Number(npm);
      figures.pypi += Number(pypi);
      figures.both += Number(npm && pypi);
      const name = path.relative(work, folder);
      if (accepts.spec === true && !(npm && pypi)) {
        const said = [...(byNpm[folder] ?? []), ...(byPython[folder] ?? [])]
          .join("; ")
          .slice(0, 200);
        wrong.push(`${name}: we accept, npm ${npm}, PyPI ${pypi}: ${said}`);
      }
      // A skill is listed by the name in its front matter, which for one fixture is another than its folder's.
      const shown =
        byOpenclaw.has(path.basename(folder)) ||
        (path.basename(folder) === "skill-name" && byOpenclaw.has("other-name"));
      if (isFixture && shown !== accepts.openclaw) {
        wrong.push(
          `${name}: OpenClaw ${shown}, we ${accepts.openclaw}: ${findings.map((f) => f.code).join(" ")}`,
        );
      }
      if (isFixture) {
        const mark = (yes: boolean | undefined): string => (yes === true ? "yes" : "-").padEnd(9);
        process.stdout.write(
          `${path.basename(folder).padEnd(32)} spec ${mark(accepts.spec)} npm ${mark(npm)} PyPI ${mark(pypi)} openclaw: ours ${mark(accepts.openclaw)} real ${mark(shown)}\n`,
        );
      }
    }
    process.stdout.write(
      `${fixtures.length} fixtures, ${mutants.length} mutations; accepted for spec: ours ${figures.ours}, npm ${figures.npm}, PyPI ${figures.pypi}, both ${figures.both}\n`,
    );
    for (const line of wrong) process.stdout.write(`DISAGREES ${JSON.stringify(line)}\n`);
    return wrong.length === 0 && figures.ours > fixtures.length / 2 ? 0 : 1;
  } finally {
    if (process.env["CLAWKEEP_KEEP"] === undefined) rmSync(work, { recursive: true, force: true });
    else process.stdout.write(`${work}\n`);
  }
}

process.exitCode = await main();
