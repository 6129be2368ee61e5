/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly ours: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A chart that is drawn as SVG beside the table. */
export interface Chart {
  /** File name without ending. */
  readonly name: string;
  readonly title: string;
  readonly x: { readonly label: string; readonly scale: "linear" | "log" };
  readonly y: { readonly label: string; readonly scale: "linear" | "log" };
  readonly series: readonly Series[];
}
