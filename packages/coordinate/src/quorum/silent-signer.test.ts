// A member whose signer gives no signatures stays silent, keeps running, and takes part again afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignerUnavailable } from '../keys/signer-unavailable.ts';
import { groupOf, planOf } from './testing/fake-group.ts';
import { fakeNetwork } from './testing/fake-network.ts';

const GROUP = groupOf(4);
/** Leads the first rank of window 1. */
const LEADER = planOf(GROUP).leaders[0] ?? -1;
const OTHER = (LEADER + 1) % 4;

function networkWith(seat: number) {
  const signer = { works: false };
  const network = fakeNetwork(GROUP, {
    optionsOf: (of) =>
      of === seat
        ? {
            beforeSigning: () => {
              if (!signer.works) throw new SignerUnavailable('the signing program ended with 1');
            },
          }
        : {},
  });
  const node = network.nodes.get(seat) ?? assert.fail();
  return { network, node, signer };
}

const result = (node: { of(kind: 'record-outcome'): readonly { outcome: { result: string } }[] }) =>
  node.of('record-outcome').at(-1)?.outcome.result;

test('the others agree without it, it reports the reason, and takes full part in its next window', () => {
  const { network, node, signer } = networkWith(OTHER);
  network.run(29n, 56n);
  assert.deepEqual(node.of('broadcast'), []);
  const notices = node.of('notice').filter(({ code }) => code === 'signer-failed');
  assert.match(notices[0]?.text ?? '', /cannot sign hello: the signing program ended with 1/);
  assert.equal(notices.length, 1, 'once in a window');
  for (const each of network.nodes.values()) assert.equal(result(each), 'execute');
  for (const each of network.nodes.values()) each.give({ kind: 'action-ended', window: 1n });
  signer.works = true;
  network.run(57n, 86n);
  assert.ok(node.of('broadcast').length > 0);
  assert.equal(result(node), 'execute');
});

test('a leader without signatures costs its rank, and no window', () => {
  const { network } = networkWith(LEADER);
  network.run(29n, 56n);
  for (const each of network.nodes.values()) assert.equal(result(each), 'execute');
  assert.deepEqual(network.doubles(), []);
});

test('a signer that comes back within the window is used in it', () => {
  const { network, node, signer } = networkWith(OTHER);
  network.run(29n, 31n);
  signer.works = true;
  network.run(32n, 56n);
  assert.ok(node.of('broadcast').length > 0);
});
