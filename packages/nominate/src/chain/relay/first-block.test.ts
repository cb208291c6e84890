import assert from 'node:assert/strict';
import test from 'node:test';
import { NodeFault } from '@watchbill/chain';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { type FakeChains, FIRST_SESSION, fakeChains } from '../testing/fake-chains.ts';
import { firstBlockOf, type RelayBlock, type RememberedBlock } from './first-block.ts';

/**
 * The fake relay is in the third session of the era; sessions began every 100 blocks, the newest with block
 * 4,900.
 */
async function search(
  chains: FakeChains,
  session: Fact<number> = known(FIRST_SESSION, 'staking'),
  remembered: RememberedBlock | null = null,
): Promise<Fact<RelayBlock>> {
  const read = await chains.roles.relay.readPinned((reader) => firstBlockOf(reader, session, remembered));
  assert.ok(read.ok, read.ok ? '' : read.why);
  return read.value;
}

test('it is followed back from session to session', async () => {
  for (const [session, number] of [
    [FIRST_SESSION + 2, 4_900n],
    [FIRST_SESSION + 1, 4_800n],
    [FIRST_SESSION, 4_700n],
    [FIRST_SESSION - 3, 4_400n],
  ] as const) {
    const found = await search(fakeChains(), known(session, 'staking'));
    assert.ok(found.known);
    assert.equal(found.value.number, number);
    assert.match(found.value.hash, /^0x00/);
  }
});

test('one that is remembered is not searched again', async () => {
  const chains = fakeChains();
  const block = { number: 4_700n, hash: `0x${'ab'.repeat(32)}` };
  assert.deepEqual(await search(chains, undefined, { session: FIRST_SESSION, block }), known(block, 'relay'));
  assert.ok(!chains.relay.calls.includes('state_queryStorageAt'));
});

test('a session that has not begun, or an unknown one, has no first block', async () => {
  const ahead = await search(fakeChains(), known(FIRST_SESSION + 3, 'staking'));
  assert.ok(!ahead.known && /has not begun/.test(ahead.reason));
  const none = await search(fakeChains(), unknown('no era', 'staking'));
  assert.ok(!none.known && /no era/.test(none.reason));
});

test('a block that is not in the session it should be in ends the search: no wrong seed', async () => {
  const chains = fakeChains();
  chains.relay.setAt(4_800, 'Session', 'CurrentIndex', [[[], FIRST_SESSION + 7]]);
  const found = await search(chains);
  assert.ok(!found.known && /is in session 607, not 601/.test(found.reason));
});

test('an endpoint that has dropped old state leaves it unknown, and does not fail', async () => {
  const chains = fakeChains();
  chains.relay.setTrouble((method, params) => {
    if (method === 'state_queryStorageAt' && !String(params[1]).endsWith('1388'))
      throw new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
    return null;
  });
  const found = await search(chains, known(FIRST_SESSION, 'staking'));
  assert.ok(!found.known && /State already discarded/.test(found.reason));
});

test('the search through a long stalled era is bounded', async () => {
  const chains = fakeChains();
  for (let session = FIRST_SESSION + 1; session > FIRST_SESSION - 90; session -= 1) {
    const height = 4_900 - 50 * (FIRST_SESSION + 2 - session);
    chains.relay.setAt(height, 'Babe', 'EpochStart', [[[], [height - 50, height]]]);
    chains.relay.setAt(height, 'Session', 'CurrentIndex', [[[], session]]);
  }
  chains.relay.set('Babe', 'EpochStart', [[[], [4_850, 4_900]]]);
  const found = await search(chains, known(FIRST_SESSION - 89, 'staking'));
  assert.ok(!found.known && /more than 64 sessions ago/.test(found.reason));
});
