import { FIRST_PREV } from '../rule/index.ts';
import { unpadded } from '../service/ledger/lines.ts';
import type { Findings } from './findings.ts';

/** An entry as the walk needs it. Units are padded, so that text order is unit order. */
export interface Step {
  readonly seq: bigint;
  readonly hash: string;
  readonly prev: string;
  readonly kind: 'adopt' | 'grant';
  readonly unit: string | null;
  readonly window: number;
}

/**
 * The end of one line of history. `floor` and `recent` are replayed from the entries; behind a gap they are
 * lower bounds, which is enough: a floor only rises.
 */
export interface Tip {
  readonly floor: string | null;
  readonly recent: readonly string[];
  /** The last closing of a fork that this line contains; 0 for none. */
  readonly settled: number;
}

/** Two or more lines of one epoch, from the first number that two entries have. */
export interface Fork {
  readonly from: bigint;
  to: bigint;
  readonly hashes: readonly string[];
}

export interface WalkContext {
  readonly mark: string;
  readonly epoch: string;
  readonly findings: Findings;
  /** The line that ends with this entry of another epoch; null if no export holds such an entry. */
  readonly ancestor: (hash: string, seq: bigint) => Tip | null;
  /** The floor that the store shows at this entry; undefined if no export shows it. */
  readonly storeFloor: (hash: string) => string | null | undefined;
  /** Called for each entry with the line that it ends. */
  readonly passed: (hash: string, tip: Tip) => void;
}

/** Steps by their number, ascending; of each number at most 1,000, so that a million need no memory. */
export function* levelsOf(steps: Iterable<Step>): Generator<Step[]> {
  let level: Step[] = [];
  for (const step of steps) {
    if (level[0] !== undefined && level[0].seq !== step.seq) {
      yield level;
      level = [];
    }
    // Above every number that is followed.
    if (level.length < 1_000) level.push(step);
  }
  if (level.length > 0) yield level;
}

export interface EpochSummary {
  /** Forks that no adoption of this epoch closed, and the highest unit granted since the first of them. */
  readonly open: readonly Fork[];
  readonly openTop: string | null;
}

/** Entries of one number that are followed as lines; more of them are a violation without being followed. */
export const MAX_LINES = 64;

const NO_LINE: Tip = { floor: null, recent: [], settled: 0 };

interface Closing {
  readonly forks: readonly Fork[];
  readonly floor: string;
  readonly by: string;
  reopened: boolean;
}

interface Walk {
  readonly context: WalkContext;
  last: bigint | null;
  tips: Map<string, Tip>;
  open: Fork[];
  openTop: string | null;
  readonly closings: Closing[];
}

/**
 * Follow the entries of one epoch of one mark: chain, gaps, forks, floors. Memory does not grow with the
 * epoch.
 */
export function walkEpoch(context: WalkContext) {
  const walk: Walk = { context, last: null, tips: new Map(), open: [], openTop: null, closings: [] };
  return {
    /** All entries of the next number, ascending by number. */
    level(entries: readonly Step[]): void {
      const seq = entries[0]?.seq ?? 0n;
      const next = new Map<string, Tip>();
      const parents = followed(walk, seq, entries).map((step) => ({ step, parent: parentOf(walk, step) }));
      noteGap(walk, seq, parents);
      const linked = parents.map(({ step, parent }) => ({ step, line: parent ?? unlinked(walk, step) }));
      noteFork(walk, seq, linked);
      for (const { step, line } of linked)
        next.set(
          step.hash,
          step.kind === 'grant' ? grantStep(walk, step, line) : adoptStep(walk, step, line),
        );
      closeForks(walk, entries, next);
      for (const { step } of parents) judgeTip(walk, step, next.get(step.hash) ?? NO_LINE);
      walk.last = seq;
      walk.tips = next;
    },
    finish(): EpochSummary {
      for (const { reopened, forks, by } of walk.closings)
        if (!reopened) for (const fork of forks) noteClosed(context, fork, by);
      return { open: walk.open, openTop: walk.openTop };
    },
  };
}

