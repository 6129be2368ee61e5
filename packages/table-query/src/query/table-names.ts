/** Names of SQLite itself, that an unquoted word could not be or that mean a schema. */
const taken = ["main", "temp"];

/**
 * A name for each file, in order: its name without the last ending, with `_` for everything but ASCII
 * letters and digits, `t_` before a digit or `sqlite_`, and `_2`, `_3` … where it was given before.
 */
export function tableNames(files: readonly string[]): readonly string[] {
  const used = new Set(taken);
  return files.map((file) => {
    const stem = file.replace(/(?<=.)\.[^.]*$/u, "").replace(/[^A-Za-z0-9_]/gu, "_");
    const name = /^(?:\d|sqlite_)/iu.test(stem) ? `t_${stem}` : stem;
    for (let number = 1; ; number += 1) {
      const tried = number === 1 ? name : `${name}_${String(number)}`;
      if (used.has(tried.toLowerCase())) continue;
      used.add(tried.toLowerCase());
      return tried;
    }
  });
}

/** A name as SQL writes it; with quotes only where it needs them, unless they are asked for. */
export function quoteName(name: string, always = false): string {
  return !always && /^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)
    ? name
    : `"${name.replaceAll('"', '""')}"`;
}
