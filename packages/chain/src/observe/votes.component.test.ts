import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connectNode } from '../rpc/connect.ts';
import { connectedNode, type FakeAnswer, JUSTIFICATION, JUSTIFIED } from '../testing/index.ts';
import { followVotes, MAX_VOTES } from './follow-votes.ts';

const PARENT = `0x${'11'.repeat(32)}`;
const [KEY] = JUSTIFIED.keys;
const keysNow = async () => new Set<string>([KEY]);
const little = (set: bigint): string => `0x${Buffer.from(new BigUint64Array([set]).buffer).toString('hex')}`;

/** A node whose state of the target's parent, and of the target, name these sets. */
async function stage(
  t: TestContext,
  sets: readonly [bigint, bigint],
  answers: Record<string, FakeAnswer> = {},
) {
  const asked: unknown[] = [];
  const { fake, node } = await connectedNode(t, {
    grandpa_subscribeJustifications: () => null,
    chain_getHeader: ([hash]) => {
      assert.equal(hash, JUSTIFIED.target.hash);
      return {
        number: '0x92',
        parentHash: PARENT,
        stateRoot: PARENT,
        extrinsicsRoot: PARENT,
        digest: { logs: [] },
      };
    },
    state_call: ([api, , at]) => {
      assert.equal(api, 'GrandpaApi_current_set_id');
      asked.push(at);
      return little(at === PARENT ? sets[0] : sets[1]);
    },
    ...answers,
  });
  let gaps = 0;
  const votes = followVotes(node, () => {
    gaps += 1;
  });
  const publish = async (item: unknown = JUSTIFICATION) => {
    fake.publish('grandpa_subscribeJustifications', item);
    // The answer to a call comes after the item: both go over one connection.
    await node.call('chain_getHeader', [JUSTIFIED.target.hash]);
  };
  return { fake, node, votes, publish, asked, gaps: () => gaps };
}

test('a vote comes with its set until it is taken; votes of other keys do not', async (t) => {
  const { votes, publish, asked, fake, gaps } = await stage(t, [2n, 3n]);
  assert.deepEqual(await votes.next(keysNow), []);
  await publish();
  const found = await votes.next(keysNow);
  const [vote] = found;
  assert.deepEqual(
    [found.length, vote?.key, vote?.set, vote?.round, vote?.part, vote?.finalised],
    [1, KEY, JUSTIFIED.set, JUSTIFIED.round, 'precommit', JUSTIFIED.target],
  );
  assert.deepEqual(await votes.next(keysNow), found, 'the service did not take it');
  votes.taken(found);
  assert.deepEqual(await votes.next(keysNow), []);
  // The set is known now, because its signature held: the node is not asked again.
  const before = asked.length;
  await publish();
  assert.equal((await votes.next(keysNow)).length, 1);
  assert.equal(asked.length, before);
  assert.equal(votes.problem(), null);
  await publish();
  assert.equal((await votes.next(async () => new Set())).length, 1, 'only the one that was not taken');
  assert.equal(gaps(), 0);
  fake.hangUp();
  const untilMs = Date.now() + 20_000;
  while (gaps() === 0 && Date.now() < untilMs) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(gaps(), 1, 'the connection was lost');
});

test('the block that changes the set: its own state names the set too', async (t) => {
  const { votes, publish } = await stage(t, [1n, 2n]);
  await votes.next(keysNow);
  await publish();
  assert.equal((await votes.next(keysNow))[0]?.set, 2n);
});

test('a signature that holds for no set of the node is not believed, and is a problem', async (t) => {
  const { votes, publish, gaps } = await stage(t, [7n, 8n]);
  await votes.next(keysNow);
  await publish();
  assert.deepEqual(await votes.next(keysNow), []);
  assert.match(votes.problem() ?? '', /an invalid signature/);
  assert.equal(gaps(), 1);
});

test('an item of another shape and a node without state are problems, and stop no later votes', async (t) => {
  let state: 'discarded' | 'there' = 'discarded';
  const { votes, publish, gaps } = await stage(t, [2n, 2n], {
    state_call: () => {
      if (state === 'discarded') throw new Error('State already discarded');
      return little(2n);
    },
  });
  await votes.next(keysNow);
  await publish('0x0102');
  assert.deepEqual(await votes.next(keysNow), []);
  assert.match(votes.problem() ?? '', /a justification cannot be read: the bytes end after 2/);
  await publish();
  assert.deepEqual(await votes.next(keysNow), []);
  assert.match(votes.problem() ?? '', /State already discarded/);
  assert.equal(gaps(), 2);
  state = 'there';
  await publish();
  assert.equal((await votes.next(keysNow)).length, 1);
});

test('a node that sends no justifications is a problem, and no fault', async (t) => {
  const refuse: FakeAnswer = () => {
    throw new Error('Method not found');
  };
  const { votes, fake } = await stage(t, [2n, 2n], { grandpa_subscribeJustifications: refuse });
  assert.deepEqual(await votes.next(keysNow), []);
  assert.match(votes.problem() ?? '', /^the node sends no justifications: /);
  const http = connectNode(fake.httpUrl, { timeoutMs: 20_000 });
  t.after(() => http.close());
  const plain = followVotes(http, () => undefined);
  assert.deepEqual(await plain.next(keysNow), []);
  assert.match(plain.problem() ?? '', /^the node sends no justifications: /);
});

test('a call gives a bounded number of votes, and the rest come with the next ones', async (t) => {
  const { votes, publish, gaps } = await stage(t, [2n, 2n]);
  await votes.next(keysNow);
  for (let count = 0; count < 30; count++) await publish();
  const first = await votes.next(keysNow);
  assert.equal(first.length, MAX_VOTES);
  votes.taken(first);
  assert.equal((await votes.next(keysNow)).length, 30 - MAX_VOTES);
  for (let count = 0; count < 65; count++) await publish();
  assert.equal(gaps(), 1, 'one of them was dropped');
});
