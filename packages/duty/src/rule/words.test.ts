import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DUTIES, decodeWord, encodeWord, pointOf, type WordPlace, wordKeyOf } from './index.ts';
import { anyMark } from './testing/grown-marks.ts';
import { adopted, dutyNamed, sampleAttempt, sampleClaim, take } from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const SECRET = 'the peer secret of ledger 1';
const KEY = wordKeyOf(SECRET);
const place: WordPlace = { ledger: 'ledger-1', chain: '0xc1', key: '0xk1', duty: grandpa };
const attempt = sampleAttempt({ nonce: '8b1c02' });
const mark = take(
  take(adopted(grandpa, [12n, 1n]), sampleClaim(grandpa, [12n, 346n]), { attempt }),
  sampleClaim(grandpa, [12n, 345n], { parts: ['prevote'] }),
  { attempt },
);
const point = pointOf(mark);
const text = encodeWord(point, place, KEY);

function why(told: string, at: WordPlace = place, secret = SECRET): string {
  const parsed = decodeWord(told, at, wordKeyOf(secret));
  return parsed.ok ? 'ok' : parsed.why;
}

/** The text with some of its pieces replaced and the HMAC left as it was. */
function forged(...changes: readonly (readonly [number, string])[]): string {
  const pieces = text.split('.');
  for (const [index, piece] of changes) pieces[index] = piece;
  return pieces.join('.');
}

/** The same text with an HMAC that fits it, as only a service of the ledger could write it. */
function signed(body: string, at: WordPlace = place): string {
  const key = createHmac('sha256', SECRET).update('watchbill word 1').digest();
  const name = JSON.stringify([at.chain, at.key, at.duty.name]);
  return `${body}.${createHmac('sha256', key).update(`${body}\n${name}`).digest('hex')}`;
}

describe('a word', () => {
  test('of every mark comes back as the point that it was', () => {
    for (const duty of DUTIES) {
      const at = { ...place, duty };
      fc.assert(
        fc.property(anyMark(duty), ({ mark: grown }) => {
          const told = pointOf(grown);
          assert.deepEqual(decodeWord(encodeWord(told, at, KEY), at, KEY), { ok: true, point: told });
        }),
        { numRuns: 30 },
      );
    }
  });

  test('of an adoption has no part, and without a floor no unit', () => {
    for (const [floor, unit] of [
      [null, '-'],
      [[12n, 1n], '12/1'],
    ] as const) {
      const told = encodeWord(pointOf(adopted(grandpa, floor)), place, KEY);
      assert.deepEqual(told.split('.').slice(5, 9), [unit, '-', 'nonce-0', unit]);
      const parsed = decodeWord(told, place, KEY);
      assert.ok(parsed.ok);
      assert.deepEqual([parsed.point.unit, parsed.point.part, parsed.point.top], [floor, null, floor]);
    }
  });
});

