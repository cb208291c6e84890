import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { field } from '@watchbill/kit/testing';
import { openProgrammeStore } from '@watchbill/nominate/storage';
import { type Harness, type RunningService, until } from '../service-process.ts';
import type { Asked } from './eras.ts';
import { assertTrue, nominatedBy } from './truth.ts';

interface Record {
  readonly era: number;
  readonly eligibleCount: number;
  readonly candidates: readonly {
    readonly verdict: string;
    readonly failed: readonly { readonly id: string }[];
  }[];
  readonly nominators: readonly {
    readonly name: string;
    readonly stashKey: string;
    readonly state: string;
    readonly targets: readonly string[];
  }[];
}

export interface Round {
  readonly id: string;
  readonly record: Record;
  readonly aftermath: {
    readonly outcomes: readonly { readonly era: number; readonly elected: readonly string[] }[];
    readonly transactions: readonly { readonly state: string; readonly nominator: string }[];
  };
}

export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly era: number;
  readonly state: string;
  readonly reason: string | null;
  readonly held: string | null;
  readonly journal: readonly { readonly to: string; readonly reason: string }[];
}

interface Job {
  readonly name: string;
  readonly runCount: number;
}

/** A round as the API gives it; computed again by the command, it comes out the same. */
export async function roundOf({ dir, json }: Harness, { url }: RunningService, id: string): Promise<Round> {
  const text = await (await fetch(`${url}/v1/rounds/${id}/stored`)).text();
  writeFileSync(join(dir, `round-${id}.json`), text);
  const { result } = await json<{ result: string }>('round', 'replay', `round-${id}.json`);
  assert.equal(result, 'same');
  const { record, aftermath } = JSON.parse(text);
  return { id, record: JSON.parse(record), aftermath };
}

/** Assertions about the rules that hold for every round here. */
export function assertDecided({ record }: Round, era: number, candidateCount: number): void {
  const greedy = record.candidates.at(-1);
  assert.deepEqual([greedy?.verdict, greedy?.failed.map(field('id'))], ['invalid', ['maximum-commission']]);
  assert.deepEqual([record.era, record.eligibleCount], [era, candidateCount - 1]);
  for (const { name, state, targets } of record.nominators)
    assert.deepEqual([state, targets.length], ['nominates', 2], name);
  const chosen = record.nominators.flatMap(({ targets }) => targets);
  assert.equal(new Set(chosen).size, chosen.length, 'the slices are disjoint');
}

/** The reported nominations are on the chain, and the blocks in the journal are right. */
export async function assertNominated(
  { dir }: Harness,
  chain: Asked,
  { record }: Round,
  era: number,
): Promise<void> {
  const store = await openProgrammeStore({ file: join(dir, 'programme.db') }, Date.now);
  try {
    const rows = (await store.intents.list({ limit: 100 })).filter((row) => row.era === era);
    for (const { stashKey, targets } of record.nominators) {
      assert.deepEqual((await nominatedBy(chain, stashKey))?.toSorted(), [...targets].sort());
      for (const { id } of rows.filter(({ nominator }) => nominator === stashKey)) {
        const intent = (await store.intents.load(id))?.state.intent;
        assert.ok(intent !== undefined);
        await assertTrue(chain, store.intents, intent);
      }
    }
  } finally {
    await store.close();
  }
}

export const listed = async ({ json }: Harness): Promise<readonly Listed[]> =>
  (await json<{ transactions: readonly Listed[] }>('tx', 'list', '--all', '--journal')).transactions;

/**
 * The nomination of an era that a nominator has open, or had last. Null while there is none: a service that
 * was killed may have signed for one nominator before it admitted the nomination of the next.
 */
async function nominationOf(harness: Harness, name: string, era: number): Promise<Listed | null> {
  return (await listed(harness)).find((one) => one.name === name && one.era === era) ?? null;
}

/**
 * The nomination once it fits, as the command lists it. The command is a process that takes longer than a
 * block; so it is asked when the service shows other nominations than before.
 */
export async function untilNomination(
  harness: Harness,
  { url }: RunningService,
  [name, era]: readonly [name: string, era: number],
  fits: (nomination: Listed) => boolean,
): Promise<Listed> {
  let shown = '';
  let last: Listed | null = null;
  return until(
    async () => {
      const text = await (await fetch(`${url}/v1/intents?limit=100`)).text();
      if (text === shown) return null;
      shown = text;
      last = await nominationOf(harness, name, era);
      return last !== null && fits(last) ? last : null;
    },
    () => `${name} in era ${era}: ${JSON.stringify(last)}`,
  );
}

/** So many more runs of the job that carries out. */
export async function untilCarriedOut({ url }: RunningService, runs: number): Promise<void> {
  const count = async (): Promise<number> => {
    const { rows } = (await (await fetch(`${url}/v1/jobs`)).json()) as { rows: readonly Job[] };
    return rows.find(({ name }) => name === 'transactions')?.runCount ?? 0;
  };
  const first = await count();
  await until(
    async () => ((await count()) >= first + runs ? true : null),
    () => `${runs} more runs than ${first}`,
  );
}

/**
 * The calendar of elections is read again in the block of the last verification, or above: it determines the
 * eras for which the nominations count. The chain stands still meanwhile. `log`: the output of the service.
 */
export async function calendarSince(log: () => string, chain: Asked): Promise<void> {
  const from = log().lastIndexOf(' verified: ');
  assert.ok(from >= 0, 'something is verified');
  const height = await heightOf(chain);
  await until(
    async () => {
      const lines = log()
        .slice(from)
        .matchAll(/snapshot \w+ read at block (\d+)/g);
      return [...lines].some(([, block]) => Number(block) >= height) ? true : null;
    },
    () => `a snapshot of block ${height} since the last verification in\n${log()}`,
  );
}

export async function heightOf({ node }: Asked): Promise<number> {
  return Number((await node.call<{ number: string }>('chain_getHeader')).number);
}

export async function fullId({ url }: RunningService, start: string): Promise<string> {
  const { rows } = (await (await fetch(`${url}/v1/rounds`)).json()) as { rows: readonly { id: string }[] };
  return rows.find(({ id }) => id.startsWith(start))?.id ?? assert.fail(`there is no round ${start}`);
}
