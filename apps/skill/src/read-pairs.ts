import { CodedError } from "@clawkeep/diagnostics";

/**
 * Takes `name=value` options apart.
 * @throws CodedError USAGE
 */
export function readPairs(
  option: string,
  pairs: readonly string[],
): Readonly<Record<string, string>> {
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
    throw new CodedError({
      code: "USAGE",
      message: `expected ${option} name=value, got ${JSON.stringify(pair.slice(0, 80))}`,
      hint: "Write the name, an equals sign, the value.",
    });
  });
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return Object.fromEntries(entries);
  throw new CodedError({
    code: "USAGE",
    message: `expected ${option} ${twice} once, got it twice`,
    hint: "Remove one of the two.",
  });
}
