import type { Comparison, Measured, RowResult } from "../rows/row.ts";
import { figure, spread } from "../rows/figure.ts";

/** What a run was made on and with. */
export interface RunFacts {
  readonly mode: string;
  readonly date: string;
  /** When it ended: ISO 8601. Absent in the first runs that were kept. */
  readonly finished?: string;
  readonly machine: string;
  /** Name and version, as the report lists them. */
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly commit: string;
  readonly minutes: number;
  /** The highest load of one minute while it ran, for two cores say. */
  readonly highestLoad: number;
}

/** Whether a comparison reached what it has to reach. */
export function verdict(
  comparison: Comparison,
): "aim" | "must" | "missed" | "no bound" | "no figure" {
  const { ratio, must, aim, atMost = false } = comparison;
  if (ratio === undefined) {
    return "no figure";
  }
  if (must === undefined) {
    return "no bound";
  }
  const reaches = (bound: number): boolean =>
    atMost ? ratio.median <= bound : ratio.median >= bound;
  if (aim !== undefined && reaches(aim)) {
    return "aim";
  }
  return reaches(must) ? "must" : "missed";
}

/** The report: every comparison first, losing ones too, then each row with all its figures. */
export function renderReport(rows: readonly RowResult[], facts: RunFacts): string {
  const comparisons = rows.flatMap((row) => row.comparisons);
  return [
    `# Benchmarks, ${facts.date} (${facts.mode})`,
    "",
    `${facts.machine}. ${facts.minutes} minutes, highest load ${facts.highestLoad.toFixed(1)}; commit ${facts.commit}; seed ${facts.seed}.`,
    ...(facts.mode === "tiny"
      ? ["", "**Tiny sizes: the figures mean nothing, only that everything ran.**"]
      : []),
    "",
    "Ratios are taken round by round between runs that took turns; median, with the lowest and highest round.",
    "",
    ...table(
      ["what", "against", "ratio", "must", "aim", "verdict", ""],
      comparisons.map((one) => [...comparisonCells(one), one.note ?? ""]),
      [2, 3, 4],
    ),
    "",
    ...rows.flatMap(renderRow),
    "## Versions",
    "",
    ...table(["", ""], Object.entries(facts.versions), []),
    "",
  ].join("\n");
}

/** What, against, ratio, must, aim, verdict. */
export function comparisonCells(one: Comparison): readonly string[] {
  return [
    one.what,
    one.against,
    one.ratio === undefined ? "–" : ratioText(one),
    bound(one, one.must),
    bound(one, one.aim),
    verdict(one) === "missed" ? "**missed**" : verdict(one),
  ];
}

function renderRow(row: RowResult): readonly string[] {
  const notes = row.missing.map(
    ({ contender, why }) => `- ${contender} is missing: ${firstLine(why)}`,
  );
  const resumed =
    row.sessions.length > 1
      ? ["- some rounds come from a run that was stopped and gone on with"]
      : [];
  return [
    `## ${row.title}`,
    "",
    row.method,
    "",
    ...measuredTable(row.measured),
    "",
    ...(notes.length + resumed.length === 0 ? [] : [...notes, ...resumed, ""]),
    ...row.charts.flatMap((chart) => [`![${chart.title}](${chart.name}.svg)`, ""]),
  ];
}

function measuredTable(measured: readonly Measured[]): readonly string[] {
  const columns = [...new Set(measured.flatMap(({ cells }) => Object.keys(cells)))];
  return table(
    ["", ...columns],
    measured.map(({ contender, cells }) => [
      contender,
      ...columns.map((name) => cells[name] ?? "–"),
    ]),
    columns.map((_, column) => column + 1),
  );
}

/** A Markdown table; the columns in `right` are right-aligned. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellText).join(" | ")} |`;
  const rule = header.map((_, column) => (right.includes(column) ? "---:" : "---"));
  return [line(header), `| ${rule.join(" | ")} |`, ...rows.map(line)];
}

function ratioText(comparison: Comparison): string {
  const { ratio, difference = false, atMost = false } = comparison;
  if (ratio === undefined) {
    return "–";
  }
  if (difference) {
    return `${ratio.median >= 0 ? "+" : ""}${ratio.median.toFixed(4)}`;
  }
  return atMost ? ratio.median.toPrecision(3) : `${spread(ratio)} ×`;
}

function bound(comparison: Comparison, value: number | undefined): string {
  if (value === undefined) {
    return "";
  }
  const sign = comparison.atMost === true ? "≤" : "≥";
  return `${sign} ${comparison.difference === true ? value : figureOf(value)}`;
}

function figureOf(value: number): string {
  return value < 1 ? String(value) : Number(figure(value)).toString();
}

function cellText(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.slice(0, 200) ?? ""
  );
}