describe('a word is refused', () => {
  test('as forged, when any piece of it was changed', () => {
    assert.equal(why(text), 'ok');
    const changes: readonly (readonly [number, string])[] = [
      [2, 'epoch-2'],
      [3, '4'],
      [4, 'e'.repeat(64)],
      [5, '12/344'],
      [5, '-'],
      [6, 'precommit'],
      [6, '-'],
      [7, '8b1c03'],
      [8, '12/345'],
      [8, '-'],
      [9, '0'.repeat(64)],
    ];
    for (const change of changes) assert.equal(why(forged(change)), 'forged', change.join(' '));
    const last = text.at(-1) === '0' ? '1' : '0';
    assert.equal(why(`${text.slice(0, -1)}${last}`), 'forged');
  });

  test('as forged, when it was issued for another mark, or under another secret', () => {
    assert.equal(why(text, { ...place, chain: '0xc2' }), 'forged');
    assert.equal(why(text, { ...place, key: '0xk2' }), 'forged');
    assert.equal(why(text, { ...place, duty: dutyNamed('beefy') }), 'forged');
    assert.equal(why(text, { ...place, duty: babe }), 'forged');
    assert.equal(why(text, place, 'another secret'), 'forged');
  });

  test('as forged, when the secret itself was used in place of the derived key', () => {
    const body = text.slice(0, text.lastIndexOf('.'));
    const name = JSON.stringify([place.chain, place.key, place.duty.name]);
    const direct = createHmac('sha256', SECRET).update(`${body}\n${name}`).digest('hex');
    assert.equal(why(`${body}.${direct}`), 'forged');
  });

  test('as one of another ledger, when it names another, before its HMAC is looked at', () => {
    const other = { ...place, ledger: 'ledger-2' };
    assert.equal(why(encodeWord(point, other, KEY)), 'other-ledger');
    assert.equal(why(forged([1, 'ledger-2'])), 'other-ledger');
  });

  test('as malformed, when it is not a word at all', () => {
    const broken = [
      ...['', 'w1', 'x', text.slice(1), text.toUpperCase(), ` ${text}`, `${text} `, `${text}\n`, `${text}.0`],
      ...[text.replace('w1.', 'w2.'), text.slice(0, -1), text.slice(0, text.lastIndexOf('.'))],
      ...[forged([3, '-1']), forged([3, '03']), forged([3, '1'.repeat(21)]), forged([4, 'F'.repeat(64)])],
      ...[forged([1, '']), forged([2, 'é']), forged([7, 'a b']), forged([5, '12//3']), forged([8, '/12'])],
      ...[forged([7, 'n'.repeat(65)]), forged([9, 'z'.repeat(64)]), forged([6, 'Prevote'])],
    ];
    for (const told of broken) assert.equal(why(told), 'malformed', told);
  });

  test('as malformed, when it is longer than 512 characters: a long text costs no HMAC', () => {
    const long = (length: number) => forged([5, '1'.repeat(length - text.length + '12/345'.length)]);
    assert.deepEqual([long(512).length, why(long(512))], [512, 'forged']);
    assert.deepEqual([long(513).length, why(long(513))], [513, 'malformed']);
  });

  test('as malformed, when a service signed what is not a unit or part of the duty', () => {
    const pieces = text.split('.').slice(0, 9);
    for (const [index, piece] of [
      [5, '12'],
      [5, '012/345'],
      [8, '12/345/6'],
      [6, 'seal'],
    ] as const)
      assert.equal(why(signed(pieces.with(index, piece).join('.'))), 'malformed', piece);
    assert.equal(why(signed(pieces.join('.'))), 'ok');
  });

  test('whatever a claimant sends: nothing throws, and only what was issued is taken', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (told) => {
        assert.notEqual(why(told), 'ok');
      }),
    );
    const index = fc.integer({ min: 0, max: text.length - 1 });
    fc.assert(
      fc.property(index, fc.constantFrom(...'0129afgz.-/'), (at, character) => {
        const told = `${text.slice(0, at)}${character}${text.slice(at + 1)}`;
        assert.equal(why(told) === 'ok', told === text);
      }),
    );
  });
});

describe('a point without a text is a fault', () => {
  test('when an id holds a dot or is too long; the message never has the secret', () => {
    const cases: readonly (() => string)[] = [
      () => encodeWord({ ...point, epoch: 'a.b' }, place, KEY),
      () => encodeWord({ ...point, nonce: '' }, place, KEY),
      () => encodeWord({ ...point, hash: 'ab' }, place, KEY),
      () => encodeWord(point, { ...place, ledger: 'l'.repeat(65) }, KEY),
      () => encodeWord({ ...point, seq: -1n }, place, KEY),
    ];
    for (const work of cases)
      assert.throws(work, (fault) => {
        assert.ok(fault instanceof RangeError);
        assert.match(fault.message, /grandpa has no text as a word/);
        assert.ok(!fault.message.includes(SECRET));
        return true;
      });
  });

  test('when it is longer than 512 characters; the message shows as many', () => {
    const digits = '12'.length;
    const wide = (length: number) => ({
      ...point,
      unit: [10n ** BigInt(length - text.length + digits - 1), 345n],
    });
    assert.equal(encodeWord(wide(512), place, KEY).length, 512);
    assert.throws(() => encodeWord(wide(513), place, KEY), RangeError);
    assert.throws(
      () => encodeWord(wide(9_000), place, KEY),
      (fault) => fault instanceof RangeError && fault.message.length < 600,
    );
  });
});
