import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { TransportEvents } from '../port.ts';
import { transportChecks, type World } from './conformance.ts';
import { conformanceGroup, conformanceKey } from './conformance-group.ts';
import { type MemoryNetwork, type MemoryTransport, memoryNetwork } from './memory-network.ts';

function memoryWorld(): World {
  const network = memoryNetwork();
  return {
    join: async ({ keys, seat, groupByte, events, limits }) => {
      const key = keys[seat];
      assert.ok(key !== undefined);
      return network.join({
        group: conformanceGroup(seat, { keys, groupByte }),
        key,
        events,
        limits,
        nowMs: () => 0,
      });
    },
    until: async (what, condition) => {
      for (let deliveries = 0; !condition(); deliveries++) {
        assert.ok(
          network.deliverNext() && deliveries < 10_000,
          `so much was delivered, and yet not: ${what}`,
        );
      }
    },
  };
}

describe('the memory transport', () => {
  for (const { name, run } of transportChecks) test(name, () => run(memoryWorld()));
});

const KEYS = [0, 1, 2].map(conformanceKey);

/** Three members, and all that arrived as `receiver<author:text`. */
function three(network: MemoryNetwork): {
  readonly members: readonly MemoryTransport[];
  readonly log: string[];
} {
  const log: string[] = [];
  const members = KEYS.map((key, seat) => {
    const events: TransportEvents = {
      arrived: ({ seat: author, frame }) => {
        log.push(`${seat}<${author}:${Buffer.from(frame.payload)}`);
      },
    };
    return network.join({ group: conformanceGroup(seat, { keys: KEYS }), key, events, nowMs: () => 0 });
  });
  return { members, log };
}

const say = (transport: MemoryTransport | undefined, text: string) =>
  transport?.broadcast({ type: 't', payload: Uint8Array.from(Buffer.from(text)) });

describe('the driver of a memory network', () => {
  test('nothing arrives by itself; one call, one frame', () => {
    const network = memoryNetwork();
    const { members, log } = three(network);
    say(members[0], 'a');
    assert.deepEqual(log, []);
    assert.equal(network.inFlight().length, 2);
    assert.ok(network.deliverNext());
    assert.deepEqual(log, ['1<0:a']);
    assert.ok(network.deliverNext());
    assert.equal(network.deliverNext(), false);
    assert.deepEqual(log, ['1<0:a', '2<0:a']);
  });

  test('a frame is lost, or arrives twice', () => {
    const network = memoryNetwork();
    const { members, log } = three(network);
    say(members[0], 'a');
    assert.ok(network.loseNext());
    assert.ok(network.duplicateNext());
    assert.ok(network.deliverNext());
    assert.deepEqual(log, ['2<0:a', '2<0:a']);
    assert.equal(network.loseNext(), false);
    assert.equal(network.duplicateNext(), false);
  });

  test('a partition stops frames in flight and new ones, until it heals', () => {
    const network = memoryNetwork();
    const { members, log } = three(network);
    say(members[0], 'before');
    network.isolate([0]);
    say(members[0], 'inside');
    say(members[1], 'outside');
    while (network.deliverNext());
    assert.deepEqual(log, ['2<1:outside']);
    network.heal();
    say(members[0], 'after');
    while (network.deliverNext());
    assert.deepEqual(log.slice(1), ['1<0:after', '2<0:after']);
  });

  test('a partition in one direction', () => {
    for (const [direction, expected] of [
      ['from', ['0<1:b', '2<1:b']],
      ['to', ['1<0:a', '2<0:a', '2<1:b']],
    ] as const) {
      const network = memoryNetwork();
      const { members, log } = three(network);
      network.isolate([0], direction);
      say(members[0], 'a');
      say(members[1], 'b');
      while (network.deliverNext());
      assert.deepEqual(log, expected, direction);
    }
  });

  test('frames in flight to a member that left are lost', () => {
    const network = memoryNetwork();
    const { members, log } = three(network);
    say(members[0], 'a');
    void members[1]?.close();
    while (network.deliverNext());
    assert.deepEqual(log, ['2<0:a']);
  });

  test('the same draws make the same run', () => {
    const run = (draws: readonly number[]): readonly string[] => {
      const network = memoryNetwork();
      const { members, log } = three(network);
      draws.forEach((draw, index) => {
        const random = () => draw;
        say(members[index % 3], String(index));
        if (draw < 0.2) network.loseNext(random);
        else if (draw < 0.4) network.duplicateNext(random);
        else network.deliverNext(random);
      });
      return log;
    };
    const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(draws, (list) => {
        assert.deepEqual(run(list), run(list));
      }),
    );
  });
});
