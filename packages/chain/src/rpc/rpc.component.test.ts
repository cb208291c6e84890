import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type FakeAnswer, type FakeNode, SILENCE, startFakeNode } from '../testing/index.ts';
import { connectNode } from './connect.ts';
import { NodeFault, type NodeFaultCode } from './fault.ts';
import type { ConnectOptions, NodeRpc } from './port.ts';

const PATIENCE_MS = 20_000;

function coded(code: NodeFaultCode, about = /./) {
  return (error: unknown): boolean =>
    error instanceof NodeFault && error.code === code && about.test(error.message) && error.remedy !== '';
}

async function nodeOf(
  t: TestContext,
  answers: Readonly<Record<string, FakeAnswer>>,
  port = 0,
): Promise<FakeNode> {
  const node = await startFakeNode(answers, port);
  t.after(() => node.close());
  return node;
}

function clientOf(t: TestContext, url: string, options: Partial<ConnectOptions> = {}): NodeRpc {
  const client = connectNode(url, { timeoutMs: PATIENCE_MS, ...options });
  t.after(() => client.close());
  return client;
}

/** The ways to a node. */
const WAYS = [
  { way: 'WebSocket', transport: 'webSocketUrl' },
  { way: 'HTTP', transport: 'httpUrl' },
] as const;

for (const { way, transport } of WAYS)
  describe(`calls (${way})`, () => {
    test('answers go to their calls, whatever their size', async (t) => {
      const node = await nodeOf(t, { echo: ([value]) => value, long: () => 'x'.repeat(70_000) });
      const client = clientOf(t, node[transport]);
      const values = Array.from({ length: 50 }, (_, index) => `v${index}`);
      assert.deepEqual(await Promise.all(values.map((value) => client.call('echo', [value]))), values);
      assert.equal(await client.call('echo', ['y'.repeat(200)]), 'y'.repeat(200));
      assert.equal((await client.call<string>('long')).length, 70_000);
    });

    test('an error of the node keeps its number, text and data', async (t) => {
      const node = await nodeOf(t, {
        fails: () => {
          throw new Error('voter is not running');
        },
      });
      const client = clientOf(t, node[transport]);
      await assert.rejects(client.call('fails'), coded('refused', /voter is not running/));
      const missing = await client.call('nothing').catch((error: unknown) => error);
      assert.ok(missing instanceof NodeFault && missing.rpcCode === -32_601);
    });

    test('a node that does not answer is late; one that is not there is unreachable', async (t) => {
      const node = await nodeOf(t, { hangs: () => SILENCE, answers: () => 1 });
      const client = clientOf(t, node[transport]);
      // Now it is connected.
      await client.call('answers');
      await assert.rejects(client.call('hangs', [], { timeoutMs: 50 }), coded('timeout', /hangs/));
      await node.close();
      const late = clientOf(t, node[transport], { timeoutMs: 1_000 });
      await assert.rejects(late.call('any'), coded('unreachable', /127\.0\.0\.1/));
    });

    test('more calls than are allowed are refused at once; a closed client ends what is under way', async (t) => {
      const node = await nodeOf(t, { hangs: () => SILENCE });
      const client = clientOf(t, node[transport], { maxPending: 2 });
      const hanging = [client.call('hangs'), client.call('hangs')];
      await assert.rejects(client.call('hangs'), coded('busy'));
      client.close();
      for (const call of hanging) await assert.rejects(call, coded('closed'));
      await assert.rejects(client.call('hangs'), coded('closed'));
    });
  });

test('an address that is none, or holds a secret, is refused without repeating it', () => {
  const wrong = ['nothing', 'ftp://h:1', 'ws://me:hunter2@h:1', 'ws://h:1/#hunter2'];
  for (const url of wrong)
    assert.throws(
      () => connectNode(url, { timeoutMs: 1 }),
      (error: unknown) => coded('bad-url')(error) && !String(error).includes('hunter2'),
      url,
    );
});

test('the path of an address, which may be a secret, is in no error', async (t) => {
  const client = clientOf(t, 'http://127.0.0.1:1/hunter2?key=hunter2');
  assert.equal(client.address, 'http://127.0.0.1:1');
  const error = await client.call('any').catch((caught: unknown) => caught);
  assert.ok(error instanceof NodeFault && error.code === 'unreachable');
  assert.ok(!`${error.message}${error.stack}`.includes('hunter2'));
});

