import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  encodeProgramme,
  encodeSnapshot,
  planFromTexts,
  presetProgramme,
  type StoredRound,
} from '@watchbill/nominate';
import { openProgrammeStore, type ProgrammeStore } from '@watchbill/nominate/storage';
import { sampleSnapshot } from '@watchbill/nominate/testing';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { median } from '@watchbill/testkit/bench/statistics';

/** One round a day. */
const ROUNDS = 3_650;
const CANDIDATES = 1_200;
const TARGETS = 16;
const NOMINATORS = 20;
const ERAS = 3_650;
/** Eras whose points are stored: those of ten years would take longer to make than to ask. */
const STORED_ERAS = 100;
const VALIDATORS = 600;
const LIMIT_MS = 100;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2016, 10, 20);

/** A database with ten years of rounds, and what its slowest question takes. */
export async function measureNominateStorage(stage: Stage, options: Options): Promise<Report> {
  const store = await openProgrammeStore({ file: join(stage.folder, 'programme.db') }, () => START_MS);
  try {
    const real = await fill(store);
    const questions = questionsOf(store, real);
    const rows: { readonly what: string; readonly ms: number }[] = [];
    for (const [what, ask] of questions) {
      const times: number[] = [];
      for (let round = 0; round < Math.max(5, options.rounds); round += 1) {
        const began = performance.now();
        await ask();
        times.push(performance.now() - began);
      }
      rows.push({ what, ms: median(times) });
    }
    const slowestMs = Math.max(...rows.map(({ ms }) => ms));
    const budgets: readonly Budget[] = [atMost('slowestMs', slowestMs, LIMIT_MS, 'ms')];
    const lines = table([
      [`${ROUNDS.toLocaleString('en')} rounds, SQLite`, 'median'],
      ...rows.map(({ what, ms }) => [what, figure(ms, 'ms')]),
    ]);
    return {
      figures: { slowestMs, rounds: ROUNDS, candidates: CANDIDATES, questions: rows },
      budgets,
      lines,
    };
  } finally {
    await store.close();
  }
}

const keyOf = (what: string): string => `0x${createHash('sha256').update(what).digest('hex')}`;
const KEYS = Array.from({ length: CANDIDATES }, (_, n) => keyOf(`candidate ${n}`));

/** Ten years of small rounds, and one of the size of a real one; answers the name of that one. */
async function fill(store: ProgrammeStore): Promise<string> {
  for (let round = 0; round < ROUNDS; round += 1) await store.rounds.add(smallRound(round));
  for (let era = ERAS - STORED_ERAS; era < ERAS; era += 1) {
    const rows = Array.from({ length: VALIDATORS }, (_, n) => ({
      era,
      stashKey: KEYS[(n * 7 + era) % CANDIDATES] ?? '',
      points: 20 * n,
    }));
    await store.points.putEra({ era, total: 1, validators: VALIDATORS, median: 1 }, rows);
  }
  for (const [at, key] of KEYS.slice(0, 300).entries())
    await store.history.addFaults(
      key,
      Array.from({ length: 20 }, (_, n) => ({
        kind: 'offline' as const,
        era: n * 180 + (at % 180),
        atMs: START_MS + (n * 180 + at) * DAY_MS,
        reason: 'away',
        evidence: [],
      })),
    );
  return realRound(store);
}

function smallRound(round: number): StoredRound {
  const nominators = Array.from({ length: NOMINATORS }, (_, n) => ({
    name: `nominator ${n}`,
    targets: Array.from(
      { length: TARGETS },
      (_, t) => KEYS[(round * 31 + n * TARGETS + t) % CANDIDATES] ?? '',
    ),
  }));
  const record = { era: round, eligibleCount: 900, nominatedCount: NOMINATORS * TARGETS, nominators };
  return {
    snapshot: JSON.stringify({ takenAtMs: START_MS + round * DAY_MS, notes: [keyOf(`round ${round}`)] }),
    programme: '{}',
    record: JSON.stringify(record),
    aftermath: { transactions: [], outcomes: [] },
  };
}

async function realRound(store: ProgrammeStore): Promise<string> {
  const snapshot = sampleSnapshot({ seed: 'storage', count: CANDIDATES, nominators: 4, backers: 20 });
  const nominators = snapshot.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
  const programme = encodeProgramme(presetProgramme({ network: 'polkadot', profile: 'fair' }, nominators));
  const text = encodeSnapshot(snapshot);
  const planned = planFromTexts({ snapshot: text, programme, forced: true });
  if (!planned.ok) throw new Error('there is no round');
  const record = (JSON.parse(planned.result.stored) as { record: string }).record;
  await store.rounds.add({
    snapshot: text,
    programme,
    record,
    aftermath: { transactions: [], outcomes: [] },
  });
  return createHash('sha256').update(record).digest('hex');
}

type Question = readonly [what: string, ask: () => Promise<unknown>];

function questionsOf(store: ProgrammeStore, real: string): readonly Question[] {
  const [first = ''] = KEYS;
  return [
    ['the newest 50 rounds', () => store.rounds.list({ limit: 50, after: null })],
    ['1,000 rounds, from a page in the middle', () => middle(store)],
    ['the newest round', () => store.rounds.newest()],
    ['100 rounds that nominated one candidate', () => store.rounds.nominating(first, 100)],
    [`all texts of a round of ${CANDIDATES.toLocaleString('en')} candidates`, () => store.rounds.get(real)],
    ['points of one candidate', () => store.points.of(first, 84)],
    ['points of 100 candidates in 84 eras', () => store.points.ofAll(KEYS.slice(0, 100), ERAS - 84)],
    ['100 faults, the newest first', () => store.history.faults({ limit: 100, after: null })],
    ['history of 100 candidates', () => store.history.of(KEYS.slice(0, 100))],
  ];
}

async function middle(store: ProgrammeStore): Promise<void> {
  const { next } = await store.rounds.list({ limit: 1_000, after: null });
  await store.rounds.list({ limit: 1_000, after: next });
}
