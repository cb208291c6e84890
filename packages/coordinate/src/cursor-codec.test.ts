import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Cursor } from './cursor.ts';
import { decodeCursor, encodeCursor } from './cursor-codec.ts';

const OWNER = { profile: 'rfc12', group: 'aa' };
const CURSOR: Cursor = {
  window: 7n,
  stage: 'ended',
  sent: [{ type: 't', payload: Uint8Array.from([1, 255]), atHeight: 6_300n }],
  memory: Uint8Array.from([7]),
  faults: [
    { culprit: '0xA', kind: 'leader-idleness', count: 2 },
    { culprit: '0xB', kind: 'equivocation', count: 1, evidence: Uint8Array.from([1, 2]) },
  ],
  outcome: {
    from: 7n,
    to: 7n,
    result: 'failed',
    reason: 'leader-silent',
    leader: '0xA',
    action: null,
    startBlock: null,
    expiryBlock: null,
    faults: [{ culprit: '0xA', kind: 'leader-idleness', count: 2 }],
    detail: '',
  },
  agreed: 7n,
  execution: {
    window: 6n,
    action: 'redemption',
    payload: Uint8Array.from([]),
    startBlock: 5_500n,
    expiryBlock: 6_100n,
  },
};

/** A text whose checksum holds, whatever it says. */
function signed(json: unknown): string {
  const line = JSON.stringify(json);
  return `${line}\n${createHash('sha256').update(line).digest('hex')}\n`;
}

const plain = () => JSON.parse(encodeCursor(OWNER, CURSOR).split('\n')[0] ?? '') as Record<string, unknown>;

function whyNot(text: string): string {
  const read = decodeCursor(OWNER, text);
  return read.ok ? 'read' : read.why;
}

describe('the text of a cursor', () => {
  test('is read back unchanged', () => {
    assert.deepEqual(decodeCursor(OWNER, encodeCursor(OWNER, CURSOR)), { ok: true, cursor: CURSOR });
    const bare: Cursor = { ...CURSOR, sent: [], faults: [], outcome: null, execution: null, stage: 'open' };
    assert.deepEqual(decodeCursor(OWNER, encodeCursor(OWNER, bare)), { ok: true, cursor: bare });
  });

  test('with any one character changed, added or taken away is refused', () => {
    const whole = encodeCursor(OWNER, CURSOR);
    fc.assert(
      fc.property(
        fc.nat({ max: whole.length - 2 }),
        fc.constantFrom('0', 'x', '', '\n', '}'),
        (at, instead) => {
          const changed = whole.slice(0, at) + instead + whole.slice(at + 1);
          if (changed !== whole) assert.match(whyNot(changed), /checksum/);
        },
      ),
    );
    assert.match(whyNot(''), /checksum/);
    assert.match(whyNot(`${whole}more`), /checksum/);
    assert.match(whyNot(whole.slice(0, whole.length / 2)), /checksum/);
  });

  test('of another group, profile or version is refused by name', () => {
    const text = encodeCursor({ ...OWNER, group: 'bb' }, CURSOR);
    assert.match(whyNot(text), /belongs to the group bb, not aa/);
    assert.match(whyNot(encodeCursor({ ...OWNER, profile: 'quorum' }, CURSOR)), /profile quorum, not rfc12/);
    assert.match(whyNot(signed({ ...plain(), v: 1 })), /version 1, not 2/);
  });

  const wrong: readonly (readonly [string, object])[] = [
    ['window', { window: 7 }],
    ['window', { window: '-1' }],
    ['stage', { stage: 'half' }],
    ['sent', { sent: {} }],
    ['sent', { sent: [{ type: 't', payload: 'xyz', atHeight: '1' }] }],
    ['faults', { faults: [{ culprit: 'a', kind: 'b', count: 0 }] }],
    ['faults', { faults: [null] }],
    ['outcome', { outcome: 'x' }],
    ['outcome', { outcome: { ...CURSOR.outcome, from: '1', to: '1', reason: 'because' } }],
    ['execution', { execution: [] }],
    ['execution', { execution: { window: '1' } }],
  ];
  for (const [name, change] of wrong) {
    test(`with a wrong ${name} is refused: ${JSON.stringify(change, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`, () => {
      assert.notEqual(whyNot(signed({ ...plain(), ...change })), 'read');
    });
  }

  test('that is not a record is refused', () => {
    for (const json of [null, [], 1, 'x']) assert.notEqual(whyNot(signed(json)), 'read');
  });
});
