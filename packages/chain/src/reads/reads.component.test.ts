import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { finalizedHead, genesisHash } from '../header/header.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { connectedNode, type FakeAnswer } from '../testing/index.ts';
import {
  auraAuthorities,
  auraSlotMs,
  babeAuthorities,
  babeConfiguration,
  babeEpoch,
  grandpaAuthorities,
  grandpaSetId,
} from './authorities.ts';
import { beefySetId, sessionIndex } from './counters.ts';
import { dueSlots } from './due-slots.ts';
import { isMissing, roundState } from './round-state.ts';

const AT = `0x${'0a'.repeat(32)}`;
const ALICE = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
const ALICE_GRANDPA = '0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee';

// Recorded from a BABE node of one authority, with slots of one second and epochs of twenty.
const EPOCH =
  '0x00000000000000004d40006b00000000140000000000000004d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d010000000000000000000000000000000000000000000000000000000000000000000000000000000100000000000000040000000000000002';
const GRANDPA = '0x0488dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee0100000000000000';
const VOTER = {
  round: 3,
  totalWeight: 1,
  thresholdWeight: 1,
  prevotes: { currentWeight: 1, missing: [] },
  precommits: { currentWeight: 0, missing: ['5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu'] },
};

async function clientOf(t: TestContext, answers: Readonly<Record<string, FakeAnswer>>): Promise<NodeRpc> {
  return (await connectedNode(t, answers)).node;
}

/** A runtime that answers these calls, and only at the asked block. */
const runtime =
  (answers: Readonly<Record<string, string>>): FakeAnswer =>
  ([api, argument, at]) => {
    const answer = answers[String(api)];
    if (answer === undefined || argument !== '0x' || at !== AT) throw new Error(`no ${String(api)} there`);
    return answer;
  };

const malformed = (error: unknown): boolean => error instanceof NodeFault && error.code === 'malformed';

test('authorities of BABE and GRANDPA, as a node answered', async (t) => {
  const configuration = `0xe8030000000000001400000000000000${'01'.repeat(16)}04${ALICE.slice(2)}0100000000000000${'00'.repeat(32)}02`;
  const answers = {
    BabeApi_current_epoch: EPOCH,
    BabeApi_configuration: configuration,
    GrandpaApi_grandpa_authorities: GRANDPA,
    GrandpaApi_current_set_id: '0x0700000000000000',
  };
  const client = await clientOf(t, { state_call: runtime(answers) });
  assert.deepEqual(await babeEpoch(client, AT), {
    index: 0n,
    startSlot: 1_795_178_573n,
    durationSlots: 20n,
    authorities: [{ key: ALICE, weight: 1n }],
    randomness: `0x${'00'.repeat(32)}`,
    secondarySlots: true,
  });
  assert.deepEqual(await babeAuthorities(client, AT), [{ key: ALICE, weight: 1n }]);
  assert.deepEqual(await babeConfiguration(client, AT), {
    slotMs: 1_000n,
    epochSlots: 20n,
    authorities: [{ key: ALICE, weight: 1n }],
  });
  assert.deepEqual(await grandpaAuthorities(client, AT), [{ key: ALICE_GRANDPA, weight: 1n }]);
  assert.equal(await grandpaSetId(client, AT), 7n);
});

test('Aura: authorities in turn order, and the length of a slot', async (t) => {
  const answers = {
    AuraApi_authorities: `0x08${ALICE.slice(2)}${ALICE_GRANDPA.slice(2)}`,
    AuraApi_slot_duration: '0x7017000000000000',
  };
  const client = await clientOf(t, { state_call: runtime(answers) });
  assert.deepEqual(await auraAuthorities(client, AT), [ALICE, ALICE_GRANDPA]);
  assert.equal(await auraSlotMs(client, AT), 6_000n);
});

test('an answer of the runtime in another shape is malformed, a missing API is refused', async (t) => {
  const answers = { GrandpaApi_grandpa_authorities: `${GRANDPA}00`, GrandpaApi_current_set_id: '0x07' };
  const client = await clientOf(t, { state_call: runtime(answers) });
  await assert.rejects(grandpaAuthorities(client, AT), malformed);
  await assert.rejects(grandpaSetId(client, AT), malformed);
  await assert.rejects(
    babeEpoch(client, AT),
    (error: unknown) => error instanceof NodeFault && error.code === 'refused',
  );
});

