import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually, type Ground, gatewayGround, rpc, WATCHFUL } from './testing/gateway.ts';

async function states({ gateway }: Ground): Promise<Record<string, string>> {
  const { backends } = (await (await fetch(`${gateway.adminUrl}/readyz`)).json()) as {
    readonly backends: readonly { readonly name: string; readonly state: string }[];
  };
  return Object.fromEntries(backends.map(({ name, state }) => [name, state]));
}

async function stateBecomes(ground: Ground, name: string, state: string): Promise<void> {
  await eventually(`${name} is ${state}`, async () => (await states(ground))[name] === state);
}

// These tests mostly wait, so they run at the same time.
describe('the pool of nodes', { concurrency: 6 }, () => {
  test('a node that lags, syncs or follows another chain is not asked until it is back', async (t) => {
    const ground = await gatewayGround(t, { pool: WATCHFUL, genesis: `0x${'11'.repeat(32)}` }, 2);
    const [first, second] = ground.nodes;
    if (first === undefined || second === undefined) return assert.fail();
    const only = async (node: typeof first, other: typeof first) => {
      const before = other.asked.length;
      for (let i = 0; i < 6; i += 1) assert.match((await ground.ask(rpc('system_chain'))).text, /Fake/);
      assert.equal(other.asked.length, before);
      assert.ok(node.asked.length > 0);
    };
    second.height = 200;
    await stateBecomes(ground, 'node-0', 'lagging');
    await only(second, first);
    first.height = 196;
    await stateBecomes(ground, 'node-0', 'ready');
    second.isSyncing = true;
    await stateBecomes(ground, 'node-1', 'syncing');
    await only(first, second);
    second.isSyncing = false;
    await stateBecomes(ground, 'node-1', 'ready');
    first.genesis = `0x${'22'.repeat(32)}`;
    await stateBecomes(ground, 'node-0', 'wrong-chain');
    await only(second, first);
  });

  test('nodes of different chains are all refused where no genesis says which is meant', async (t) => {
    const ground = await gatewayGround(t, { pool: WATCHFUL }, 2);
    const { node: first } = ground;
    first.genesis = `0x${'22'.repeat(32)}`;
    await stateBecomes(ground, 'node-1', 'wrong-chain');
    const { text } = await ground.ask(rpc('system_chain'));
    assert.match(text, /no node is in sync/);
    assert.equal((await fetch(`${ground.gateway.adminUrl}/readyz`)).status, 503);
  });

  test('where one node gives no answer another is asked', async (t) => {
    const ground = await gatewayGround(t, { pool: { checkIntervalMs: 60_000, timeoutMs: 4_000 } }, 2);
    const { node: first } = ground;
    // The first node is asked first each time, and one that hangs costs a whole timeout.
    for (const [manner, times] of [
      ['cut', 4],
      ['error', 4],
      ['hang', 1],
    ] as const) {
      first.manner = manner;
      const before = first.asked.length;
      for (let i = 0; i < times; i += 1)
        assert.match((await ground.ask(rpc('system_chain'))).text, /Fake/, manner);
      assert.ok(first.asked.length > before, `${manner}: the node was asked`);
    }
  });

  test('a submission goes to one node once; without an answer the error says that it may have arrived', async (t) => {
    const ground = await gatewayGround(t, { pool: { checkIntervalMs: 60_000, timeoutMs: 10_000 } }, 2);
    for (const node of ground.nodes) node.manner = 'cut';
    const { text } = await ground.ask(rpc('author_submitExtrinsic', ['0x00']));
    assert.equal(JSON.parse(text).error.code, -32105);
    assert.match(text, /may have accepted the submission/);
    assert.equal(ground.nodes.flatMap(({ asked }) => asked).length, 1);
  });

  test('what certainly did not leave goes to the other node, even where it submits', async (t) => {
    const ground = await gatewayGround(t, { pool: { checkIntervalMs: 60_000, timeoutMs: 10_000 } }, 2);
    const [first, second] = ground.nodes;
    await first?.close();
    for (let i = 0; i < 4; i += 1)
      assert.match((await ground.ask(rpc('author_submitExtrinsic', ['0x00']))).text, /result/);
    assert.equal(second?.asked.length, 4);
  });

  test('a node that went down is reported, and comes back by itself', async (t) => {
    const ground = await gatewayGround(t, { pool: WATCHFUL });
    const { node } = ground;
    node.manner = 'error';
    await stateBecomes(ground, 'node-0', 'down');
    assert.match((await ground.ask(rpc('system_chain'))).text, /no node is in sync/);
    node.manner = 'ok';
    await stateBecomes(ground, 'node-0', 'ready');
    assert.match((await ground.ask(rpc('system_chain'))).text, /Fake/);
    assert.match(ground.log.join(''), /"state":"down"/);
  });
});