function followed({ context }: Walk, seq: bigint, entries: readonly Step[]): readonly Step[] {
  if (entries.length <= MAX_LINES) return entries;
  const text = `${entries.length} or more entries have number ${seq}; the first ${MAX_LINES} are followed`;
  context.findings.add('fork', text, {
    ...at(context, seq),
    hashes: entries.slice(0, 2).map(({ hash }) => hash),
  });
  return entries.slice(0, MAX_LINES);
}

/** The line that an entry continues; null if no known line ends with the hash that it names. */
function parentOf(walk: Walk, step: Step): Tip | null {
  const { context, last, tips } = walk;
  const known = last === step.seq - 1n ? tips.get(step.prev) : undefined;
  if (known !== undefined) return known;
  const ancestor = step.prev === FIRST_PREV ? NO_LINE : context.ancestor(step.prev, step.seq - 1n);
  if (ancestor === null || (step.prev === FIRST_PREV && step.seq !== 1n)) return null;
  if (step.kind !== 'adopt') {
    // An epoch begins with an adoption, on an older epoch or on nothing.
    const text = `entry ${step.seq} grants at the beginning of an epoch, and no adoption came before it`;
    context.findings.add('epoch-not-adopted', text, { ...at(context, step.seq), hashes: [step.hash] });
  }
  return { ...ancestor, settled: 0 };
}

interface Linked {
  readonly step: Step;
  readonly parent: Tip | null;
}

function noteGap({ context, last }: Walk, seq: bigint, parents: readonly Linked[]): void {
  const { findings } = context;
  const loose = parents.filter(({ parent, step }) => parent === null && step.prev !== FIRST_PREV);
  if (loose.length === 0 || last === seq - 1n) return;
  if (last !== null) {
    const range =
      last + 1n === seq - 1n ? `entry ${last + 1n} is` : `entries ${last + 1n} to ${seq - 1n} are`;
    findings.add('gap', `${range} in no export`, { ...at(context, last + 1n, seq - 1n) });
    return;
  }
  const text = `the epoch begins for us at entry ${seq}; no export holds entry ${seq - 1n}, which it follows`;
  findings.add('epoch-start', text, { ...at(context, seq - 1n), hashes: loose.map(({ step }) => step.hash) });
}

/**
 * The lowest floor of all lines, for an entry whose line is not known because numbers are missing in between.
 */
function unlinked({ context, last, tips }: Walk, step: Step): Tip {
  const wrong = step.prev === FIRST_PREV ? step.seq !== 1n : last === step.seq - 1n;
  if (wrong) {
    const text = `entry ${step.seq} names ${step.prev} as the entry before, and no entry with that hash is there`;
    context.findings.add('chain-broken', text, { ...at(context, step.seq), hashes: [step.hash, step.prev] });
  }
  const lines = [...tips.values()];
  const floors = lines.map(({ floor }) => floor);
  const floor = floors.length === 0 || floors.includes(null) ? null : floors.reduce(lower, floors[0] ?? null);
  return {
    floor,
    recent: [],
    settled: lines.length === 0 ? 0 : Math.min(...lines.map(({ settled }) => settled)),
  };
}

/** Entries on lines that a closing left behind are not a fork: they are watched for units above its floor. */
function noteFork(
  { open, last, closings }: Walk,
  seq: bigint,
  linked: readonly { step: Step; line: Tip }[],
): void {
  const since = closings.findLastIndex(({ reopened }) => !reopened) + 1;
  const live = linked.filter(({ line }) => line.settled >= since);
  if (live.length < 2) return;
  const running = open.at(-1);
  if (running !== undefined && last !== null && running.to === last) running.to = seq;
  else open.push({ from: seq, to: seq, hashes: live.slice(0, 4).map(({ step }) => step.hash) });
}

function grantStep(walk: Walk, step: Step, line: Tip): Tip {
  const { context, closings } = walk;
  const unit = step.unit ?? '';
  if (line.floor !== null && unit <= line.floor) {
    const text = `entry ${step.seq} grants ${unpadded(unit)}, which lies at or below the floor ${unpadded(line.floor)}`;
    context.findings.add('below-floor', text, {
      ...at(context, step.seq),
      unit: unpadded(unit),
      hashes: [step.hash],
    });
  }
  for (const closing of closings.slice(line.settled)) {
    if (closing.reopened || unit <= closing.floor) continue;
    closing.reopened = true;
    walk.open.push(...closing.forks);
    walk.openTop = higher(walk.openTop, closing.floor);
  }
  if (walk.open.length > 0) walk.openTop = higher(walk.openTop, unit);
  return { ...replayed(line, unit, step.window), settled: line.settled };
}

