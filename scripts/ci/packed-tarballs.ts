import { execFileSync, spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * Packs every package and app, installs the tarballs with scripts off into an empty folder, imports each
 * library, runs each executable once, and asks the installed `local-rag` a question.
 */
const root = path.dirname(path.dirname(import.meta.dirname));

interface Manifest {
  readonly name: string;
  readonly folder: string;
  readonly bin: Readonly<Record<string, string>>;
}

function manifests(): readonly Manifest[] {
  return ["packages", "apps"].flatMap((group) =>
    readdirSync(path.join(root, group)).map((entry) => {
      const folder = path.join(root, group, entry);
      const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
        name: string;
        bin?: Record<string, string>;
      };
      return { name: manifest.name, folder, bin: manifest.bin ?? {} };
    }),
  );
}

function main(): void {
  const work = mkdtempSync(path.join(tmpdir(), "clawkeep-packed-"));
  try {
    const tarballs = path.join(work, "tarballs");
    const empty = path.join(work, "empty");
    mkdirSync(tarballs);
    mkdirSync(empty);
    const packages = manifests();
    for (const { folder } of packages) {
      execFileSync("publint", ["run", "--strict", folder], { cwd: root, stdio: ["ignore", 2, 2] });
      execFileSync("pnpm", ["pack", "--pack-destination", tarballs], {
        cwd: folder,
        stdio: ["ignore", "ignore", 2],
      });
    }
    const files = readdirSync(tarballs).map((file) => path.join(tarballs, file));
    writeFileSync(path.join(empty, "package.json"), '{ "private": true, "type": "module" }\n');
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...files], {
      cwd: empty,
      stdio: ["ignore", 2, 2],
    });
    for (const { name, bin } of packages) {
      if (Object.keys(bin).length === 0) {
        runIn(empty, ["--input-type=module", "--eval", `await import(${JSON.stringify(name)})`]);
        say(`${name}: imported`);
      }
      for (const command of Object.keys(bin)) {
        runIn(empty, [path.join(empty, "node_modules", ".bin", command), "--help"]);
        say(`${name}: ${command} --help ran`);
      }
    }
    checkCarried(empty);
    askInstalled(empty);
    say(`${packages.length} tarballs installed and run`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What was built of the crates is installed, executable, where the code looks for it. */
function checkCarried(empty: string): void {
  const machine = `linux-${process.arch}`;
  const programs = [`prebuilt/${machine}/clawkeep-launcher`, `native/${machine}/clawkeep-observer`];
  for (const program of programs) {
    if (!existsSync(path.join(root, "packages", "sandbox", program))) {
      say(`skipped: ${program} was not built`);
      continue;
    }
    for (const carrier of ["sandbox", path.join("skill", "dist")]) {
      accessSync(path.join(empty, "node_modules", "@clawkeep", carrier, program), constants.X_OK);
    }
    say(`${program}: carried, executable`);
  }
  const engine = `native/${machine}/clawkeep-engine.node`;
  if (!existsSync(path.join(root, "packages", "native-engine", engine))) {
    say(`skipped: ${engine} was not built`);
    return;
  }
  for (const carrier of ["native-engine", path.join("local-rag", "dist")]) {
    accessSync(path.join(empty, "node_modules", "@clawkeep", carrier, engine), constants.R_OK);
  }
  say(`${engine}: carried`);
}

function askInstalled(empty: string): void {
  const notes = path.join(empty, "notes");
  mkdirSync(notes);
  writeFileSync(path.join(notes, "tea.md"), "# Tea\n\nGreen tea is brewed at eighty degrees.\n");
  const ragCommand = path.join(empty, "node_modules", ".bin", "local-rag");
  runIn(notes, [ragCommand, "index", notes]);
  const answer = runIn(notes, [ragCommand, "query", "How hot is water for green tea?", "--json"]);
  const parsed = JSON.parse(answer) as { results?: readonly { source?: unknown }[] };
  if (!JSON.stringify(parsed.results?.[0] ?? null).includes("tea.md")) {
    throw new Error(`the installed local-rag did not cite tea.md: ${answer}`);
  }
  const status = JSON.parse(runIn(notes, [ragCommand, "status", "--json"])) as {
    engine?: { engine?: string; kernel?: string; why?: string };
  };
  const { engine, kernel, why } = status.engine ?? {};
  say(
    `installed local-rag answered with a citation (${engine}, ${kernel}${why ? `: ${why}` : ""})`,
  );
}

function runIn(folder: string, args: readonly string[]): string {
  const result = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], CLAWKEEP_HOME: path.join(path.dirname(folder), "state") },
  });
  if (result.status !== 0) {
    throw new Error(`${args.join(" ")} ended with ${String(result.status)}:\n${result.stderr}`);
  }
  return result.stdout;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main();
