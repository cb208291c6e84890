import { html, type Markup } from '@watchbill/kit/html';
import type { ConsoleView, KeyView } from '../view/view.ts';

interface Part {
  readonly name: string;
  readonly state: string;
  readonly tone: 'good' | 'bad' | 'unknown';
}

const [WIDTH, HEIGHT, GAP, STEP] = [104, 44, 24, 54];
const MAX_NAME = 13;

/** Nodes, services and store members as boxes; a broken line leads to a part that does not work. */
export function pairMarkup(key: KeyView, view: ConsoleView): Markup {
  const columns = [nodesOf(key), servicesOf(view), storeOf(view)];
  const height = STEP * Math.max(...columns.map((parts) => parts.length)) - (STEP - HEIGHT);
  const topOf = (column: number, row: number) => {
    const free = height - (STEP * (columns[column]?.length ?? 0) - (STEP - HEIGHT));
    return free / 2 + row * STEP;
  };
  const lines = columns.slice(1).flatMap((to, column) =>
    (columns[column] ?? []).flatMap((one, from) =>
      to.map((other, row) => {
        const x = (column + 1) * (WIDTH + GAP);
        const tone = one.tone === 'good' ? other.tone : one.tone;
        return html`<path class="${tone}" d="M${x - GAP} ${topOf(column, from) + HEIGHT / 2}L${x} ${topOf(column + 1, row) + HEIGHT / 2}"/>`;
      }),
    ),
  );
  const boxes = columns.flatMap((parts, column) =>
    parts.map(({ name, state, tone }, row) => {
      const [x, y] = [column * (WIDTH + GAP), topOf(column, row)];
      const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
      return html`<g class="${tone}"><title>${name}: ${state}</title><rect x="${x + 1}" y="${y + 1}" width="${WIDTH - 2}" height="${HEIGHT - 2}" rx="7"/><text x="${x + 9}" y="${y + 18}" class="name">${short}</text><text x="${x + 9}" y="${y + 35}">${state}</text></g>`;
    }),
  );
  const text = columns.flat().map(({ name, state }) => `${name}: ${state}`);
  return html`<svg class="pair" viewBox="0 0 ${3 * WIDTH + 2 * GAP} ${height}" role="img" aria-label="${text.join('; ')}">${lines}${boxes}</svg>`;
}

function nodesOf({ nodes, watch }: KeyView): readonly Part[] {
  return nodes.map((name) => {
    const isActive = watch?.holder === name;
    if (watch?.ready.includes(name) === true)
      return { name, state: isActive ? 'active' : 'can take over', tone: 'good' };
    if (isActive) return { name, state: 'active, not ready', tone: 'bad' };
    const isUnfit = watch?.unfit?.some(({ node }) => node === name) === true;
    return isUnfit ? { name, state: 'not ready', tone: 'bad' } : { name, state: 'unknown', tone: 'unknown' };
  });
}

function servicesOf({ services, health }: ConsoleView): readonly Part[] {
  const parts = services.map(({ name, state, live, self }): Part => {
    const shown = self ? health.state : state;
    const isWell = live && shown === 'serving';
    return { name, state: live ? shown : 'not live', tone: isWell ? 'good' : 'bad' };
  });
  return parts.length > 0 ? parts : [{ name: 'services', state: 'unknown', tone: 'unknown' }];
}

function storeOf({ health: { store } }: ConsoleView): readonly Part[] {
  const members = store.members.length > 0 ? store.members : [{ name: 'store', ok: store.ok }];
  return members.map(({ name, ok }) => ({ name, state: ok ? 'up' : 'down', tone: ok ? 'good' : 'bad' }));
}
