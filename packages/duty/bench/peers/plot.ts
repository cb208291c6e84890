import { html, type Markup } from '@watchbill/kit/html';
import type { Quartiles } from '@watchbill/testkit/bench/statistics';

export interface Bar {
  readonly name: string;
  /** The bar ends at the middle one; a line goes from the low to the high one. */
  readonly value: Quartiles;
  /** Drawn in the colour of the services that are compared; the others are grey. */
  readonly marked: boolean;
}

/** Bars with one scale. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly panels: readonly Panel[];
}

const WIDTH = 760;
const NAMES = 190;
const VALUES = 110;
const ROOM = WIDTH - NAMES - VALUES;
const ROW = 20;
const HEAD = 34;
const TITLE = 28;

/** Horizontal bars as an SVG document, with one scale for each panel. */
export function barPlot({ title, unit, panels }: Plot): string {
  const heights = panels.map(({ bars }) => HEAD + ROW * bars.length);
  const height = TITLE + heights.reduce((sum, one) => sum + one, 0) + ROW / 2;
  const drawn = panels.map((panel, index) => {
    const top = TITLE + heights.slice(0, index).reduce((sum, one) => sum + one, 0);
    return panelAt(panel, unit, top);
  });
  const { markup } =
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="8" y="19" font-size="14" font-weight="bold">${title}</text>
${drawn}</svg>
`;
  return markup;
}

function panelAt({ title, bars }: Panel, unit: string, top: number): Markup {
  const most = Math.max(...bars.map(({ value }) => value.high));
  const scale = (value: number): number => (most > 0 ? Math.round((ROOM * value) / most) : 0);
  const rows = bars.map((bar, index) => row(bar, unit, top + HEAD + ROW * index, scale));
  return html`<text x="8" y="${top + 24}" font-weight="bold">${title}</text>
${rows}`;
}

function row(
  { name, value, marked }: Bar,
  unit: string,
  top: number,
  scale: (value: number) => number,
): Markup {
  const middle = top + ROW / 2;
  const [low, end, high] = [value.low, value.middle, value.high].map((one) => NAMES + scale(one));
  return html`<text x="${NAMES - 8}" y="${middle + 4}" text-anchor="end">${name}</text>
<rect x="${NAMES}" y="${top + 3}" width="${scale(value.middle)}" height="${ROW - 6}" fill="${marked ? '#1f6feb' : '#8c959f'}"/>
<path d="M${low ?? 0} ${middle}H${high ?? 0}" stroke="#24292f"/>
<text x="${Math.max(end ?? 0, high ?? 0) + 6}" y="${middle + 4}">${short(value.middle)} ${unit}</text>
`;
}

/** Three digits are enough for a plot. */
export function short(value: number): string {
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(value);
}
