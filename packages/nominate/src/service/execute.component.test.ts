import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { StoredRound } from '../rounds/stored.ts';
import { decodeSnapshot } from '../snapshot/codec.ts';
import type { ProgrammeStore } from '../storage/port.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { endIntents } from '../testing/job-harness.ts';
import { HOUR_MS } from '../testing/records.ts';
import { commandIntent, MACHINE_RULES } from '../transactions/index.ts';
import { type HandEnd, type HandParts, type HandRound, roundInHand } from './execute.ts';
import { ServiceFault } from './files.ts';

const SIGNAL = new AbortController().signal;

const harness = harnessOfEachTest({ transactions: null });
let store: ProgrammeStore;
let parts: HandParts;
let round: StoredRound;

/** A programme that decided a round and sent no transaction. */
beforeEach(async () => {
  store = harness.store;
  await harness.run('candidates', 'releases', 'snapshot', 'history', 'standings', 'round');
  const dry = harness.parts();
  const open = { ...dry.world, transactions: { turn: async () => void (await endIntents(store)) } };
  parts = {
    jobParts: { ...dry, world: open },
    world: {
      ...open,
      preview: () => Promise.reject(new Error('not asked in these tests')),
      endpoints: () => [],
      feeds: () => [],
      close: async () => undefined,
    },
  };
  const newest = await store.rounds.newest();
  round = (newest === null ? null : await store.rounds.get(newest.id)) ?? assert.fail('there is no round');
});

const taken = (): Promise<HandRound> => roundInHand(parts, round, SIGNAL);

/** Waits until the nominations have ended. */
async function carriedOut(hand: HandRound): Promise<readonly HandEnd[]> {
  let isOver = false;
  const ends = hand.carryOut(SIGNAL).finally(() => {
    isOver = true;
  });
  await harness.clock.run(() => isOver);
  return ends;
}

const plansOf = ({ plans }: HandRound) =>
  plans.map((plan) => (plan.intent === null ? plan.why : plan.intent.round));

test('a record that does not follow from its texts, and a round of another network, are refused', async () => {
  const altered = { ...round, record: round.record.replace('"state":"nominates"', '"state":"not-due"') };
  assert.notEqual(altered.record, round.record);
  const settings = {
    ...parts.jobParts.settings,
    network: { ...parts.jobParts.settings.network, name: 'other' },
  };
  const elsewhere = { ...parts, jobParts: { ...parts.jobParts, settings } };
  for (const [from, stored] of [
    [parts, altered],
    [elsewhere, round],
  ] as const)
    await assert.rejects(roundInHand(from, stored, SIGNAL), ServiceFault);
  assert.deepEqual(await store.intents.list({ limit: 9 }), []);
});

test('a preview changes no data; admitting stores each nomination once, and carrying out follows them to the end', async () => {
  const first = await taken();
  assert.deepEqual(plansOf(first), [first.id, first.id]);
  assert.deepEqual(await store.intents.list({ limit: 9 }), []);
  assert.deepEqual([...(await first.admit())], []);
  // The same command again, while they are open.
  const second = await taken();
  assert.ok(second.plans.every((plan) => plan.intent !== null && plan.isOpen));
  assert.deepEqual([...(await second.admit())], []);
  assert.equal((await store.intents.list({ limit: 9 })).length, 2);
  const ends = await carriedOut(second);
  assert.deepEqual(
    ends.map(({ state, ending: end }) => [state, end?.reason]),
    [
      ['finalised', 'verified'],
      ['finalised', 'verified'],
    ],
  );
});

test('a nominator that has its nomination of the era is left alone; one whose was called off has another', async () => {
  await (await taken()).admit();
  const [first] = await store.intents.open();
  assert.ok(first !== undefined);
  const off = { kind: 'cancel', detail: 'in a test' } as const;
  assert.ok((await commandIntent(store.intents, MACHINE_RULES, first.state.intent.id, off)).ok);
  await carriedOut(await taken());
  const again = await taken();
  const [one = '', other = ''] = plansOf(again);
  assert.equal(one, `${again.id} by hand 1`);
  assert.match(other, /^era 2200 has its nomination: [0-9a-f]{12} is finalised$/);
});

test('without a calendar or an era, no nomination is started', async () => {
  const { chain } = parts.jobParts.world;
  const unknown = { known: false, reason: 'no endpoint answered', from: 'staking' } as const;
  const blind = {
    ...chain,
    read: async () => ({
      ...(await chain.read({ candidates: [], nominators: [], remembered: null }, SIGNAL)),
      calendar: unknown,
    }),
  };
  const from = {
    ...parts,
    jobParts: { ...parts.jobParts, world: { ...parts.jobParts.world, chain: blind } },
  };
  await assert.rejects(roundInHand(from, round, SIGNAL), ServiceFault);
});

test('with heads that are hours old no round is carried out', async () => {
  harness.chainSays.headAgeMs = 9 * HOUR_MS;
  await assert.rejects(taken(), (fault) => {
    assert.ok(fault instanceof ServiceFault && fault.code === 'old-heads');
    assert.match(`${fault.message}; ${fault.remedy}`, /head of staking is 9 h 0 min old.*oldestHeadSeconds/);
    return true;
  });
  assert.deepEqual(await store.intents.list({ limit: 9 }), []);
});

test('a delay that fits no election leaves that nominator out, with the reason', async () => {
  const late = { ...parts.jobParts.world, delayOf: async () => 100_000 };
  const hand = await roundInHand({ ...parts, jobParts: { ...parts.jobParts, world: late } }, round, SIGNAL);
  for (const why of plansOf(hand)) assert.match(why, /misses all \d+ known elections/);
});

test('a nomination stores the first era of a new one of its stash, from the snapshot of its round and not from a later one', async () => {
  const before = decodeSnapshot(round.snapshot);
  assert.ok(before.ok);
  const had = before.snapshot.nominators[0]?.submittedIn;
  assert.ok(had?.known && had.value !== null);
  harness.chainSays.era += 2;
  const { plans } = await taken();
  const since = plans.flatMap(({ intent }) => (intent === null ? [] : [intent.sinceEra]));
  assert.deepEqual(since, [had.value + 1, had.value + 1]);
});
