import { counted } from '@watchbill/kit';
import type { OtherPage } from '../others/other-page.ts';
import type { Cell } from '../view/cells.ts';
import { LETTERS, OUTCOMES } from '../view/outcomes.ts';
import { longAge } from '../view/sentence.ts';
import type { ConsoleView, KeyView } from '../view/view.ts';

/** Colours of a terminal; each function returns its text in a colour, or unchanged. */
export type Paint = Readonly<Record<'good' | 'warn' | 'bad' | 'quiet', (text: string) => string>>;

const OTHER_NODE = '+';

/**
 * The view as lines of at most `width` columns, for example of an 80-column terminal. If keys do not fit into
 * `rows` lines, a line has their number.
 */
export function terminalLines(
  view: ConsoleView,
  width: number,
  paint: Paint,
  others: readonly OtherPage[] = [],
  rows = Number.POSITIVE_INFINITY,
): readonly string[] {
  const { health, services, keys, summary } = view;
  const name = services.find(({ self }) => self)?.name ?? 'watchbill';
  const state = health.ready ? paint.good(health.state) : paint.bad(`${health.state}: ${health.detail}`);
  const head = [
    `${name}  ${state}`,
    paint[summary.tone](summary.text),
    ...wrapped(`store  ${health.store.ok ? '' : 'DOWN. '}${health.store.detail}`, width).map(paint.quiet),
    ...view.needs.flatMap(({ sentence, todo }) => wrapped(`! ${sentence}: ${todo}`, width).map(paint.warn)),
    ...(keys.length === 0 && health.ready ? ['no key has a policy yet: `watchbill policy apply FILE`'] : []),
  ];
  const tail = [
    ...denialLines(view, width, paint),
    '',
    ...wrapped(upkeepText(view), width).map(paint.quiet),
    ...others.flatMap((page) => otherLines(page, width, paint)),
  ];
  const blocks = keys.map((key) => ['', ...keyLines(key, view, width, paint)]);
  let room = rows - head.length - 1;
  const fit = blocks.filter((block) => {
    room -= block.length;
    return room >= 0;
  });
  const more = view.moreKeys + blocks.length - fit.length;
  const moreText =
    more > 0 ? [`... ${counted(more, 'more key')}: \`watchbill status --short\` shows all`] : [];
  return [...head, ...fit.flat(), ...moreText, ...tail].slice(0, rows);
}

const OTHER_PAINT = { well: 'quiet', unwell: 'warn', strange: 'quiet', silent: 'bad' } as const;

function otherLines({ name, look }: OtherPage, width: number, paint: Paint): readonly string[] {
  const text = `${name}: ${look?.sentence ?? 'no answer yet'}`;
  return wrapped(text, width).map(paint[look === null ? 'quiet' : OTHER_PAINT[look.state]]);
}

function keyLines(key: KeyView, { nowMs }: ConsoleView, width: number, paint: Paint): readonly string[] {
  const { label, state, nodes, strips, standbys } = key;
  const legend = nodes.map((node, at) => `${LETTERS[at] ?? OTHER_NODE} ${node}`).join('  ');
  const drills = standbys.flatMap(({ node, lastDrill: last }) =>
    last === null ? [] : [`drill of ${node}: ${last.state}, ${longAge(nowMs - last.atMs)} ago`],
  );
  return [
    ...wrapped(`key ${label.replace('…', '')}  ${state.sentence}`, width).map(paint[state.tone]),
    ...strips.flatMap(({ duty, cells }) => stripLines(duty, cells, nodes, width, paint)),
    ...wrapped(`  ${[legend, ...drills].join('; ')}`, width).map(paint.quiet),
  ];
}

function stripLines(
  duty: string,
  cells: readonly Cell[],
  nodes: readonly string[],
  width: number,
  paint: Paint,
): readonly string[] {
  const head = `  ${duty} `.padEnd(12);
  const room = Math.max(8, width - head.length);
  const newest = cells.slice(-room);
  const signs = newest.map((cell) => signOf(cell, nodes, paint)).join('');
  return [`${head}${signs === '' ? paint.quiet('no claim yet'.slice(0, room)) : signs}`];
}

function signOf({ outcome, node }: Cell, nodes: readonly string[], paint: Paint): string {
  if (outcome === 'granted' || outcome === 'signed')
    return paint.good(LETTERS[nodes.indexOf(node ?? '')] ?? OTHER_NODE);
  const { sign, tone } = OUTCOMES[outcome] ?? { sign: '?', tone: 'bad' };
  return paint[tone](sign);
}

function denialLines({ denials, nowMs }: ConsoleView, width: number, paint: Paint): readonly string[] {
  const lines = denials.flatMap(({ reason, count, lastMs, nodes, isExpected }) => {
    const text = `  ${reason}: ${count}, last ${longAge(nowMs - lastMs)} ago, ${nodes.join(', ')}${isExpected ? ' (expected of a standby)' : ''}`;
    return wrapped(text, width).map(isExpected ? paint.quiet : paint.warn);
  });
  return lines.length === 0 ? [] : ['', 'denials by reason', ...lines];
}

/** For example `upkeep: drill of bravo ok, 9 days ago; backup 2 hours ago; no verification yet`. */
function upkeepText({ upkeep: { lastDrill, lastExport, lastVerification }, nowMs }: ConsoleView): string {
  const ago = ({ atMs }: { readonly atMs: number }) => `${longAge(nowMs - atMs)} ago`;
  const parts = [
    lastDrill === null ? 'no drill yet' : `drill of ${lastDrill.node} ${lastDrill.state}, ${ago(lastDrill)}`,
    lastExport === null ? 'no backup yet' : `backup ${ago(lastExport)}`,
    lastVerification === null
      ? 'no verification yet'
      : `verification ${lastVerification.verdict}, ${ago(lastVerification)}`,
  ];
  return `upkeep: ${parts.join('; ')}`;
}

/** The text in lines of at most `width` characters, broken at spaces where that is possible. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const at = space > rest.length - rest.trimStart().length ? space : width;
    lines.push(rest.slice(0, at));
    rest = `  ${rest.slice(at).trimStart()}`;
    if (width <= 2) break;
  }
  return [...lines, rest];
}