/**
 * The mark after a grant: at most `window` units above the floor; the highest that leaves becomes the floor.
 */
function replayed({ floor, recent }: Tip, unit: string, window: number): Omit<Tip, 'settled'> {
  let all = recent;
  if (!recent.includes(unit)) {
    const above = recent.findIndex((other) => other > unit);
    all = above < 0 ? [...recent, unit] : recent.toSpliced(above, 0, unit);
  }
  const leaving = all.slice(0, Math.max(0, all.length - window));
  return { floor: higher(floor, leaving.at(-1) ?? null), recent: all.slice(leaving.length) };
}

function adoptStep({ context }: Walk, step: Step, line: Tip): Tip {
  const floor = step.unit;
  if (line.floor !== null && (floor === null || floor < line.floor)) {
    const now = floor === null ? 'none' : unpadded(floor);
    const text = `adoption ${step.seq} sets the floor to ${now}; it was ${unpadded(line.floor)} already`;
    context.findings.add('floor-lowered', text, { ...at(context, step.seq), hashes: [step.hash] });
  }
  const raised = higher(line.floor, floor);
  const recent = line.recent.filter((unit) => raised === null || unit > raised);
  return { floor: raised, recent, settled: line.settled };
}

/**
 * An adoption with a floor at or above everything granted on all lines since a fork closes it for the line it
 * is on.
 */
function closeForks(walk: Walk, entries: readonly Step[], tips: Map<string, Tip>): void {
  if (walk.open.length === 0) return;
  const { openTop } = walk;
  const closers = entries.filter(
    ({ kind, unit }) => kind === 'adopt' && unit !== null && (openTop === null || unit >= openTop),
  );
  const [first] = closers;
  if (first === undefined) return;
  const floor = closers.reduce((least, { unit }) => lower(least, unit) ?? least, first.unit ?? '');
  walk.closings.push({ forks: walk.open, floor, by: first.hash, reopened: false });
  walk.open = [];
  walk.openTop = null;
  for (const { hash } of closers) {
    const tip = tips.get(hash);
    if (tip !== undefined) tips.set(hash, { ...tip, settled: walk.closings.length });
  }
}

function judgeTip({ context }: Walk, step: Step, tip: Tip): void {
  context.passed(step.hash, tip);
  const shown = context.storeFloor(step.hash);
  if (shown === undefined || tip.floor === null || (shown !== null && shown >= tip.floor)) return;
  const text = `the store shows the floor ${shown === null ? 'none' : unpadded(shown)} at entry ${step.seq}; the entries lead to ${unpadded(tip.floor)}`;
  context.findings.add('store-floor', text, { ...at(context, step.seq), hashes: [step.hash] });
}

/** Report a fork that an adoption closed. */
export function noteClosed(
  context: Pick<WalkContext, 'mark' | 'epoch' | 'findings'>,
  fork: Fork,
  by: string,
): void {
  const text = `two or more entries have ${numbers(fork)}: the store went back. Adoption ${by} closed it with a floor above all of them`;
  context.findings.add('fork-closed', text, { ...at(context, fork.from, fork.to), hashes: fork.hashes });
}

/** Report a fork that is still open. */
export function noteOpen(context: Pick<WalkContext, 'mark' | 'epoch' | 'findings'>, fork: Fork): void {
  const text = `two or more entries have ${numbers(fork)}: the store went back, and no adoption with a floor above all of them came after`;
  context.findings.add('fork', text, { ...at(context, fork.from, fork.to), hashes: fork.hashes });
}

function numbers({ from, to }: Fork): string {
  return from === to ? `number ${from}` : `each number from ${from} to ${to}`;
}

function at({ mark, epoch }: Pick<WalkContext, 'mark' | 'epoch'>, from: bigint, to: bigint = from) {
  return { mark, epoch, seqs: [from, to] as const };
}

export function higher(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a >= b ? a : b;
}

function lower(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return a <= b ? a : b;
}
