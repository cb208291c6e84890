import {
  checkAndScore,
  cutHistory,
  decodeProgramme,
  decodeSnapshot,
  encodeProgramme,
  encodeSnapshot,
  POLKADOT_2026,
  POLKADOT_RANK_RULES,
  presetProgramme,
  type Snapshot,
} from '@watchbill/nominate';
import { sampleSnapshot } from '@watchbill/nominate/testing';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { median } from '@watchbill/testkit/bench/statistics';

const CANDIDATES = 1_200;
const NOMINATORS = 20;
/** Nominators that each candidate has beside the programme's. */
const BACKERS = 20;
const LIMIT_MS = 2_000;
const AGED_ERAS = 3_650;
const AGED_LIMIT_MB = 15;
const AGED_READ_LIMIT_MS = 500;
const PROFILES = ['1kv', 'fair'] as const;

type Profile = (typeof PROFILES)[number];

interface Texts {
  readonly snapshot: string;
  readonly programme: string;
}

/** What one pass took: the snapshot read from its text, all candidates judged, the eligible ones scored. */
interface Pass {
  readonly readMs: number;
  readonly judgeMs: number;
  /** A result that must be the same in each round. */
  readonly scoredCount: number;
}

/** 1,200 candidates of an invented snapshot, checked and scored by both profiles. */
export async function measureNominate(_stage: Stage, options: Options): Promise<Report> {
  const snapshot = sampleSnapshot({
    seed: 'bench',
    count: CANDIDATES,
    nominators: NOMINATORS,
    backers: BACKERS,
  });
  const text = encodeSnapshot(snapshot);
  const nominators = snapshot.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
  const of = (profile: Profile): Texts => ({
    snapshot: text,
    // The rules of 2024 let nobody of the sample through: the checks of 2026 go with both profiles.
    programme: encodeProgramme({
      ...presetProgramme({ network: 'polkadot', profile }, nominators),
      checks: POLKADOT_2026,
    }),
  });
  const texts = { '1kv': of('1kv'), fair: of('fair') };
  // The first pass of a process is compiled on the way: it is what a person who runs the command waits for.
  const first = pass(texts.fair);
  const rounds = PROFILES.map((profile) => ({
    profile,
    passes: Array.from({ length: options.rounds }, () => pass(texts[profile])),
  }));
  for (const { profile, passes } of rounds) {
    if (new Set(passes.map(({ scoredCount }) => scoredCount)).size > 1)
      throw new Error(`two passes by profile ${profile} scored different candidates`);
  }
  const aged = agedOf(snapshot, options.rounds);
  return report({ snapshotBytes: Buffer.byteLength(text), first, rounds, aged });
}

/** The size and the reading of a snapshot after ten years, with eras of a day. */
function agedOf(snapshot: Snapshot, rounds: number) {
  const periods = Array.from({ length: AGED_ERAS }, (_, era) => ({
    firstEra: era,
    lastEra: era,
    activeEras: era % 3 === 0 ? [] : [era],
    nominated: era % 5 === 0,
  }));
  const candidates = snapshot.candidates.map((record) => ({
    ...record,
    history: cutHistory({ ...record.history, periods }, POLKADOT_RANK_RULES),
  }));
  const text = encodeSnapshot({ ...snapshot, candidates });
  const readMs = Array.from({ length: rounds }, () => {
    const before = process.threadCpuUsage();
    if (!decodeSnapshot(text).ok) throw new Error('the aged snapshot cannot be read');
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  });
  return { bytes: Buffer.byteLength(text), readMs: median(readMs) };
}

function pass({ snapshot, programme }: Texts): Pass {
  const began = performance.now();
  const read = { snapshot: decodeSnapshot(snapshot), programme: decodeProgramme(programme) };
  if (!read.snapshot.ok || !read.programme.ok) throw new Error('the invented texts cannot be read');
  const wasRead = performance.now();
  const scored = checkAndScore(read.snapshot.snapshot, read.programme.programme);
  if (!scored.ok) throw new Error('the invented snapshot cannot be scored');
  const { verdicts, scores } = scored.result;
  if (verdicts.length !== CANDIDATES) throw new Error(`${verdicts.length} candidates were judged`);
  return { readMs: wasRead - began, judgeMs: performance.now() - wasRead, scoredCount: scores.length };
}

interface Measured {
  readonly snapshotBytes: number;
  readonly aged: { readonly bytes: number; readonly readMs: number };
  readonly first: Pass;
  readonly rounds: readonly {
    readonly profile: Profile;
    readonly passes: readonly Pass[];
  }[];
}

function report({ snapshotBytes, first, rounds, aged }: Measured): Report {
  const rows = rounds.map(({ profile, passes }) => ({
    profile,
    readMs: median(passes.map(({ readMs }) => readMs)),
    judgeMs: median(passes.map(({ judgeMs }) => judgeMs)),
    wholeMs: median(passes.map(whole)),
    scoredCount: passes[0]?.scoredCount ?? 0,
  }));
  const judgedMs = Math.max(...rows.map(({ wholeMs }) => wholeMs));
  const budgets: readonly Budget[] = [
    atMost('judgedMs', judgedMs, LIMIT_MS, 'ms'),
    atMost('agedMb', aged.bytes / 1e6, AGED_LIMIT_MB, 'MB'),
    atMost('agedReadMs', aged.readMs, AGED_READ_LIMIT_MS, 'ms'),
    atMost('firstJudgedMs', whole(first), LIMIT_MS, 'ms'),
  ];
  const figures = {
    judgedMs,
    aged,
    firstJudgedMs: whole(first),
    candidates: CANDIDATES,
    snapshotBytes,
    profiles: rows,
    first,
    rounds,
  };
  const head = `${CANDIDATES.toLocaleString('en')} candidates, snapshot of ${figure(snapshotBytes / 1e6, 'MB')}`;
  const lines = table([
    [head, 'read', 'checked and scored', 'both', 'scored'],
    [
      'first pass of the process',
      ms(first.readMs),
      ms(first.judgeMs),
      ms(whole(first)),
      `${first.scoredCount}`,
    ],
    ...rows.map(({ profile, readMs, judgeMs, wholeMs, scoredCount }) => [
      `profile ${profile}, median of rounds`,
      ms(readMs),
      ms(judgeMs),
      ms(wholeMs),
      `${scoredCount}`,
    ]),
  ]);
  return { figures, budgets, lines };
}

function whole({ readMs, judgeMs }: Pass): number {
  return readMs + judgeMs;
}

function ms(value: number): string {
  return figure(value, 'ms');
}
