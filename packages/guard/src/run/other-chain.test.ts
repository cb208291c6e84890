import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GENESIS } from '../testing/fake-chain.ts';
import { atOnce, start } from '../testing/start-guard.ts';
import { startShadow } from '../testing/start-shadow.ts';
import { chainInMemory } from './shadow-memory.ts';

const WESTEND = '0xe143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e';
const OWN = `ws://fake (--rpc) is of Development (genesis ${GENESIS})`;

describe('a node of another chain', () => {
  it('is never a witness, and both chains are named with their places', async (t) => {
    const ground = start(t);
    ground.witnesses[1]?.follows(WESTEND, 'a name that the node chose');
    await ground.clock.advance(50_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    assert.match(ground.reason('gran'), /1 of 2 did/);
    const two = `unread node-2: node-2 (--witness) is a node of Westend (genesis ${WESTEND})`;
    assert.ok(ground.said.includes(`${two}, and the own node ${OWN}`), ground.said.join('\n'));
  });

  it('is no witness at a second address: neither the own node, nor a witness', async (t) => {
    const ground = start(t);
    Object.assign(ground.witnesses[0]?.answers ?? {}, { system_localPeerId: () => '12D3KooW0' });
    await ground.clock.advance(50_000);
    assert.match(ground.reason('gran'), /1 of 2 did/);
    assert.match(ground.said.join('\n'), /unread node-1: node-1 .--witness. and ws:..fake are one node/);
    // The other witness counts, also beside a first one whose id is unknown.
    for (const [at, peer] of [[1, () => '12D3KooW1'], [1, () => null], [1], [0]] as const) {
      const other = start(t);
      Object.assign(other.witnesses[at]?.answers ?? {}, { system_localPeerId: peer });
      await other.clock.advance(50_000);
      assert.match(other.reason('gran'), /1 of 2 did/);
    }
  });

  it('ends the guard if it is the own one, before a key that authors or votes is placed', async (t) => {
    const chain = chainInMemory();
    chain.write({ genesis: WESTEND, name: 'Westend' });
    const ground = start(t, { chain: { ...chain, place: '/state/chain.json' } });
    await ground.clock.advance(5_000);
    await assert.rejects(atOnce(ground.running), {
      message: `ws://fake (--rpc) is a node of Development (genesis ${GENESIS}), and /state/chain.json is of Westend (genesis ${WESTEND})`,
      remedy: 'correct --rpc; a guard of another chain needs another folder with --state',
      kind: 'denied',
    });
    assert.match(ground.steps.at(-2) ?? '', /^stop with 0 open/);
  });

  it('ends the guard also if it takes the place of the own one later', async (t) => {
    const ground = start(t);
    await ground.clock.advance(42_000);
    ground.own.follows(WESTEND, 'Westend');
    await ground.clock.advance(5_000);
    await assert.rejects(
      atOnce(ground.running),
      /node of Westend .* and the node that answered there before/,
    );
    assert.deepEqual(ground.kinds(), []);
  });

  it('without a name is shown by its genesis', async (t) => {
    const ground = startShadow(t);
    const other = `0x${'12'.repeat(32)}`;
    ground.witnesses[0]?.follows(other, '');
    await ground.clock.advance(10_000);
    const said = ground.said.join('\n');
    assert.ok(said.includes(`is a node of a chain without a name (genesis ${other})`), said);
  });
});
