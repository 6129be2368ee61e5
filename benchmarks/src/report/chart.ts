/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly ours: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** One bar. */
export interface Bar {
  readonly name: string;
  readonly ours: boolean;
  readonly value: number;
}

/** Lines over two axes. */
export interface LineChart {
  readonly kind: "lines";
  /** File name without ending. */
  readonly name: string;
  readonly title: string;
  readonly x: { readonly label: string; readonly scale: "linear" | "log" };
  readonly y: { readonly label: string; readonly scale: "linear" | "log" };
  readonly series: readonly Series[];
}

/** Bars from zero, one below the other. */
export interface BarChart {
  readonly kind: "bars";
  /** File name without ending. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

/** A chart that is drawn as SVG beside the table. */
export type Chart = LineChart | BarChart;
