import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { packSkill } from "../../../packages/clawhub/src/index.ts";
import { cacheFolder } from "../cache.ts";

const version = "0.23.3";

/** The real CLI's own modules: npm `clawhub`, installed once, no install script run. */
export function installClawhub(): string {
  const folder = cacheFolder(`clawhub-${version}`);
  const dist = path.join(folder, "node_modules/clawhub/dist");
  if (!existsSync(path.join(dist, "skills.js"))) {
    mkdirSync(folder, { recursive: true });
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
    const args = ["install", "--prefix", folder, ...flags, `clawhub@${version}`];
    const ended = spawnSync("npm", args, { encoding: "utf8" });
    if (ended.status !== 0) throw new Error(`npm install clawhub@${version}\n${ended.stderr}`);
  }
  return dist;
}

interface Real {
  readonly paths: readonly string[];
  readonly fingerprint: string;
  readonly zipFingerprint: string;
}

const program = `import { pathToFileURL } from "node:url"; import { readFileSync } from "node:fs";
const [dist] = process.argv.slice(1);
const load = (file) => import(pathToFileURL(dist + "/" + file).href);
const { hashSkillFiles, hashSkillZip } = await load("skills.js");
const { prepareSkillFilesForPublish } = await load("cli/commands/publish.js");
const out = [];
for (const { folder, bundle } of JSON.parse(readFileSync(0, "utf8"))) {
  const files = await prepareSkillFilesForPublish(folder);
  out.push({ paths: files.map((file) => file.relPath).sort(), fingerprint: hashSkillFiles(files).fingerprint,
    zipFingerprint: hashSkillZip(new Uint8Array(readFileSync(bundle))).fingerprint });
}
console.log(JSON.stringify(out));`;

/** Small random numbers, the same for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

const parts = [
  "a",
  "B",
  "ab",
  "a-b",
  "a_b",
  "a.b",
  "a b",
  "10",
  "9",
  "é",
  "日本",
  "node_modules",
  ".x",
  "z",
];
const endings = [".md", ".MD", ".json", ".log", ".tmp", "", "~"];
const rules = [
  "*.log",
  "/a",
  "B/",
  "!a.log",
  "*.TMP",
  "**/9*",
  "a b",
  "\\!x",
  "# a",
  "z/**",
  "!z/a.md",
  "ab/*.md",
];

function makeFolder(base: string, seed: number): string {
  const next = generator(seed);
  const pick = (from: readonly string[]): string => from[next(from.length)] ?? "";
  const folder = path.join(base, `skill-${seed}`);
  mkdirSync(folder, { recursive: true });
  const seen = new Set<string>(["skill.md"]);
  writeFileSync(path.join(folder, "SKILL.md"), `# ${seed}\n`);
  for (let count = 4 + next(14); count > 0; count -= 1) {
    const depth = next(3);
    const folders = Array.from({ length: depth }, () => pick(parts));
    const file = [...folders, `${pick(parts)}${pick(endings)}`].join("/");
    // Names that differ in case, and a file where a folder is, are refused by ours: not compared here.
    const keys = file
      .toLowerCase()
      .split("/")
      .map((_, index, all) => all.slice(0, index + 1).join("/"));
    if (seen.has(keys.at(-1) ?? "") || keys.slice(0, -1).some((key) => seen.has(`${key} file`)))
      continue;
    const canonical = folders.every((name, index) => {
      const key = `${folders
        .slice(0, index + 1)
        .join("/")
        .toLowerCase()} as`;
      const known = [...seen].find((one) => one.startsWith(key));
      return known === undefined || known === `${key} ${folders.slice(0, index + 1).join("/")}`;
    });
    if (!canonical) continue;
    for (const [index] of folders.entries()) {
      const written = folders.slice(0, index + 1).join("/");
      seen.add(written.toLowerCase()).add(`${written.toLowerCase()} as ${written}`);
    }
    seen.add(keys.at(-1) ?? "").add(`${keys.at(-1) ?? ""} file`);
    mkdirSync(path.join(folder, ...folders), { recursive: true });
    writeFileSync(path.join(folder, file), `${seed} ${count}`);
  }
  for (const name of [".gitignore", ".clawhubignore", ".clawdhubignore"]) {
    if (next(3) > 0) continue;
    const lines = Array.from({ length: 1 + next(4) }, () => pick(rules));
    writeFileSync(path.join(folder, name), lines.join(next(2) === 0 ? "\n" : "\r\n"));
  }
  if (next(4) === 0) symlinkSync("SKILL.md", path.join(folder, "link.md"));
  return folder;
}

/** Compares files, fingerprint and bundle with the real CLI's functions on folders made by chance. */
export async function compareWithClawhub(number: number): Promise<readonly string[]> {
  const dist = installClawhub();
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-clawhub-"));
  try {
    const ours = [];
    for (let seed = 0; seed < number; seed += 1) {
      const folder = makeFolder(base, seed);
      const pack = await packSkill(folder);
      if (pack.bundle === undefined) throw new Error(`${seed}: ${JSON.stringify(pack.findings)}`);
      const bundle = path.join(base, `${seed}.zip`);
      writeFileSync(bundle, pack.bundle);
      ours.push({ folder, bundle, pack });
    }
    const input = JSON.stringify(ours.map(({ folder, bundle }) => ({ folder, bundle })));
    const args = ["--input-type=module", "-e", program, dist];
    const env = { ...process.env, LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };
    const ended = spawnSync(process.execPath, args, {
      encoding: "utf8",
      input,
      env,
      maxBuffer: 2 ** 28,
    });
    if (ended.status !== 0) throw new Error(ended.stderr);
    const theirs = JSON.parse(ended.stdout) as readonly Real[];
    return ours.flatMap(({ pack }, seed) => {
      const real = theirs[seed];
      const own = {
        paths: pack.files.map((file) => file.path).toSorted(),
        fingerprint: pack.fingerprint?.slice("sha256:".length),
        zipFingerprint: pack.fingerprint?.slice("sha256:".length),
      };
      return JSON.stringify(own) === JSON.stringify(real)
        ? []
        : [`folder ${seed}: ours ${JSON.stringify(own)}, real ${JSON.stringify(real)}`];
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