test('an exchange that breaks after it was sent may have run', async (t) => {
  const node = await nodeOf(t, { hangs: () => SILENCE });
  const client = clientOf(t, node.httpUrl);
  const call = client.call('hangs');
  const settled = call.catch(() => undefined);
  while (!node.calls.includes('hangs')) await new Promise((resolve) => setImmediate(resolve));
  node.hangUp();
  await assert.rejects(call, coded('lost', /hangs/));
  await settled;
});

test('HTTP has no subscriptions', async (t) => {
  const node = await nodeOf(t, {});
  const client = clientOf(t, node.httpUrl);
  await assert.rejects(
    client.subscribe('s', [], 'u', () => undefined),
    coded('unsupported'),
  );
});

describe('subscriptions', () => {
  const HEADS = {
    subscribeHeads: () => true,
    unsubscribeHeads: () => true,
    echo: ([value]: readonly unknown[]) => value,
  };

  test('items arrive in order until it is closed, and the node gets the unsubscription', async (t) => {
    const node = await nodeOf(t, HEADS);
    const client = clientOf(t, node.webSocketUrl);
    const items: unknown[] = [];
    const subscription = await client.subscribe('subscribeHeads', [], 'unsubscribeHeads', (item) =>
      items.push(item),
    );
    node.publish('subscribeHeads', 1);
    node.publish('subscribeHeads', 2);
    await client.call('echo', [0]);
    subscription.close();
    node.publish('subscribeHeads', 3);
    await client.call('echo', [0]);
    assert.deepEqual(items, [1, 2]);
    assert.ok(node.calls.includes('unsubscribeHeads'));
  });

  test('they are renewed after a lost connection, and the gap is reported', async (t) => {
    const node = await nodeOf(t, { ...HEADS, hangs: () => SILENCE });
    const client = clientOf(t, node.webSocketUrl);
    const items: unknown[] = [];
    const again = Promise.withResolvers<void>();
    await client.subscribe('subscribeHeads', [], 'unsubscribeHeads', (item) => items.push(item), {
      onGap: again.resolve,
    });
    const cut = client.call('hangs');
    await client.call('echo', [0]);
    node.hangUp();
    await assert.rejects(cut, coded('lost', /hangs/));
    await again.promise;
    node.publish('subscribeHeads', 'after');
    await client.call('echo', [0]);
    assert.deepEqual(items, ['after']);
  });

  test('a subscription that the node refuses rejects; one that it refuses to renew is tried again', async (t) => {
    const node = await nodeOf(t, HEADS);
    const client = clientOf(t, node.webSocketUrl);
    await assert.rejects(
      client.subscribe('nothing', [], 'u', () => undefined),
      coded('refused'),
    );
    const again = Promise.withResolvers<void>();
    await client.subscribe('subscribeHeads', [], 'unsubscribeHeads', () => undefined, {
      onGap: again.resolve,
    });
    let refusals = 2;
    node.answers.set('subscribeHeads', () => {
      refusals -= 1;
      if (refusals >= 0) throw new Error('too many');
      return true;
    });
    node.hangUp();
    await again.promise;
    assert.equal(refusals, -1);
  });

  test('a message that cannot be read costs the connection, not the client', async (t) => {
    const node = await nodeOf(t, HEADS);
    const client = clientOf(t, node.webSocketUrl);
    const again = Promise.withResolvers<void>();
    await client.subscribe('subscribeHeads', [], 'unsubscribeHeads', () => undefined, {
      onGap: again.resolve,
    });
    node.sendText('{ not json');
    await again.promise;
    assert.equal(await client.call('echo', ['alive']), 'alive');
  });
});

test('a call that is made before the node is up waits for it', async (t) => {
  const first = await nodeOf(t, {});
  const { port } = first;
  await first.close();
  const client = clientOf(t, `ws://127.0.0.1:${port}`);
  const waiting = client.call('echo', ['late']);
  await nodeOf(t, { echo: ([value]) => value }, port);
  assert.equal(await waiting, 'late');
});
