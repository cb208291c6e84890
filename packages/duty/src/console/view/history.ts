import { type Permit, type TallyRow, UNIT_OUTCOMES } from '../../service/index.ts';
import type { KeyView } from './view.ts';

/** A node in one span of time: decision 0083. */
export type NodeSpan = 'granted' | 'not granted' | 'unknown';

export type KeyHistory = ReturnType<typeof readHistory>;
export type Axis = KeyHistory['day'];
/** The units of a duty in one day; `unknown` ones may have been missed. */
export type Day = KeyHistory['duties'][number]['days'][number];

export type ReadTally = (query: Parameters<Permit['unitTally']>[0]) => readonly TallyRow[];

const [QUARTER_MS, HOUR_MS, DAY_MS] = [900_000, 3_600_000, 86_400_000];

/** The history of a key: 24 hours by quarters, 7 days by hours, and 30 days of each duty, oldest first. */
export function readHistory(key: KeyView, read: ReadTally, nowMs: number) {
  const { chain, key: of } = key;
  const spansOf = (stepMs: number, count: number) => {
    const fromMs = nowMs - (nowMs % stepMs) - (count - 1) * stepMs;
    return { fromMs, stepMs, count, rows: read({ chain, key: of, sinceMs: fromMs, stepMs }) };
  };
  const { rows, fromMs, count } = spansOf(DAY_MS, 30);
  const duties = key.strips.map(({ duty }) => {
    const days = Array.from({ length: count }, (_none, at) => {
      const atMs = fromMs + at * DAY_MS;
      const of = rows.filter((row) => row.duty === duty && row.atMs === atMs);
      return { atMs, missed: sum(missedOf(of)), unknown: sum(unknownOf(of)), units: sum(of) };
    });
    return { duty, days };
  });
  return { day: axisOf(key, spansOf(QUARTER_MS, 96)), week: axisOf(key, spansOf(HOUR_MS, 168)), duties };
}

const sum = (rows: readonly TallyRow[]): number => rows.reduce((total, { units }) => total + units, 0);
const missedOf = (rows: readonly TallyRow[]) => rows.filter(({ outcome }) => UNIT_OUTCOMES[outcome].missed);
const unknownOf = (rows: readonly TallyRow[]) => rows.filter(({ outcome }) => outcome === 'unknown');

interface Spans {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly count: number;
  readonly rows: readonly TallyRow[];
}

/** A row per node over equal spans of time, oldest first. */
function axisOf({ nodes, freeze }: KeyView, { fromMs, stepMs, count, rows }: Spans) {
  const groups = Map.groupBy(rows, ({ atMs }) => (atMs - fromMs) / stepMs);
  const spans = Array.from({ length: count }, (_none, at) => groups.get(at) ?? []);
  const spanOf = (node: string, of: readonly TallyRow[]): NodeSpan => {
    if (of.some((row) => row.node === node)) return 'granted';
    return of.length === 0 ? 'unknown' : 'not granted';
  };
  // A node that left the policy keeps its row while the axis has it.
  const all = new Set([...nodes, ...rows.flatMap(({ node }) => node ?? [])]);
  const frozenTo = freeze === undefined ? 0 : (freeze.lifted?.atMs ?? Number.MAX_SAFE_INTEGER);
  return {
    fromMs,
    stepMs,
    nodes: [...all].map((node) => ({ node, spans: spans.map((of) => spanOf(node, of)) })),
    /** Missed units of each span; null if no observer showed the outcome of any unit in it. */
    missed: spans.map((of) => (of.length === unknownOf(of).length ? null : sum(missedOf(of)))),
    /** Whether the key was frozen. Null before the last freeze: a policy keeps no other one. */
    frozen: spans.map((_of, at) => {
      const startMs = fromMs + at * stepMs;
      return freeze === undefined || freeze.atMs >= startMs + stepMs ? null : frozenTo > startMs;
    }),
    changes: changesOf(spans),
  };
}

/** A node was granted a unit after another one had been. `span` counts from the start of the axis. */
function changesOf(spans: readonly (readonly TallyRow[])[]) {
  const changes: { readonly span: number; readonly from: string; readonly to: string }[] = [];
  let active: string | null = null;
  for (const [span, rows] of spans.entries()) {
    const granted = new Set(rows.flatMap(({ node }) => node ?? []));
    for (const to of [...granted].toSorted((a, b) => Number(b === active) - Number(a === active))) {
      if (active !== null && to !== active) changes.push({ span, from: active, to });
      active = to;
    }
  }
  return changes;
}
