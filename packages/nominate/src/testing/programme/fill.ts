import { createHash } from 'node:crypto';
import { writeAddress } from '@watchbill/chain/address';
import type { Candidate } from '../../candidates/candidate.ts';
import { known } from '../../facts/fact.ts';
import { checkCandidates, scoreCandidates } from '../../operations/judge.ts';
import type { Outcome } from '../../operations/outcome.ts';
import { planFromTexts } from '../../operations/round.ts';
import { presetProgramme } from '../../rounds/presets.ts';
import { encodeProgramme } from '../../rounds/programme.ts';
import type { RoundRecord } from '../../rounds/record.ts';
import { decodeStored, type StoredRound } from '../../rounds/stored.ts';
import { encodeSnapshot, snapshotDigest } from '../../snapshot/codec.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore, Standing } from '../../storage/port.ts';
import { standingOf } from '../../storage/standing.ts';
import { DAY_MS, HOUR_MS, hashOf, NOON_MS } from '../records.ts';
import { sampleSnapshot } from '../sample.ts';
import { fillHistory } from './history.ts';
import { fillIntents } from './intents.ts';

export interface ProgrammeSize {
  readonly candidates: number;
  readonly rounds: number;
  /** Names in place of invented ones, from the first candidate on. */
  readonly names?: readonly string[];
}

const ERA = 2_200;
const COURSES = ['north', 'east', 'south', 'west'];

/** The data that a store gets; the oldest round first. */
type Programme = ReturnType<typeof plannedProgramme>;

/** A programme with a history: invented, the same for the same seed. */
export type FilledProgramme = Awaited<ReturnType<typeof fillProgramme>>;

/** Fills an empty store. */
export async function fillProgramme(store: ProgrammeStore, size: ProgrammeSize) {
  const { rounds, records, snapshot, standings } = programmeOf(size);
  for (const round of rounds) await store.rounds.add(round);
  await store.snapshots.put(encodeSnapshot(snapshot));
  const record = records.at(-1) ?? fail('a programme has at least one round');
  const of = {
    snapshot: snapshotDigest(snapshot),
    takenAtMs: snapshot.takenAtMs,
    programme: record.programme,
    session: 13_000,
  };
  await store.standings.replace(of, standings);
  await fillHistory(store, snapshot);
  /** Digests of the records, the newest last. */
  const ids: readonly string[] = rounds.map((round) =>
    createHash('sha256').update(round.record).digest('hex'),
  );
  const intents = await fillIntents(store, record, ids.at(-1) ?? '');
  return { nowMs: NOON_MS + 4 * 60_000, snapshot, rounds: ids, records, standings, intents };
}

/** To plan the rounds takes most of the time, and many tests fill a store with the same programme. */
const planned = new Map<string, Programme>();

function programmeOf(size: ProgrammeSize): Programme {
  const key = JSON.stringify(size);
  const programme = planned.get(key) ?? plannedProgramme(size);
  planned.set(key, programme);
  return programme;
}

function plannedProgramme(size: ProgrammeSize) {
  const snapshots = Array.from({ length: size.rounds }, (_, n) =>
    snapshotAt(size, ERA - size.rounds + 1 + n),
  );
  const newest = snapshots.at(-1) ?? fail('a programme has at least one round');
  const programme = programmeFor(newest);
  const made = snapshots.map((snapshot) => {
    const { record, stored } = got(
      planFromTexts({ snapshot: encodeSnapshot(snapshot), programme, forced: true }),
    );
    return { record, round: withOutcome(storedOf(stored), record, snapshot === newest) };
  });
  const records: readonly RoundRecord[] = made.map(({ record }) => record);
  const standings = standingsFor(newest, programme, records.at(-1) ?? fail('a round is missing'));
  return { rounds: made.map(({ round }) => round), records, snapshot: newest, standings };
}

