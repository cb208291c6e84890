import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  decodeSnapshot,
  encodeSnapshot,
  encodeStored,
  POLKADOT_RANK_RULES,
  type Programme,
  planRound,
  programmeOf,
  type RoundRecord,
  replayRound,
  storeRound,
  WEIGHTS_FAIR,
  writeAddress,
} from '@watchbill/nominate';
import { assembleSnapshot } from '@watchbill/nominate/chain';
import type { ChopsticksPair } from '@watchbill/testkit/chopsticks';
import { type Account, UNIT } from './accounts.ts';
import { readerOf } from './reading.ts';

const NETWORK = { name: 'westend-2026', prefix: 42, decimals: 12, symbol: 'WND' };

const NOTHING_PENDING = { known: true, value: false, from: 'programme' } as const;

export interface RoundRules {
  readonly minimumUnits: bigint;
  readonly mostPerbill: number;
  readonly targets: number;
}

/** A programme with rules that the chains alone can answer. */
export function programmeFor(nominators: readonly Account[], rules: RoundRules): Programme {
  const hold = (id: string, parameters: object = {}) => ({ id, whenUnknown: 'hold', parameters });
  const read = programmeOf({
    version: 1,
    name: 'a programme on real runtimes',
    network: NETWORK.name,
    checks: {
      version: 'westend-2026',
      about: 'what relay and Asset Hub say',
      checks: [
        hold('validate-intention'),
        hold('maximum-commission', { perbill: rules.mostPerbill }),
        hold('self-stake', { minimum: String(rules.minimumUnits * UNIT) }),
        hold('blocked'),
      ],
    },
    profile: 'fair',
    weights: WEIGHTS_FAIR,
    rank: POLKADOT_RANK_RULES,
    nominators: nominators.map(({ key }, index) => ({ name: `nominator ${index + 1}`, stashKey: key })),
    round: { everyEras: 1, count: 'stake', mostTargets: rules.targets },
  });
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems));
  return read.programme;
}

/** Reads the chains, decides a round, and sees that it can be decided again from what is stored. */
export async function decideRound(
  context: TestContext,
  pair: ChopsticksPair,
  candidates: readonly Account[],
  programme: Programme,
  lastNominated: ReadonlyMap<string, number>,
): Promise<RoundRecord> {
  const chains = { staking: pair.assetHub, relay: pair.relay, identity: pair.relay };
  const nominators = programme.nominators.map(({ name, stashKey }) => ({
    name,
    stashKey,
    pending: NOTHING_PENDING,
  }));
  const whom = {
    candidates: candidates.map(({ key }) => key),
    nominators: nominators.map(({ stashKey }) => stashKey),
  };
  const reading = await readerOf(context, chains, whom).read();
  const list = candidates.map(({ key }, index) => ({
    slotId: index + 1,
    name: `candidate ${index + 1}`,
    stash: writeAddress({ prefix: NETWORK.prefix, publicKey: key }),
    stashKey: key,
    kusamaStash: null,
    kusamaStashKey: null,
    handles: [`@candidate-${index + 1}:example.org`],
    kyc: false,
    skipSelfStake: false,
  }));
  const none = { known: false, reason: 'not watched in this test', from: 'programme' } as const;
  const snapshot = assembleSnapshot(list, reading, {
    network: NETWORK,
    configVersion: '1',
    sources: Object.fromEntries(
      (['programme', 'telemetry', 'places'] as const).map((role) => [
        role,
        { role, block: null, atMs: reading.takenAtMs },
      ]),
    ),
    releases: none,
    telemetry: { watchedSinceMs: null, outages: [] },
    recordOf: ({ stashKey }) => ({
      history: {
        periods: [],
        faults: [],
        lastNominatedEra: lastNominated.get(stashKey) ?? null,
        nominationCount: lastNominated.has(stashKey) ? 1 : 0,
      },
    }),
    nominators,
    withElection: false,
    notes: [],
  });
  const text = decodeSnapshot(encodeSnapshot(snapshot));
  assert.ok(text.ok, text.ok ? '' : JSON.stringify(text.problems));
  const plan = planRound(snapshot, programme, { modules: [], forced: false });
  assert.ok(plan.ok, plan.ok ? '' : JSON.stringify(plan.refusal));
  const stored = storeRound(snapshot, programme, plan.record);
  assert.ok(encodeStored(stored).length > 0);
  assert.equal(replayRound(stored).result, 'same');
  return plan.record;
}
