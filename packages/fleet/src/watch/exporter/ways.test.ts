import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixture, SOLO } from '../../file/testing/index.ts';
import type { NodeAccess } from '../../run/access/index.ts';
import { AccessFault } from '../../run/access/index.ts';
import { type Target, targetsOf } from './target.ts';
import { readSettings } from './testing/look.ts';
import { openWays } from './ways.ts';

const { network } = readFixture(SOLO);

function targets(): readonly Target[] {
  const settings = readSettings({ network: 'harbour', place: 'here', clusters: ['main'] });
  assert.ok(settings.success);
  const reading = targetsOf(settings.data, network);
  assert.ok(reading.ok);
  return reading.targets;
}

/** Ways that can be counted; from one node on there is none. */
function fakeAccess(broken: string | null) {
  const open = new Set<string>();
  const access = async ({ node }: { readonly node: { readonly name: string } }): Promise<NodeAccess> => ({
    where: node.name,
    logs: async () => undefined,
    exec: async () => 0,
    forward: async () => {
      if (node.name === broken) throw new AccessFault('unreachable', 'no way', 'make one');
      open.add(node.name);
      return { address: `127.0.0.1:${open.size}`, close: () => void open.delete(node.name) };
    },
    close: () => undefined,
  });
  return { open, access };
}

test('each node of a cluster gets a separate way, and all of them end together', async () => {
  const { open, access } = fakeAccess(null);
  const ways = await openWays(targets(), null, access);
  assert.equal(open.size, 5);
  assert.deepEqual(
    ways.targets.map(({ url }) => url),
    [1, 2, 3, 4, 5].map((port) => `ws://127.0.0.1:${port}`),
  );
  ways.close();
  assert.equal(open.size, 0);
});

test('where one cannot be opened none is left open, and what to do is said', async () => {
  const { open, access } = fakeAccess('validators-main-2');
  await assert.rejects(openWays(targets(), null, access), {
    name: 'ExporterFault',
    code: 'cluster',
    message: 'no way',
    remedy: 'make one',
  });
  assert.equal(open.size, 0);
});
