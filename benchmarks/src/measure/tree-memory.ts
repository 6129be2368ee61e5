import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

/**
 * Anonymous resident memory of a process and all its descendants, in MiB: what it holds for itself,
 * without files that are mapped. Processes that end meanwhile count nothing; 0 where there is no /proc.
 */
export function treeRssAnon(pid: number, proc = "/proc"): number {
  const children = childrenByParent(proc);
  let total = 0;
  const queue = [pid];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    total += field(path.join(proc, String(next), "status"), "RssAnon");
    queue.push(...(children.get(next) ?? []));
  }
  return total / 1024;
}

function childrenByParent(proc: string): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of existsSync(proc) ? readdirSync(proc) : []) {
    if (/^\d+$/u.test(name)) {
      const parent = field(path.join(proc, name, "status"), "PPid");
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
  }
  return children;
}

function field(file: string, name: string): number {
  try {
    const found = new RegExp(`^${name}:\\s*(\\d+)`, "mu").exec(readFileSync(file, "utf8"));
    return Number(found?.[1] ?? 0);
  } catch {
    return 0;
  }
}
