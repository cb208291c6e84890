import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { OperatorKey } from '../../keys/port.ts';
import { conformanceGroup, conformanceKey } from '../conformance-group.ts';
import {
  type Handshake,
  type HandshakeSettings,
  type HandshakeStep,
  initiate,
  respond,
  type Session,
} from './handshake.ts';
import { decodeHello, encodeHello, HELLO_BYTES } from './hello.ts';

const KEYS = [0, 1, 2].map(conformanceKey);
const HOUR_MS = 3_600_000;

function settingsOf(
  seat: number,
  options: { readonly key?: OperatorKey; readonly groupByte?: number; readonly atMs?: number } = {},
): HandshakeSettings {
  const key = options.key ?? KEYS[seat];
  assert.ok(key !== undefined);
  const { atMs = 1_000_000 * HOUR_MS, groupByte = 1 } = options;
  return {
    group: conformanceGroup(seat, { keys: KEYS, groupByte }),
    key,
    nowMs: () => atMs,
    clockSkewMs: HOUR_MS,
    statementMs: 24 * HOUR_MS,
  };
}

/** Passes messages between the two until they are done or one refuses; `path` may change each. */
function run(
  initiator: Handshake,
  responder: Handshake,
  path: (index: number, message: Uint8Array) => Uint8Array = (_, message) => message,
): readonly HandshakeStep[] {
  const steps: HandshakeStep[] = [];
  let message = initiator.opening;
  for (let index = 0; message !== null; index++) {
    const step: HandshakeStep = (index % 2 === 0 ? responder : initiator).read(path(index, message));
    steps.push(step);
    message = step.kind === 'refused' ? null : step.send;
  }
  return steps;
}

const ending = (steps: readonly HandshakeStep[]) => {
  const last = steps.at(-1);
  return last?.kind === 'refused' ? last.reason : last?.kind;
};

const sessionsOf = (steps: readonly HandshakeStep[]): readonly Session[] =>
  steps.flatMap((step) => (step.kind === 'done' ? [step.session] : []));