test('the round state, with the rounds that are still open', async (t) => {
  let answer: unknown = { setId: 5, best: VOTER, background: [{ ...VOTER, round: 2 }] };
  const client = await clientOf(t, { grandpa_roundState: () => answer });
  const weights = { totalWeight: 1, thresholdWeight: 1, prevoteWeight: 1, precommitWeight: 0 };
  const round = { ...weights, prevoteMissing: [], precommitMissing: VOTER.precommits.missing };
  assert.deepEqual(await roundState(client), {
    setId: 5n,
    best: { round: 3n, ...round },
    background: [{ round: 2n, ...round }],
  });
  const wrong = [
    null,
    {},
    { setId: 5, best: VOTER },
    { setId: -1, best: VOTER, background: [] },
    { setId: 5, best: { ...VOTER, round: 2 ** 60 }, background: [] },
    { setId: 5, best: { ...VOTER, prevotes: null }, background: [] },
    { setId: 5, best: { ...VOTER, prevotes: { currentWeight: 1, missing: [7] } }, background: [] },
  ];
  for (answer of wrong) await assert.rejects(roundState(client), malformed, JSON.stringify(answer));
  answer = { setId: 5, best: VOTER, background: [], ageMs: 0 };
  await assert.rejects(roundState(client), { code: 'refused' }, 'an old value');
});

test('a key is found among the missing ones of any network, and an empty list misses none', () => {
  const { missing } = VOTER.precommits;
  const key = '0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee';
  assert.equal(isMissing(missing, key), true);
  assert.equal(isMissing(missing, key.replace('88', '89')), false);
  assert.equal(isMissing([], key), false);
  assert.throws(() => isMissing(['nonsense'], key), malformed);
});

test('due slots by public key, rising, primary and secondary apart', async (t) => {
  let answer: unknown = {
    '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY': {
      primary: [9, 3],
      secondary: [],
      secondary_vrf: [4],
    },
  };
  const client = await clientOf(t, { babe_epochAuthorship: () => answer });
  const slots = await dueSlots(client);
  assert.deepEqual([...slots], [[ALICE, { primary: [3n, 9n], secondary: [], secondaryVrf: [4n] }]]);
  for (answer of [null, { nobody: { primary: [], secondary: [], secondary_vrf: [] } }])
    await assert.rejects(dueSlots(client), malformed);
});

test('session and BEEFY set by their storage keys; a runtime without them has none', async (t) => {
  const stored = new Map([
    ['0xcec5070d609dd3497f72bde07fc96ba072763800a36a99fdfc7c10f6415f6ee6', '0x2a000000'],
    ['0x08c41974a97dbf15cfbec28365bea2da8f05bccc2f70ec66a32999c5761156be', '0x0900000000000000'],
  ]);
  const client = await clientOf(t, {
    state_getStorage: ([key, at]) => (at === AT ? (stored.get(String(key)) ?? null) : '0x'),
  });
  assert.deepEqual([await sessionIndex(client, AT), await beefySetId(client, AT)], [42n, 9n]);
  stored.clear();
  assert.deepEqual([await sessionIndex(client, AT), await beefySetId(client, AT)], [null, null]);
});

test('the finalised head with its number and digest; the name of the chain', async (t) => {
  const header = { number: '0x2a', parentHash: AT, stateRoot: AT, extrinsicsRoot: AT, digest: { logs: [] } };
  const client = await clientOf(t, {
    chain_getFinalizedHead: () => AT,
    chain_getHeader: ([hash]) => (hash === AT ? header : null),
    chain_getBlockHash: ([number]) => (number === 0 ? `0x${'91'.repeat(32)}` : null),
  });
  const head = await finalizedHead(client);
  assert.deepEqual([head.hash, head.number, head.parentHash, head.digest.slot], [AT, 42, AT, null]);
  assert.equal(await genesisHash(client), `0x${'91'.repeat(32)}`);
});
