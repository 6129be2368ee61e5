import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import type { Desired } from "./apply/apply.ts";
import type { DesiredFile } from "./ports/file-port.ts";
import type { ServicePort } from "./ports/service-port.ts";

/** A service that is a file: it runs while the file is there, and notes what it would have read. */
export function fileService(base: string, name: string, reads: string): ServicePort {
  const at = join(base, `${name}.running`);
  return {
    name,
    isRunning: () => Promise.resolve(existsSync(at)),
    start: () => {
      writeFileSync(at, existsSync(reads) ? readFileSync(reads) : "none");
      return Promise.resolve();
    },
    stop: () => {
      rmSync(at, { force: true });
      return Promise.resolve();
    },
  };
}

const text = (path: string, content: string, mode = 0o600): DesiredFile => ({
  path,
  mode,
  bytes: Buffer.from(content),
});

/** Two versions of a deployment: one file changes, one changes its mode, one goes, one comes, one stays. */
export function desiredOf(base: string, version: 1 | 2): Desired {
  const etc = join(base, "etc");
  const files = [
    text(join(etc, "openclaw.json"), `{"version":${version}}\n`),
    text(join(etc, "same.env"), "A=1\n", 0o644),
    text(join(etc, "mode.env"), "B=1\n", version === 1 ? 0o600 : 0o640),
    version === 1
      ? text(join(etc, "old", "Modelfile"), "FROM a:1\n")
      : text(join(etc, "new", "Modelfile"), "FROM b:1\n"),
  ];
  return {
    files,
    services: [fileService(base, "gateway", join(etc, "openclaw.json"))],
    gates: [{ name: "readyz", check: () => Promise.resolve(undefined) }],
  };
}

/**
 * The same with a state: the service notes in it each version with which it was started, as OpenClaw changes the form
 * of its state. A workspace and a token are beside that.
 */
export function statefulOf(base: string, version: 1 | 2): Desired {
  const folder = join(base, "openclaw");
  const desired = desiredOf(base, version);
  // Not where a restore was killed: what it left is beside it.
  const isNew = !existsSync(base) || !readdirSync(base).some((name) => name.includes("openclaw"));
  for (const name of isNew ? ["workspace", "secrets"] : []) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }
  const services = desired.services.map((service) => ({
    ...service,
    start: async () => {
      await service.start();
      appendFileSync(
        join(folder, "state.sqlite"),
        readFileSync(join(base, `${service.name}.running`)),
      );
    },
  }));
  const about = { name: "home", profile: "notebook", openclaw: "2026.9.6", spec: "deploy: 1\n" };
  return { ...desired, services, state: { folder, about, dependsOn: () => true } };
}

/** What the service of {@link statefulOf} has noted: the versions, in their order. */
export function notedIn(base: string): string {
  return readFileSync(join(base, "openclaw", "state.sqlite"), "utf8").replaceAll(/[^12]/gu, "");
}

/** Every file under a folder with its mode and bytes. */
export function treeOf(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    const mode = (statSync(path).mode & 0o777).toString(8);
    found[path.slice(folder.length + 1)] = `${mode} ${readFileSync(path, "latin1")}`;
  }
  return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A file that somebody else made. */
export function foreignFile(path: string, content: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o644);
}
