import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixture, SOLO, WIDE } from '../../testing/networks.ts';
import { ON_MACHINES, withService } from '../../testing/services.ts';
import { rendered } from './rendered.ts';

/** Open ports with their uses, by file. */
function openIn(text: string): ReadonlyMap<string, readonly string[]> {
  const { network, graph } = readFixture(text);
  const files = rendered(network, graph, { format: 'nftables', place: null });
  const found = files.map(({ path, text: table }) => {
    const open = [...table.matchAll(/^ {4}tcp dport (\d+) accept comment "(.*)"$/gm)];
    return [path, open.map(([, port = '', use = '']) => `${port} ${use}`)] as const;
  });
  return new Map(found);
}

test('a machine lets in ssh and peers of both chains, and no RPC and no metrics', () => {
  const found = openIn(WIDE);
  assert.deepEqual([...found.keys()], ['iron.nft']);
  assert.deepEqual(found.get('iron.nft'), [
    '22 ssh',
    '30400 peers of backup-iron-0',
    '31400 relay-chain peers of backup-iron-0',
    '30333 peers of collators-iron-0',
    '31333 relay-chain peers of collators-iron-0',
  ]);
});

test('a machine with the permission service lets its callers in', () => {
  const found = openIn(withService(ON_MACHINES));
  assert.deepEqual([...found.keys()], ['iron.nft', 'steel.nft', 'tin.nft']);
  assert.deepEqual(found.get('iron.nft'), ['22 ssh', '8450 permission service watch']);
});

test('clusters have no file', () => assert.deepEqual(openIn(SOLO), new Map()));
