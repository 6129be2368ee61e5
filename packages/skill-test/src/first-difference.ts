/** The first place, as a JSON pointer, where two JSON values differ; undefined when they are equal. */
export function firstDifference(
  expected: unknown,
  actual: unknown,
  pointer = "",
): string | undefined {
  if (Object.is(expected, actual) || (expected === 0 && actual === 0)) return undefined;
  if (
    !isContainer(expected) ||
    !isContainer(actual) ||
    Array.isArray(expected) !== Array.isArray(actual)
  ) {
    return `at ${JSON.stringify(pointer)} expected ${show(expected)}, got ${show(actual)}`;
  }
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].toSorted();
  for (const key of keys) {
    const inner = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const difference = firstDifference(own(expected, key), own(actual, key), inner);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function own(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** Short enough to read; the whole output is in the record of the run. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
