import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auraDue, babeDue } from './due-source.ts';
import { createJournal } from './journal.ts';
import { fakeNodeRpc } from './testing/fake-node-rpc.ts';
import { FIXTURE_HEADER } from './testing/header.ts';

const ALICE = 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
const ALICE_ADDRESS = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const BOB = '8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48';

function u64(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes.toString('hex');
}

const authority = (key: string): string => `${key}${u64(1)}`;
const epoch = (index: number, start: number): string =>
  `0x${u64(index)}${u64(start)}${u64(20)}08${authority(ALICE)}${authority(BOB)}${'00'.repeat(32)}${u64(1)}${u64(4)}02`;

interface Answers {
  epoch: string;
  number: string;
  claims: Record<string, unknown>;
  holds: readonly string[];
}

function fakeBabe(answers: Answers) {
  return fakeNodeRpc({
    chain_getBlockHash: () => FIXTURE_HEADER.hash,
    chain_getHeader: () => ({ ...FIXTURE_HEADER.raw, number: answers.number }),
    state_call: () => answers.epoch,
    babe_epochAuthorship: () => answers.claims,
    author_hasKey: (key: string) => answers.holds.includes(key),
  });
}

const claims = (primary: number[], secondary: number[]) => ({
  [ALICE_ADDRESS]: { primary, secondary: [], secondary_vrf: secondary },
});

test('an epoch is asked for once, with the claims of every key that the node holds', async () => {
  const writer = createJournal();
  const answers: Answers = {
    epoch: epoch(1, 100),
    number: '0x40',
    claims: claims([105], [103]),
    holds: [`0x${ALICE}`],
  };
  const node = fakeBabe(answers);
  const source = babeDue(writer, [node]);
  await source.look();
  await source.look();
  const due = [
    { slot: 105, claim: 'primary' },
    { slot: 103, claim: 'secondary' },
  ];
  assert.deepEqual(
    [...writer.journal.due.values()],
    [{ startSlot: 100, slotCount: 20, claims: { [`0x${ALICE}`]: due } }],
  );
  assert.equal(node.calls.filter((method) => method === 'babe_epochAuthorship').length, 1);
  answers.epoch = epoch(2, 120);
  answers.claims = {};
  answers.holds = [`0x${BOB}`];
  await source.look();
  assert.deepEqual(writer.journal.due.get(120)?.claims, { [`0x${BOB}`]: [] });
});

test('claims of another epoch than the one that was read are not taken', async () => {
  const writer = createJournal();
  const answers: Answers = { epoch: epoch(1, 100), number: '0x40', claims: claims([121], []), holds: [] };
  const source = babeDue(writer, [fakeBabe(answers)]);
  await source.look();
  assert.equal(writer.journal.due.size, 0);
  answers.epoch = epoch(2, 120);
  await source.look();
  assert.equal(writer.journal.due.size, 1);
});

test('before the first block no slot is due, and a node that does not answer is asked again', async () => {
  const writer = createJournal();
  const answers: Answers = { epoch: epoch(0, 0), number: '0x0', claims: claims([1], []), holds: [] };
  await babeDue(writer, [fakeBabe(answers), fakeNodeRpc({})]).look();
  assert.equal(writer.journal.due.size, 0);
});

test('under Aura it is the turn of each authority in its order, slot by slot from the first block seen', async () => {
  const writer = createJournal();
  let logs: readonly string[] = [];
  const node = fakeNodeRpc({
    chain_getBlockHash: () => FIXTURE_HEADER.hash,
    chain_getHeader: () => ({ ...FIXTURE_HEADER.raw, digest: { logs } }),
    state_call: () => `0x08${ALICE}${BOB}`,
  });
  const source = auraDue(writer, [fakeNodeRpc({}), node]);
  const [first, last] = [1_795_179_531, 1_795_179_533];
  await source.look();
  for (const slot of [first, last]) {
    logs = [`0x0661757261${'20'}${u64(slot)}`];
    await source.look();
  }
  const turnOf = (slot: number, key: string) => writer.journal.due.get(slot)?.claims[`0x${key}`];
  assert.deepEqual([...writer.journal.due.keys()], [first, first + 1, last]);
  assert.deepEqual(turnOf(first, BOB), [{ slot: first, claim: 'turn' }]);
  assert.deepEqual(turnOf(first, ALICE), []);
  assert.deepEqual(turnOf(first + 1, ALICE), [{ slot: first + 1, claim: 'turn' }]);
});