describe('the handshake of two members', () => {
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [2, 0],
  ] as const) {
    test(`seat ${from} dials seat ${to}: each knows the other, and reads what it sends`, () => {
      const sessions = sessionsOf(run(initiate(settingsOf(from), to), respond(settingsOf(to))));
      const [atResponder, atInitiator] = sessions;
      assert.ok(atResponder !== undefined && atInitiator !== undefined && sessions.length === 2);
      assert.equal(atResponder.seat, from);
      assert.equal(atInitiator.seat, to);
      const message = Uint8Array.of(1, 2, 3);
      assert.deepEqual(atResponder.open(atInitiator.seal(message)), message);
      assert.deepEqual(atInitiator.open(atResponder.seal(message)), message);
      assert.equal(
        atInitiator.open(atInitiator.seal(message)),
        null,
        'the directions have keys of their own',
      );
    });
  }

  const refusals: readonly (readonly [string, Handshake, Handshake, string])[] = [
    [
      'an initiator with another key',
      initiate(settingsOf(0, { key: conformanceKey(9) }), 1),
      respond(settingsOf(1)),
      'bad-signature',
    ],
    [
      'a responder with another key',
      initiate(settingsOf(0), 1),
      respond(settingsOf(1, { key: conformanceKey(9) })),
      'bad-signature',
    ],
    ['another group', initiate(settingsOf(0, { groupByte: 2 }), 1), respond(settingsOf(1)), 'wrong-group'],
    ['the own seat', initiate(settingsOf(1), 1), respond(settingsOf(1)), 'not-a-member'],
    ['somebody else at that place', initiate(settingsOf(0), 1), respond(settingsOf(2)), 'not-a-member'],
    [
      'an initiator from the future',
      initiate(settingsOf(0, { atMs: 1_000_002 * HOUR_MS }), 1),
      respond(settingsOf(1)),
      'bad-signature',
    ],
    [
      'an initiator of long ago',
      initiate(settingsOf(0, { atMs: 999_974 * HOUR_MS }), 1),
      respond(settingsOf(1)),
      'bad-signature',
    ],
  ];
  for (const [name, initiator, responder, reason] of refusals) {
    test(`refused: ${name}`, () => assert.equal(ending(run(initiator, responder)), reason));
  }

  test('another group or seat is refused at the first message, before anything costly or signed', () => {
    const first = (settings: HandshakeSettings, toSeat: number) => initiate(settings, toSeat).opening;
    const openings = [
      [first(settingsOf(0, { groupByte: 2 }), 1), 'wrong-group'],
      [first(settingsOf(0), 2), 'not-a-member'],
      [first(settingsOf(1), 1), 'not-a-member'],
    ] as const;
    for (const [opening, reason] of openings) {
      assert.ok(opening !== null);
      assert.deepEqual(respond(settingsOf(1)).read(opening), { kind: 'refused', reason });
    }
  });

  test('who answers as another seat than the one that was dialed gets no proof', () => {
    const steps = run(initiate(settingsOf(0), 1), respond(settingsOf(1)), (index, message) => {
      const hello = index === 1 ? decodeHello(message) : null;
      return hello === null ? message : encodeHello({ ...hello, fromSeat: 2 });
    });
    assert.deepEqual(steps.at(-1), { kind: 'refused', reason: 'not-a-member' });
    assert.equal(steps.length, 2);
  });

  test('a member cannot take the seat of another: its own statement is good for its own seat alone', () => {
    for (const role of ['initiator', 'responder'] as const) {
      const honest = role === 'initiator' ? 1 : 0;
      const claimed = role === 'initiator' ? 0 : 1;
      let seat = claimed;
      const key = KEYS[2];
      assert.ok(key !== undefined);
      const base = settingsOf(claimed, { key });
      const liar = {
        ...base,
        group: {
          ...base.group,
          get seat() {
            return seat;
          },
        },
      };
      const ends =
        role === 'initiator'
          ? ([initiate(liar, honest), respond(settingsOf(honest))] as const)
          : ([initiate(settingsOf(honest), claimed), respond(liar)] as const);
      const steps = run(...ends, (index, message) => {
        // Both hellos are said; from here on it speaks as what it is.
        if (index === 1) seat = 2;
        return message;
      });
      assert.equal(ending(steps), 'not-a-member', role);
    }
  });

  test('a clock that is within the allowed distance is no reason', () => {
    const early = initiate(settingsOf(0, { atMs: 1_000_001 * HOUR_MS }), 1);
    assert.equal(ending(run(early, respond(settingsOf(1)))), 'done');
  });

  test('a recorded handshake does not open another connection', () => {
    const recorded: Uint8Array[] = [];
    run(initiate(settingsOf(0), 1), respond(settingsOf(1)), (index, message) => {
      if (index % 2 === 0) recorded.push(message);
      return message;
    });
    const again = respond(settingsOf(1));
    const [hello, proof] = recorded;
    assert.ok(hello !== undefined && proof !== undefined);
    assert.equal(again.read(hello).kind, 'go-on');
    assert.deepEqual(again.read(proof), { kind: 'refused', reason: 'malformed' });
  });

  test('who stands between cannot pass a proof from one connection to another', () => {
    // It speaks with both as the other one, with ephemeral keys of its own, and so cannot even read the proof.
    const victim = initiate(settingsOf(0), 1);
    const target = respond(settingsOf(1));
    const between = initiate(settingsOf(0, { key: conformanceKey(9) }), 1);
    assert.ok(victim.opening !== null && between.opening !== null);
    const reply = target.read(between.opening);
    assert.ok(reply.kind === 'go-on');
    const proof = victim.read(reply.send);
    assert.ok(proof.kind === 'go-on');
    assert.deepEqual(target.read(proof.send), { kind: 'refused', reason: 'malformed' });
  });

  test('a statement of the initiator is none of the responder', () => {
    // The initiator's own proof, sent back to it, is sealed with the other direction's key.
    let proof: Uint8Array | null = null;
    const steps = run(initiate(settingsOf(0), 1), respond(settingsOf(1)), (index, message) => {
      if (index === 2) proof = message;
      return index === 3 ? (proof ?? message) : message;
    });
    assert.equal(ending(steps), 'malformed');
  });

  test('an ephemeral key that makes a secret everybody knows is refused', () => {
    const hello = decodeHello(initiate(settingsOf(0), 1).opening ?? new Uint8Array(0));
    assert.ok(hello !== null);
    for (const first of [0, 1]) {
      const ephemeral = new Uint8Array(32).fill(first, 0, 1);
      const step = respond(settingsOf(1)).read(encodeHello({ ...hello, ephemeral }));
      assert.deepEqual(step, { kind: 'refused', reason: 'malformed' });
    }
  });

  test('altered or random messages end in a refusal, never in a throw', () => {
    const altered = fc.record({ index: fc.nat(3), at: fc.nat(400), bit: fc.nat(7) });
    fc.assert(
      fc.property(altered, ({ index, at, bit }) => {
        const steps = run(initiate(settingsOf(0), 1), respond(settingsOf(1)), (now, message) => {
          if (now !== index) return message;
          const changed = Uint8Array.from(message);
          const place = at % changed.length;
          changed[place] = (changed[place] ?? 0) ^ (1 << bit);
          return changed;
        });
        assert.notEqual(ending(steps), 'done');
        // The responder may be done before the last message, which is its own, is altered.
        assert.ok(sessionsOf(steps).length <= (index === 3 ? 1 : 0));
      }),
      { numRuns: 200 },
    );
    const random = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(random, { maxLength: 3 }), (messages) => {
        for (const handshake of [initiate(settingsOf(0), 1), respond(settingsOf(1))]) {
          for (const message of messages) assert.equal(handshake.read(message).kind, 'refused');
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('the first message', () => {
  test('is read as it was written, and nothing else is', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const hello = fc.record(
      {
        groupId: bytes32,
        fromSeat: fc.nat(65_535),
        toSeat: fc.nat(65_535),
        nonce: bytes32,
        ephemeral: bytes32,
      },
      { noNullPrototype: true },
    );
    fc.assert(fc.property(hello, (value) => assert.deepEqual(decodeHello(encodeHello(value)), value)));
    const other = fc.uint8Array({ maxLength: 300 }).filter(({ length }) => length !== HELLO_BYTES);
    fc.assert(fc.property(other, (bytes) => assert.equal(decodeHello(bytes), null)));
    assert.equal(decodeHello(new Uint8Array(HELLO_BYTES).fill(2)), null, 'another version');
  });
});
