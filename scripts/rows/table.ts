import type { Evidence } from "./results.ts";
import type { Row, RowClass, RowList } from "./row-list.ts";

/** What is known of a row, from what passed. */
export type RowState = "proved by running" | "rendered and judged" | "needs hardware" | "open";

const needs: Readonly<Record<Exclude<RowClass, "R" | "P" | "X">, string>> = {
  D: "a Docker daemon",
  N: "a network",
  H: "hardware",
};

/** The state of a row, and what nothing of this run has shown of it. */
export function stateOf(
  row: Row,
  evidence: readonly Evidence[],
): { readonly state: RowState; readonly left: readonly string[] } {
  const all = evidence.filter(({ id }) => id === row.id);
  const failed = all.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    return {
      state: "open",
      left: [...new Set(failed.map(({ where }) => `a test of ${where} failed`))],
    };
  }
  const own = all;
  const ran = own.some(({ how }) => how === "ran");
  const judged = own.some(({ how }) => how === "judged");
  const here = row.classes.some((one) => one === "R" || one === "P" || one === "X");
  const left = row.classes.flatMap((one) => {
    if (one === "R" || one === "X") return ran || judged ? [] : ["rendering"];
    if (one === "P") return ran ? [] : ["running"];
    return [needs[one]];
  });
  const state = ran
    ? "proved by running"
    : judged
      ? "rendered and judged"
      : here
        ? "open"
        : "needs hardware";
  return { state, left: [...new Set(left)] };
}

/**
 * The table as Markdown.
 * @throws Error for a row that no list has
 */
export function rowsTable({ rows, digest }: RowList, evidence: readonly Evidence[]): string {
  const unknown = evidence.filter(({ id }) => !rows.some((row) => row.id === id));
  if (unknown.length > 0) {
    throw new Error(
      `no such row: ${unknown.map(({ id, where, title }) => `${id} in ${where}: ${title}`).join("; ")}`,
    );
  }
  const lines = rows.map((row) => {
    const { state, left } = stateOf(row, evidence);
    return {
      state,
      line: `| ${[row.id, row.what, state, shownBy(row, evidence), left.join(", ")].join(" | ")} |`,
    };
  });
  const count = (wanted: RowState): number => lines.filter(({ state }) => state === wanted).length;
  return [
    "# The 120 rows of a deployment",
    "",
    "<!-- Written by scripts/rows/main.ts from the results of a run; do not edit. -->",
    `<!-- rows: ${digest} -->`,
    "",
    "Each row is one thing that guides for OpenClaw ask for. Its state comes from tests whose titles name it and that passed, and from what stages",
    "(`npm run test:real`) observed; a test that was skipped says nothing. A row can be shown in part: the last column has what nothing of this run could show.",
    "",
    `${count("proved by running")} proved by running, ${count("rendered and judged")} rendered and judged, ${count("needs hardware")} need hardware, ${count("open")} open.`,
    "",
    "| row | what | state | tests that passed | not shown here |",
    "| --- | --- | --- | --- | --- |",
    ...lines.map(({ line }) => line),
    "",
    "Again: `npm test`, then `pnpm exec node --conditions=source scripts/rows/main.ts`; `--run` instead runs only the tests that name a row.",
    "",
  ].join("\n");
}

function shownBy({ id }: Row, evidence: readonly Evidence[]): string {
  const own = evidence.filter((one) => one.id === id && one.passed);
  return [...new Set(own.map(({ where }) => where))]
    .toSorted()
    .map((where) => {
      const tests = own.filter((one) => one.where === where).length;
      return where.startsWith("stage ") ? where : `${where.replace("packages/", "")} ${tests}`;
    })
    .join(", ");
}
