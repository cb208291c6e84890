import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { questionsOf, type WholeBoard } from './all.ts';

const SCHEMA = JSON.parse(readFileSync(new URL('board.schema.json', import.meta.url), 'utf8'));
const boardShape = z.fromJSONSchema(SCHEMA);

/** The mistakes of a board: its form, its layout, choices that it does not have, and thresholds. */
export function boardFaults(board: WholeBoard): readonly string[] {
  const { uid, panels, templating } = board;
  const form = boardShape.safeParse(board).error?.issues ?? [];
  const names = templating.list.map(({ name }) => name);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, nth) => `${x + (nth % w)} ${y + Math.floor(nth / w)}`),
  );
  const used = [...JSON.stringify(board).matchAll(/\$(?:\{([a-z]+)\}|([a-z]+))/g)];
  return [
    ...form.map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...(new Set(panels.map(({ id }) => id)).size === panels.length ? [] : ['two panels have one id']),
    ...(new Set(cells).size === cells.length ? [] : ['panels overlap']),
    ...panels.filter(({ gridPos: { x, w } }) => x + w > 24).map(({ title }) => `${title} is too wide`),
    ...used
      .map(([, braced, bare]) => braced ?? bare ?? '')
      .filter((name) => !names.includes(name))
      .map((name) => `there is no choice ${name}`),
    ...questionsOf(board).flatMap(({ who, expr }) =>
      expr.includes('${') ? [`${who} has a placeholder`] : [],
    ),
  ].map((fault) => `${uid}: ${fault}`);
}

/** Alerts without a link from a panel to their section of the page of alerts, and links without an alert. */
export function linkFaults(boards: readonly WholeBoard[], alerts: readonly string[]): readonly string[] {
  const linked = boards.flatMap(({ panels }) => panels.flatMap(({ links = [] }) => links));
  const expected = alerts.map((name) => `\${docs}/reference/alerts.md#${name.toLowerCase()}`);
  const urls = linked.map(({ url }) => url);
  return [
    ...expected.filter((url) => !urls.includes(url)).map((url) => `no panel leads to ${url}`),
    ...urls.filter((url) => !expected.includes(url)).map((url) => `${url} leads to no alert`),
  ];
}
