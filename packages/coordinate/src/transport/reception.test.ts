import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeFrame } from './frame-codec.ts';
import { reception } from './reception.ts';
import { conformanceGroup, conformanceKey } from './testing/conformance-group.ts';

const KEYS = [0, 1, 2].map(conformanceKey);
const bytesOf = (text: string) => encodeFrame({ type: 't', payload: Uint8Array.from(Buffer.from(text)) });

/** A reception at seat 0 whose turns are taken by hand. */
function receiving(limits = { quota: { perSecond: 1, burst: 10 }, queuedFrames: 3 }) {
  const log: string[] = [];
  const turns: (() => void)[] = [];
  const received = reception({
    group: conformanceGroup(0, { keys: KEYS }),
    limits,
    nowMs: () => 0,
    later: (run) => turns.push(run),
    events: {
      arrived: ({ seat, frame }) => log.push(`${seat}:${Buffer.from(frame.payload)}`),
      refused: (reason, seat) => log.push(`${reason} ${seat}`),
      connected: (seat) => log.push(`connected ${seat}`),
      disconnected: (seat) => log.push(`disconnected ${seat}`),
    },
  });
  return { received, log, turns, turn: () => turns.shift()?.() };
}

describe('an arriving frame', () => {
  test('is delivered in turns, one of each member per turn', () => {
    const { received, log, turns, turn } = receiving();
    for (const text of ['a', 'b', 'c']) assert.equal(received.take(1, bytesOf(text)), null);
    assert.equal(received.take(2, bytesOf('x')), null);
    assert.deepEqual(log, [], 'not while it is taken');
    assert.equal(turns.length, 1);
    turn();
    assert.deepEqual(log, ['1:a', '2:x']);
    turn();
    turn();
    assert.deepEqual(log.slice(2), ['1:b', '1:c']);
    assert.equal(turns.length, 0, 'no turn without frames');
  });

  test('beyond the queue of a member is refused, without touching others', () => {
    const { received, turn } = receiving();
    for (const text of ['a', 'b', 'c']) received.take(1, bytesOf(text));
    assert.equal(received.take(1, bytesOf('d')), 'queue-full');
    assert.equal(received.take(2, bytesOf('x')), null);
    turn();
    assert.equal(received.take(1, bytesOf('e')), null);
  });

  test('beyond the quota is refused, also what cannot be read', () => {
    const { received } = receiving({ quota: { perSecond: 1, burst: 2 }, queuedFrames: 9 });
    assert.equal(received.take(1, new Uint8Array(0)), 'malformed');
    assert.equal(received.take(1, bytesOf('a')), null);
    assert.equal(received.take(1, bytesOf('b')), 'over-quota');
    assert.equal(received.take(2, bytesOf('x')), null);
  });

  test('of another member is charged to the member that passes it on, not to its author', () => {
    const { received } = receiving({ quota: { perSecond: 1, burst: 2 }, queuedFrames: 9 });
    const passedOn = ['a', 'b', 'c'].map((text) => received.take(1, bytesOf(text), 2));
    assert.deepEqual(passedOn, [null, null, 'over-quota']);
    assert.equal(received.take(1, bytesOf('own')), null);
    assert.equal(received.take(2, bytesOf('x')), null);
  });

  test('what is not a frame is charged too', () => {
    const { received } = receiving({ quota: { perSecond: 1, burst: 2 }, queuedFrames: 9 });
    assert.deepEqual(
      [received.charge(1), received.charge(1), received.charge(1)],
      [null, null, 'over-quota'],
    );
    assert.equal(received.take(1, bytesOf('a')), 'over-quota');
    assert.equal(received.charge(2), null);
    assert.equal(received.peers()[0]?.refused, 2);
  });

  test('is counted by member and by reason', () => {
    const { received, log, turn } = receiving();
    received.take(1, bytesOf('a'));
    received.take(1, Uint8Array.of(0));
    received.refuse('wrong-group', null);
    assert.equal(received.take(0, bytesOf('own')), 'not-a-member');
    assert.equal(received.take(7, bytesOf('no member')), 'not-a-member');
    turn();
    assert.deepEqual(received.peers(), [
      { seat: 1, isConnected: false, arrived: 1, refused: 1 },
      { seat: 2, isConnected: false, arrived: 0, refused: 0 },
    ]);
    const counts = [
      ['malformed', 1],
      ['wrong-group', 1],
      ['not-a-member', 2],
    ];
    assert.deepEqual([...received.refusals()], counts);
    assert.deepEqual(log, ['malformed 1', 'wrong-group null', 'not-a-member 0', 'not-a-member 7', '1:a']);
  });

  test('a member with two connections counts as connected until the last one ends', () => {
    const { received, log } = receiving();
    received.connected(1);
    received.connected(1);
    received.disconnected(1);
    assert.equal(received.peers()[0]?.isConnected, true);
    received.disconnected(1);
    received.disconnected(1);
    received.connected(9);
    assert.deepEqual(log, ['connected 1', 'disconnected 1']);
  });

  test('a handler that closes gets no more frames of the same turn', () => {
    const log: number[] = [];
    const received = reception({
      group: conformanceGroup(0, { keys: KEYS }),
      limits: { quota: { perSecond: 1, burst: 10 }, queuedFrames: 3 },
      nowMs: () => 0,
      later: (run) => turns.push(run),
      events: {
        arrived: ({ seat }) => {
          log.push(seat);
          received.close();
        },
      },
    });
    const turns: (() => void)[] = [];
    received.take(1, bytesOf('a'));
    received.take(2, bytesOf('b'));
    turns.shift()?.();
    assert.deepEqual(log, [1]);
  });

  test('no event follows the end', () => {
    const { received, log, turn } = receiving();
    received.connected(1);
    received.take(1, bytesOf('a'));
    received.close();
    turn();
    assert.equal(received.take(1, bytesOf('b')), 'queue-full');
    received.disconnected(1);
    assert.deepEqual(log, ['connected 1']);
  });
});
