import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barPlot, short } from './plot.ts';

const bar = (name: string, middle: number, marked = false) => ({
  name,
  marked,
  value: { low: middle / 2, middle, high: 2 * middle },
});
const plotOf = (...bars: readonly ReturnType<typeof bar>[]) =>
  barPlot({ title: 'Rate', unit: '/s', panels: [{ title: '1 connection', bars }] });
const widths = (svg: string) =>
  [...svg.matchAll(/<rect x="190"[^>]* width="(\d+)"/g)].map(([, width]) => Number(width));

test('the longest whisker fills the room, and bars are in proportion to it', () => {
  const svg = plotOf(bar('a', 100, true), bar('b', 25));
  assert.deepEqual(widths(svg), [230, 58]);
  assert.match(svg, /<path d="M305 \d+H650"/);
  assert.equal(svg.match(/#1f6feb/g)?.length, 1);
});

test('each panel has its own scale, and values of zero draw no bar', () => {
  const panels = [1, 1_000, 0].map((middle) => ({ title: String(middle), bars: [bar('a', middle)] }));
  assert.deepEqual(widths(barPlot({ title: 't', unit: '', panels })), [230, 230, 0]);
});

test('names are escaped', () => {
  assert.match(plotOf(bar('<a> & b', 1)), /&lt;a&gt; &amp; b/);
});

test('values have three digits', () => {
  assert.deepEqual([0.123_45, 12.34, 1_234, 56_789].map(short), ['0.123', '12.3', '1,230', '56,800']);
});