function snapshotAt({ candidates, names }: ProgrammeSize, era: number): Snapshot {
  const back = ERA - era;
  const base = sampleSnapshot({
    seed: `programme ${era}`,
    nominators: COURSES.length,
    candidates: Array.from({ length: candidates }, (_, n) => candidateNumber(n, names?.[n])),
  });
  const block = { number: BigInt(27_990_000 - back * 14_400), hash: hashOf(27_990_000 - back) };
  return {
    ...base,
    nominators: base.nominators.map((one, n) => ({
      ...one,
      name: COURSES[n] ?? one.name,
      stashKey: digest(`nominator ${n}`),
      submittedIn: known(era - 1, 'staking'),
      targets: known([base.candidates[n]?.candidate.stashKey ?? fail('a candidate is missing')], 'staking'),
    })),
    takenAtMs: NOON_MS - back * DAY_MS,
    sources: Object.fromEntries(
      Object.entries(base.sources).map(([name, source]) => [
        name,
        { ...source, atMs: source.atMs - back * DAY_MS },
      ]),
    ),
    eras: {
      ...base.eras,
      active: known(era, 'staking'),
      current: known(era + 1, 'staking'),
      activeSinceMs: known(NOON_MS - back * DAY_MS - 5 * HOUR_MS, 'staking'),
      firstBlock: known(block, 'relay'),
    },
  };
}

const WORDS = [
  'anchor',
  'beacon',
  'capstan',
  'davit',
  'ensign',
  'fathom',
  'gimbal',
  'halyard',
  'isobar',
  'jib',
  'keel',
  'lanyard',
  'mizzen',
  'oakum',
  'pilot',
  'rudder',
  'sextant',
  'tiller',
  'upwind',
  'vang',
  'windlass',
  'yardarm',
];

function digest(text: string): string {
  return `0x${createHash('sha256').update(text).digest('hex')}`;
}

function candidateNumber(n: number, given: string | undefined): Candidate {
  const stashKey = digest(`candidate ${n}`);
  const word = WORDS[n % WORDS.length] ?? 'node';
  return {
    slotId: n,
    name: given ?? (n < WORDS.length ? word : `${word} ${Math.floor(n / WORDS.length) + 1}`),
    stash: writeAddress({ prefix: 0, publicKey: stashKey }),
    stashKey,
    kusamaStash: null,
    kusamaStashKey: null,
    handles: [`@operator-${n}:example.org`],
    kyc: n % 3 === 0,
    skipSelfStake: false,
  };
}

function programmeFor(snapshot: Snapshot): string {
  const nominators = snapshot.nominators.map(({ name, stashKey }) => ({ name, stashKey }));
  return encodeProgramme(presetProgramme({ network: 'polkadot', profile: 'fair' }, nominators));
}

/** The rows that the job of the service writes, from the functions of the core. */
function standingsFor(snapshot: Snapshot, programme: string, record: RoundRecord): readonly Standing[] {
  const texts = { snapshot: encodeSnapshot(snapshot), programme };
  const checked = got(checkCandidates(texts));
  const scores = new Map(got(scoreCandidates(texts)).scores.map((score) => [score.stashKey, score]));
  const entries = new Map(record.candidates.map((entry) => [entry.stashKey, entry]));
  return checked.map((one, at) => {
    const { candidate, erasWithPoints, lastSettled } = snapshot.candidates[at] ?? fail('a record is missing');
    const score = scores.get(one.stashKey) ?? null;
    return standingOf(one, candidate, score, {
      rank: entries.get(one.stashKey)?.rank ?? 0,
      active: erasWithPoints.known ? erasWithPoints.value.includes(ERA - 1) : null,
      lastValidMs: one.verdict === 'valid' ? snapshot.takenAtMs : null,
      lastSettled,
    });
  });
}

function storedOf(text: string): StoredRound {
  const read = decodeStored(text);
  return read.ok ? read.stored : fail('a planned round cannot be read');
}

/** The outcome of a round: for all but the last, three quarters of the targets were elected. */
function withOutcome(stored: StoredRound, { era, nominators }: RoundRecord, isLast: boolean): StoredRound {
  if (isLast) return stored;
  const targets = nominators.flatMap((one) => one.targets);
  const elected = targets.filter((_key, at) => at % 4 !== 3);
  const points = Object.fromEntries(elected.map((key, at) => [key, 20 * (100 + at)]));
  return { ...stored, aftermath: { transactions: [], outcomes: [{ era: era + 2, elected, points }] } };
}

function got<Result>(outcome: Outcome<Result>): Result {
  if (outcome.ok) return outcome.result;
  return fail(outcome.problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
}

function fail(why: string): never {
  throw new Error(why);
}
