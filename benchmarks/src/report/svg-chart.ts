import type { BarChart, Chart, LineChart, Series } from "./chart.ts";

const width = 720;
const height = 420;
const frame = { left: 78, right: 200, top: 40, bottom: 56 };
/** Colours that people who do not see red and green alike can tell apart (Okabe and Ito, 2008). */
const colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999"];

interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A chart as an SVG document. Ours is the thick line, and the bar in the first colour. */
export function svgChart(chart: Chart): string {
  return chart.kind === "bars" ? bars(chart) : lines(chart);
}

function bars(chart: BarChart): string {
  const rowHeight = 28;
  const total = frame.top + chart.bars.length * rowHeight + 36;
  const left = 300;
  const right = width - 90;
  const largest = Math.max(0, ...chart.bars.map(({ value }) => value)) || 1;
  const drawn = chart.bars.flatMap(({ name, ours, value }, index) => {
    const top = frame.top + index * rowHeight;
    const length = round((Math.max(0, value) / largest) * (right - left));
    return [
      `<text x="${left - 10}" y="${top + 17}" text-anchor="end"${ours ? ' font-weight="600"' : ""}>${escapeXml(name)}</text>`,
      `<rect x="${left}" y="${top + 4}" width="${length}" height="18" fill="${ours ? colours[0] : colours[6]}"/>`,
      `<text x="${left + length + 6}" y="${top + 17}">${label(value)}</text>`,
    ];
  });
  return document(chart.title, total, [
    ...drawn,
    `<text x="${(left + right) / 2}" y="${total - 12}" text-anchor="middle">${escapeXml(chart.unit)}</text>`,
  ]);
}

function document(title: string, tall: number, content: readonly string[]): string {
  const all = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${tall}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${tall}" fill="#ffffff"/>`,
    `<text x="${frame.left}" y="22" font-size="14" font-weight="600">${escapeXml(title)}</text>`,
    ...content,
    "</svg>",
  ];
  return `${all.join("\n")}\n`;
}

function lines(chart: LineChart): string {
  const drawn = chart.series.filter(({ points }) => points.length > 0);
  const all = drawn.flatMap(({ points }) => points);
  const x = axis(
    all.map(([value]) => value),
    chart.x.scale,
    frame.left,
    width - frame.right,
  );
  const y = axis(
    all.map(([, value]) => value),
    chart.y.scale,
    height - frame.bottom,
    frame.top,
  );
  return document(chart.title, height, [
    ...x.ticks.map((tick) => verticalTick(tick, x.place(tick))),
    ...y.ticks.map((tick) => horizontalTick(tick, y.place(tick))),
    `<text x="${(frame.left + width - frame.right) / 2}" y="${height - 14}" text-anchor="middle">${escapeXml(chart.x.label)}</text>`,
    `<text transform="translate(18 ${height / 2}) rotate(-90)" text-anchor="middle">${escapeXml(chart.y.label)}</text>`,
    ...drawn.flatMap((series, index) => draw(series, index, x, y)),
  ]);
}

function draw(series: Series, index: number, x: Axis, y: Axis): readonly string[] {
  const colour = colours[index % colours.length] ?? "#000000";
  const places = [...series.points]
    .sort(([a], [b]) => a - b)
    .map(([px, py]) => [round(x.place(px)), round(y.place(py))] as const);
  const line = places.map(([px, py]) => `${px},${py}`).join(" ");
  const legend = frame.top + 14 + index * 20;
  const right = width - frame.right + 16;
  const thick = series.ours ? 3 : 1.5;
  return [
    `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="${thick}"/>`,
    ...places.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="3" fill="${colour}"/>`),
    `<line x1="${right}" x2="${right + 18}" y1="${legend - 4}" y2="${legend - 4}" stroke="${colour}" stroke-width="${thick}"/>`,
    `<text x="${right + 24}" y="${legend}">${escapeXml(series.name)}</text>`,
  ];
}

function axis(values: readonly number[], scale: "linear" | "log", from: number, to: number): Axis {
  const shown = values.filter(
    (value) => Number.isFinite(value) && (scale === "linear" || value > 0),
  );
  const turn = (value: number): number => (scale === "log" ? Math.log10(value) : value);
  const turned = shown.map(turn);
  const [low, high] = turned.length === 0 ? [0, 1] : [Math.min(...turned), Math.max(...turned)];
  const room = high === low ? Math.abs(high) * 0.1 || 1 : (high - low) * 0.06;
  const [first, last] = [low - room, high + room];
  const place = (value: number): number =>
    from + ((turn(value) - first) / (last - first)) * (to - from);
  return { place, ticks: scale === "log" ? decades(first, last) : steps(first, last) };
}

/** 1, 2 and 5 times the powers of ten inside. */
function decades(first: number, last: number): readonly number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(first); power <= Math.ceil(last); power += 1) {
    for (const factor of [1, 2, 5]) {
      const tick = factor * 10 ** power;
      if (Math.log10(tick) >= first && Math.log10(tick) <= last) {
        ticks.push(tick);
      }
    }
  }
  return ticks;
}

/** About five round values. */
function steps(first: number, last: number): readonly number[] {
  const rough = (last - first) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(first / step); tick * step <= last; tick += 1) {
    ticks.push(tick * step);
  }
  return ticks;
}

function verticalTick(tick: number, place: number): string {
  const at = round(place);
  return (
    `<line x1="${at}" x2="${at}" y1="${frame.top}" y2="${height - frame.bottom}" stroke="#e4e4e4"/>` +
    `<text x="${at}" y="${height - frame.bottom + 18}" text-anchor="middle">${label(tick)}</text>`
  );
}

function horizontalTick(tick: number, place: number): string {
  const at = round(place);
  return (
    `<line x1="${frame.left}" x2="${width - frame.right}" y1="${at}" y2="${at}" stroke="#e4e4e4"/>` +
    `<text x="${frame.left - 8}" y="${at + 4}" text-anchor="end">${label(tick)}</text>`
  );
}

function label(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 4 });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
