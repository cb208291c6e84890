// A programme on the chains of 2026, wired together: two nominators and twelve candidates over two eras. Candidates bond and stand on
// Asset Hub, their session keys go to the relay, the election of Asset Hub decides, and the relay has new validators.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectNode, hexOf } from '@watchbill/chain';
import { accountOfText, type Json, jsonMember } from '@watchbill/chain/extrinsics';
import type { Intent } from '@watchbill/nominate/transactions';
import {
  type ChopsticksChain,
  type ChopsticksPair,
  chopsticksMissing,
  startPair,
} from '@watchbill/testkit/chopsticks';
import { type Account, fund, signed } from './accounts.ts';
import { candidates, sessionKeysOf, setKeys, standing } from './candidates.ts';
import { passSession, relayValidators, stored, untilEra } from './eras.ts';
import { intentFor, makeNominator, programme, tried } from './programme.ts';
import { decideRound, programmeFor } from './round.ts';
import { assertTrue } from './truth.ts';

const skip = chopsticksMissing() ?? false;
const COUNT = 12;
const CANDIDATE_UNITS = 8_000n;
const FAIR_PERBILL = 50_000_000;
/** The last candidate takes more than the programme allows. */
const GREEDY_PERBILL = 200_000_000;
const NOMINATOR_UNITS = 60_000n;
/** An era of these runtimes lasts seven. */
const MOST_SESSIONS = 12;

/** Every candidate stands for election, and the relay knows the session keys of all. */
async function standAll(
  pair: ChopsticksPair,
  chain: ChopsticksChain,
  list: readonly Account[],
): Promise<void> {
  await fund(chain, list);
  const standings = list.flatMap((candidate) =>
    standing(CANDIDATE_UNITS, candidate === list.at(-1) ? GREEDY_PERBILL : FAIR_PERBILL).map((call, nonce) =>
      signed(chain, candidate, call, { nonce }),
    ),
  );
  await chain.newBlock(1, await Promise.all(standings));
  for (const { key } of list) assert.notEqual(await stored(chain, 'Staking', 'Validators', [key]), null);
  const [first, second] = list;
  assert.ok(first && second);
  const stolen = { keys: sessionKeysOf(first).keys, proof: sessionKeysOf(second).proof };
  const [refused] = await tried(chain, first, [setKeys(stolen)]);
  assert.match(refused ?? '', /InvalidProof/);
  const keys = list.map((candidate, index) =>
    signed(chain, candidate, setKeys(sessionKeysOf(candidate)), { nonce: index === 0 ? 3 : 2 }),
  );
  await chain.newBlock(1, await Promise.all(keys));
  // The messages of twelve candidates need more than one block of each chain.
  for (let block = 0; block < 3; block += 1) {
    await pair.relayBlock();
    await pair.assetHubBlock();
  }
  for (const { key } of list)
    assert.notEqual(await stored(pair.relay, 'Session', 'NextKeys', [key]), null, key);
}

/** The stash's part in what backs a validator in an era. */
async function backersOf(chain: ChopsticksChain, era: number, validator: string): Promise<readonly string[]> {
  const page = await stored(chain, 'Staking', 'ErasStakersPaged', [era, validator, 0]);
  const others = jsonMember(page, 'others');
  return (Array.isArray(others) ? others : []).map((each: Json) =>
    hexOf(accountOfText(String(jsonMember(each, 'who'))) ?? new Uint8Array()),
  );
}

test('two nominators, twelve candidates, two eras', { skip, timeout: 1_800_000 }, async (context) => {
  const pair = await startPair();
  context.after(() => pair.stop());
  const chain: ChopsticksChain = {
    ...pair.assetHub,
    newBlock: (_count, transactions) => pair.assetHubBlock(transactions),
  };
  const list = candidates(COUNT);
  await standAll(pair, chain, list);
  const direct = await makeNominator(chain, 'direct', null, NOMINATOR_UNITS);
  const delayed = await makeNominator(chain, 'delayed', { type: 'Staking', delay: 6 }, NOMINATOR_UNITS);
  const { admit, store, until } = await programme(context, chain, {
    signers: [direct.signer, delayed.signer],
    nodes: [connectNode(chain.url, { timeoutMs: 30_000 })],
  });

  const rules = programmeFor([direct.stash, delayed.stash], {
    minimumUnits: CANDIDATE_UNITS,
    mostPerbill: 100_000_000,
    targets: 2,
  });
  const lastNominated = new Map<string, number>();
  /** Decides a round, carries it out, and gives what each nominator nominates. */
  const nominate = async (era: number): Promise<readonly Intent[]> => {
    const record = await decideRound(context, pair, list, rules, lastNominated);
    const greedy = record.candidates.at(-1);
    assert.deepEqual(
      [greedy?.verdict, greedy?.failed.map(({ id }) => id)],
      ['invalid', ['maximum-commission']],
    );
    assert.equal(record.eligibleCount, COUNT - 1);
    const intents: Intent[] = [];
    for (const nominator of [direct, delayed]) {
      const entry = record.nominators.find(({ stashKey }) => stashKey === nominator.stash.key);
      assert.equal(entry?.state, 'nominates', entry?.detail);
      const targets = [...entry.targets];
      intents.push(await intentFor(chain, nominator, { era, round: `round ${era}`, targets }));
      for (const target of targets) lastNominated.set(target, era);
    }
    const chosen = intents.flatMap(({ targets }) => targets);
    assert.equal(new Set(chosen).size, chosen.length, 'the slices are disjoint');
    for (const intent of intents) await admit(intent);
    for (const intent of intents) {
      const { ending, waiting } = await until(intent, 16);
      assert.equal(ending?.reason, 'verified', JSON.stringify(ending ?? waiting));
      await assertTrue(chain, store, intent);
    }
    return intents;
  };
  /** Whoever was nominated for an era validates in it on the relay, backed by that nominator alone. */
  const assertElected = async (era: number, intents: readonly Intent[]): Promise<void> => {
    const validators = await relayValidators(pair);
    for (const { nominator, targets } of intents)
      for (const target of targets) {
        assert.ok(validators.includes(target), `${target} validates in era ${era}`);
        assert.deepEqual(await backersOf(chain, era, target), [nominator], `${target} in era ${era}`);
      }
  };

  const first = await nominate(1);
  // The election of era 1 takes its voters now; what is nominated from here on counts for era 2.
  await passSession(pair);
  const second = await nominate(2);
  await untilEra(pair, 1, MOST_SESSIONS);
  await assertElected(1, first);
  await untilEra(pair, 2, MOST_SESSIONS);
  await assertElected(2, second);
});
