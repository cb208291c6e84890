import type { LedgerPoint } from '../../../rule/index.ts';
import type { ReportsEffect } from '../effects.ts';
import type { Happening } from '../effects-shell.ts';
import { heldText } from '../held.ts';
import { type Report, reportKey, reportOf, type SaidWord, wordId } from '../report.ts';
import type { ReportsEvent, Verdict } from '../report-events.ts';
import { emptyState, type ReportsState } from '../state.ts';
import { step } from '../step.ts';
import { wakeMs } from '../sync.ts';

/** Shared by the tests of rollback reports: words, and the step with plain maps as store, disk and marks. */
export const SERVICE = 'service-1';
export const CHAIN = `0x${'c1'.repeat(32)}`;
export const KEY = `0x${'ab'.repeat(32)}`;
export const OTHER = `0x${'cd'.repeat(32)}`;
export const EPOCH = 'epoch-1';

const START_MS = 1_000;
const MAX_STEPS = 10_000;

/** A word about babe: the unit that was granted, and the highest unit then; both the same slot. */
export function wordOf(slot: number, change: Partial<SaidWord> = {}): SaidWord {
  return {
    node: 'a',
    incarnation: '11'.repeat(16),
    chain: CHAIN,
    key: KEY,
    duty: 'babe',
    point: pointAt(slot),
    why: `entry ${slot} is remembered; the store is at entry 1`,
    ...change,
  };
}

export function pointAt(slot: number): LedgerPoint {
  const unit = [BigInt(slot)];
  const hash = slot.toString(16).padStart(64, '0');
  return { epoch: EPOCH, seq: BigInt(slot), hash, unit, part: 'seal', nonce: `nonce-${slot}`, top: unit };
}

/** Where the report of a word lies. */
export function placeOf(word: SaidWord, service = SERVICE): string {
  return reportKey(service, wordId(service, reportOf(service, word).word));
}

export interface Steps {
  readonly store: Map<string, string>;
  /** Words that the own disk holds open, by id. */
  readonly disk: Map<string, string>;
  /** `id how`, in their order. */
  readonly releases: string[];
  readonly logs: string[];
  /** How the mark of a record accounts for its word; `none` unless set. */
  readonly verdicts: Map<string, Verdict>;
  readonly policies: { chain: string; key: string }[];
  /** How many writes of records were begun. */
  readonly writes: () => number;
  readonly state: () => ReportsState;
  /** Faults that are on now. */
  readonly faults: { store: boolean; disk: boolean };
  send(happening: Happening): void;
  say(word: SaidWord): void;
  /** Time passes, with a tick whenever one is due. */
  pass(ms: number): void;
  /** The store goes back to these records; this service gets a hint for each record that changed. */
  restore(records: ReadonlyMap<string, string>): void;
  held(key?: string): boolean;
}

/** Everything around the step, as plain maps. */
interface Around {
  readonly store: Map<string, string>;
  readonly disk: Map<string, string>;
  readonly releases: string[];
  readonly logs: string[];
  readonly verdicts: Map<string, Verdict>;
  readonly policies: { chain: string; key: string }[];
  readonly faults: { store: boolean; disk: boolean };
  writes: number;
}

/** A service that performs every effect at once. A disk of an earlier one makes it a restart. */
export function steps(
  of: { store?: Map<string, string>; disk?: Map<string, string>; id?: string } = {},
): Steps {
  const service = of.id ?? SERVICE;
  const around = aroundOf(of.store, of.disk);
  let nowMs = START_MS;
  let state = emptyState(service, nowMs);

  function send(happening: Happening): void {
    const queue: Happening[] = [happening];
    for (let count = 0; queue.length > 0; count++) {
      if (count > MAX_STEPS) throw new Error('the steps do not end');
      const time = { nowMs, atMs: nowMs };
      const next = step(state, { ...(queue.shift() as Happening), ...time } as ReportsEvent);
      state = next.state;
      for (const effect of next.effects) queue.push(...perform(around, effect));
    }
  }

  const steps: Steps = {
    ...around,
    send,
    writes: () => around.writes,
    state: () => state,
    say: (word) => send({ kind: 'said', word }),
    pass(ms) {
      const endMs = nowMs + ms;
      for (let count = 0; count < MAX_STEPS; count++) {
        const due = wakeMs(state);
        if (due === null || due > endMs) break;
        nowMs = Math.max(nowMs, due);
        send({ kind: 'tick' });
      }
      nowMs = endMs;
    },
    restore(records) {
      const changed = new Set([...around.store.keys(), ...records.keys()]);
      around.store.clear();
      for (const [recordKey, text] of records) around.store.set(recordKey, text);
      for (const recordKey of changed) send({ kind: 'record-changed', recordKey });
    },
    held: (key = KEY) => heldText(state, { chain: CHAIN, key }) !== null,
  };
  for (const [id, text] of around.disk) send({ kind: 'on-disk', recordKey: reportKey(service, id), text });
  for (const [recordKey, text] of around.store) send({ kind: 'record-seen', recordKey, call: null, text });
  return steps;
}

function aroundOf(store = new Map<string, string>(), disk = new Map<string, string>()): Around {
  const policies = [KEY, OTHER].map((key) => ({ chain: CHAIN, key }));
  const faults = { store: false, disk: false };
  return { store, disk, releases: [], logs: [], verdicts: new Map(), policies, faults, writes: 0 };
}

function perform(around: Around, effect: ReportsEffect): Happening[] {
  const { store, faults, verdicts, policies } = around;
  switch (effect.kind) {
    case 'log':
      around.logs.push(String(effect.event.event));
      return [];
    case 'keep-word':
    case 'release-in-ledger':
      return [onDisk(around, effect)];
    case 'read-record': {
      const { recordKey, call } = effect;
      if (faults.store) return [{ kind: 'not-read', recordKey, call, why: 'down' }];
      return [{ kind: 'record-seen', recordKey, call, text: store.get(recordKey) ?? null }];
    }
    case 'write-record': {
      const { recordKey, call, before, text } = effect;
      around.writes += 1;
      if (faults.store) return [{ kind: 'written', recordKey, call, outcome: 'unsure', why: 'down' }];
      const fits = (store.get(recordKey) ?? null) === before;
      if (fits) store.set(recordKey, text);
      return [{ kind: 'written', recordKey, call, outcome: fits ? 'applied' : 'conflict', why: '' }];
    }
    case 'judge': {
      const verdictOf = (recordKey: string) => [recordKey, verdicts.get(recordKey) ?? 'none'] as const;
      const found = effect.asked.map(({ recordKey }) => verdictOf(recordKey));
      return [{ kind: 'judged', call: effect.call, verdicts: new Map(found), policies }];
    }
  }
}

function onDisk(
  { disk, faults, releases }: Around,
  effect: Extract<ReportsEffect, { kind: 'keep-word' | 'release-in-ledger' }>,
): Happening {
  const { recordKey } = effect;
  if (faults.disk) return { kind: 'disk-failed', recordKey, why: 'full' };
  if (effect.kind === 'keep-word') {
    for (const { id, text } of effect.words) disk.set(id, text);
    return { kind: 'kept', recordKey, ids: effect.words.map(({ id }) => id) };
  }
  for (const id of effect.ids) if (disk.delete(id)) releases.push(`${id} ${effect.released.how}`);
  return { kind: 'disk-released', recordKey };
}

/** The report at a place, as this service knows it. */
export function reportAt(world: Steps, recordKey: string): Report {
  const report = world.state().entries.get(recordKey)?.report;
  if (report == null) throw new Error(`no report at ${recordKey}`);
  return report;
}
