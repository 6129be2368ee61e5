import { createHash } from "node:crypto";

import { isObject } from "../json.ts";
import type { JsonObject } from "../json.ts";

/** A configuration that foreign code may read: nothing in it leads to a program, a file or a secret of this machine. */
export interface JudgedCopy {
  readonly config: JsonObject;
  /** Files that stand for secrets, by name below the folder that the copy was made for. */
  readonly files: Readonly<Record<string, string>>;
  /** Variables that stand for secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Paths that were taken out, because the judge would run or load what is there. */
  readonly stripped: readonly string[];
}

const taken: readonly (readonly string[])[] = [
  ["plugins", "load"],
  ["plugins", "installs"],
  ["security", "installPolicy"],
  ["hooks"],
  ["skills", "load", "extraDirs"],
];

/**
 * Makes the copy: references to secrets lead to made-up values below `folder` or in the environment, references
 * to programs become such files too, and what would be loaded or run is taken out. The original is not changed.
 */
export function judgedCopy(config: JsonObject, folder: string): JudgedCopy {
  const files: Record<string, string> = {};
  const environment: Record<string, string> = {};
  const stripped: string[] = [];
  const fileOf = (provider: string): string => {
    const name = `secret-${digest(provider).slice(0, 16)}`;
    files[name] = digest(`value of ${provider}`);
    return `${folder}/${name}`;
  };
  const copy = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === "string") {
      for (const [, name = ""] of value.matchAll(/\$\{([A-Z][A-Z0-9_]{0,127})\}/gu)) {
        environment[name] = digest(name);
      }
      return value;
    }
    if (Array.isArray(value)) return value.map((one, index) => copy(one, [...path, String(index)]));
    if (!isObject(value)) return value;
    if (isReference(value)) {
      if (value["source"] === "env") {
        environment[String(value["id"])] = digest(String(value["id"]));
        return { ...value };
      }
      if (value["source"] === "exec") stripped.push(path.join("."));
      return { source: "file", provider: value["provider"], id: "value" };
    }
    if (path.length === 3 && path[0] === "secrets" && path[1] === "providers") {
      if (value["source"] === "env") return { ...value };
      if (value["source"] === "exec") stripped.push(path.join("."));
      return { source: "file", path: fileOf(path[2] ?? ""), mode: "singleValue" };
    }
    const out: Record<string, unknown> = {};
    for (const [key, one] of Object.entries(value)) {
      const inner = [...path, key];
      // Another file of the same folder, which is not copied.
      if (key === "$include" || taken.some((where) => where.join("\0") === inner.join("\0"))) {
        stripped.push(inner.join("."));
        continue;
      }
      Object.defineProperty(out, key, {
        value: copy(one, inner),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return out;
  };
  return { config: copy(config, []) as JsonObject, files, environment, stripped };
}

function isReference(value: JsonObject): boolean {
  return (
    typeof value["provider"] === "string" &&
    typeof value["id"] === "string" &&
    (value["source"] === "env" || value["source"] === "file" || value["source"] === "exec")
  );
}

/** 64 hexadecimal digits: what a good token looks like, the same on every run. */
function digest(text: string): string {
  return createHash("sha256").update(`clawkeep-judge\0${text}`).digest("hex");
}
