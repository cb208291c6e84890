import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  assembleMark,
  canonicalJson,
  DUTIES,
  type Duty,
  decodeEntry,
  decodeHead,
  decodeUnit,
  encodeEntry,
  encodeHead,
  encodeUnit,
  type Mark,
  type Unit,
} from './index.ts';
import { adopted, dutyNamed, sampleClaim, stored, take } from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');

function unitAt(duty: Duty, place: number): Unit {
  return duty.fields.map((_, index) => BigInt(index === 0 ? 3 : place)).with(-1, BigInt(place));
}

/** A mark with the given units granted one after the other. */
function marked(duty: Duty, places: readonly number[]): Mark {
  return places.reduce((mark, place) => take(mark, sampleClaim(duty, unitAt(duty, place))), adopted(duty));
}

/** A head record as a plain value, changed and written canonically again. */
function altered(mark: Mark, duty: Duty, change: (head: Record<string, unknown>) => void): string {
  const head: Record<string, unknown> = JSON.parse(encodeHead(mark, duty));
  change(head);
  return canonicalJson(head);
}

function refused(work: () => unknown, why: RegExp): void {
  assert.throws(work, { name: 'RecordError', code: 'record-unreadable', message: why });
}

test('every mark comes back from its records as it was', () => {
  const places = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 0, maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...DUTIES), places, (duty, raised) => {
      const mark = marked(
        duty,
        raised.toSorted((a, b) => a - b),
      );
      assert.deepEqual(stored(mark, duty), mark);
      assert.deepEqual(decodeEntry(encodeEntry(mark.last), duty), mark.last);
    }),
  );
});

describe('a record is refused', () => {
  const mark = marked(babe, [4]);
  const text = encodeHead(mark, babe);

  test('when its version is unknown, and the message names both versions', () => {
    for (const version of [0, 1, 3, '2', null]) {
      const other = altered(mark, babe, (head) => Object.assign(head, { v: version }));
      refused(() => decodeHead(other, babe), /has version .*, this release reads version 2\. /);
    }
    for (const value of ['null', '1', '"x"', '[]', '{}', 'true']) {
      refused(() => decodeHead(value, babe), /version undefined/);
      refused(() => decodeUnit(value, babe), /version undefined/);
      refused(() => decodeEntry(value, babe), /version undefined/);
    }
    refused(() => decodeUnit('{"v":3}', babe), /version 3, this release reads version 2\. /);
    refused(() => decodeEntry('{"v":2}', babe), /version 2, this release reads version 1\. /);
  });

  test('when it is not JSON, or another shape', () => {
    refused(() => decodeHead('', babe), /not JSON/);
    refused(() => decodeHead(text.slice(0, -1), babe), /not JSON/);
    const extra = altered(mark, babe, (head) => Object.assign(head, { more: 1 }));
    refused(() => decodeHead(extra, babe), /more/);
    const less = altered(mark, babe, (head) => delete head.floor);
    refused(() => decodeHead(less, babe), /floor/);
    const number = altered(mark, babe, (head) => Object.assign(head, { seq: 2 }));
    refused(() => decodeHead(number, babe), /seq/);
    refused(() => decodeHead(text.replace('"seq"', '"__proto__":{},"seq"'), babe), /cannot be read/);
  });

  test('when its text is not the canonical one', () => {
    const spaced = JSON.stringify(JSON.parse(text), null, 1);
    refused(() => decodeHead(spaced, babe), /not canonical/);
    const turned = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).toReversed()));
    refused(() => decodeHead(turned, babe), /not canonical/);
    refused(() => decodeHead(text.replace(/"v":2}$/, '"v":2,"v":2}'), babe), /not canonical/);
    refused(() => decodeHead(`${text}\n`, babe), /not canonical/);
    const unit = encodeUnit(marked(grandpa, [4]).recent[0] ?? assert.fail());
    refused(() => decodeUnit(` ${unit}`, grandpa), /not canonical/);
    refused(() => decodeEntry(`${encodeEntry(mark.last)} `, babe), /not canonical/);
  });

  test('when any piece of its last entry was changed: the hash shows it', () => {
    const entry: Record<string, unknown> = JSON.parse(text).last;
    const changes: Record<string, unknown> = {
      kind: 'adopt',
      ledger: 'x',
      epoch: 'x',
      chain: 'x',
      key: 'x',
      duty: 'aura',
      seq: '9',
      prev: 'f'.repeat(64),
      unit: '9',
      parts: [],
      digest: null,
      owner: { node: 'eve', incarnation: 'eve-1' },
      term: '1',
      nonce: 'x',
      service: 'x',
      policyVersion: 'x',
      window: 9,
      atMs: 9,
      note: 'x',
    };
    assert.deepEqual(Object.keys(entry).toSorted(), [...Object.keys(changes), 'v'].toSorted());
    for (const [name, value] of Object.entries(changes)) {
      const forged = altered(mark, babe, (head) =>
        Object.assign(head, { last: { ...entry, [name]: value } }),
      );
      refused(() => decodeHead(forged, babe), /does not have the hash it names/);
    }
    const hash = altered(mark, babe, (head) => Object.assign(head, { hash: 'e'.repeat(64) }));
    refused(() => decodeHead(hash, babe), /does not have the hash/);
  });

  test('when its last entry has another sequence number, duty or epoch', () => {
    const seq = altered(mark, babe, (head) => Object.assign(head, { seq: '7' }));
    refused(() => decodeHead(seq, babe), /another sequence number/);
    const epoch = altered(mark, babe, (head) => Object.assign(head, { epoch: 'epoch-9' }));
    refused(() => decodeHead(epoch, babe), /another duty or epoch/);
    refused(() => decodeHead(text, dutyNamed('aura')), /another duty or epoch/);
  });

  test('when a unit is not one of the duty', () => {
    const wide = altered(mark, babe, (head) => Object.assign(head, { floor: '1/2' }));
    refused(() => decodeHead(wide, babe), /unit 1\/2: expected slot/);
    const zero = altered(mark, babe, (head) => Object.assign(head, { floor: '01' }));
    refused(() => decodeHead(zero, babe), /not a canonical decimal/);
    const unit = encodeUnit(mark.recent[0] ?? assert.fail());
    refused(() => decodeUnit(unit, grandpa), /expected set\/round/);
    refused(() => decodeEntry(encodeEntry(mark.last), grandpa), /expected set\/round/);
  });

  test('when its units are not ascending, or not above the floor', () => {
    const window = marked(grandpa, [4, 5]);
    for (const units of [
      ['3/5', '3/4'],
      ['3/4', '3/4'],
    ]) {
      const other = altered(window, grandpa, (head) => Object.assign(head, { units }));
      refused(() => decodeHead(other, grandpa), /does not lie above/);
    }
    for (const floor of ['3/4', '3/9']) {
      const other = altered(window, grandpa, (head) => Object.assign(head, { floor }));
      refused(() => decodeHead(other, grandpa), /does not lie above/);
    }
  });

  test('when its units are where another duty keeps them', () => {
    const window = marked(grandpa, [4]);
    const inside = JSON.parse(encodeUnit(window.recent[0] ?? assert.fail()));
    const both = altered(window, grandpa, (head) => Object.assign(head, { recent: [inside] }));
    refused(() => decodeHead(both, grandpa), /separate records/);
    const moved = altered(window, grandpa, (head) => Object.assign(head, { recent: [inside], units: null }));
    refused(() => decodeHead(moved, grandpa), /separate records/);
    const listed = altered(mark, babe, (head) => Object.assign(head, { recent: null, units: ['4'] }));
    refused(() => decodeHead(listed, babe), /belong inside/);
    const twice = altered(mark, babe, (head) => Object.assign(head, { units: ['4'] }));
    refused(() => decodeHead(twice, babe), /belong inside/);
    const nowhere = altered(mark, babe, (head) => Object.assign(head, { recent: null }));
    refused(() => decodeHead(nowhere, babe), /belong inside/);
  });

  test('when a part is granted twice, so that two digests could stand for it', () => {
    const unit = JSON.parse(encodeUnit(mark.recent[0] ?? assert.fail()));
    const twice = { ...unit, parts: [...unit.parts, { ...unit.parts[0], digest: 'bb'.repeat(32) }] };
    refused(() => decodeUnit(canonicalJson(twice), babe), /granted twice/);
  });

  test('when the unit records are not those that the head lists', () => {
    const window = marked(grandpa, [4, 5]);
    const head = decodeHead(encodeHead(window, grandpa), grandpa);
    const [four, five] = window.recent;
    assert.ok(four !== undefined && five !== undefined);
    assert.deepEqual(assembleMark(head, [four, five], grandpa), window);
    for (const records of [[], [four], [five, four], [four, five, five]])
      refused(() => assembleMark(head, records, grandpa), /not the ones that its head lists/);
  });
});

const mark = take(adopted(babe), sampleClaim(babe, [4n]));
const unit = mark.recent[0] ?? assert.fail();

/** A record with some members replaced, in its canonical text. */
function changed(text: string, change: Record<string, unknown>): string {
  return canonicalJson({ ...JSON.parse(text), ...change });
}

describe('texts inside a record have one spelling', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    seq: ['-1', '01', '1x', 'x1', '', ' 1', '1\n'],
    term: ['-1', '01', '1x', 'x1', ''],
    digest: ['abc', 'AB', '0xab', 'zab', 'abz', 'ab\n'],
    prev: ['ab'.repeat(31), `${'ab'.repeat(32)}a`, `z${'ab'.repeat(32)}`, 'AB'.repeat(32), ''],
  };
  for (const [name, texts] of Object.entries(cases)) {
    for (const text of texts) {
      test(`${name} of an entry: not ${JSON.stringify(text)}`, () => {
        const other = changed(encodeEntry(mark.last), { [name]: text });
        refused(
          () => decodeEntry(other, babe),
          new RegExp(`^a ledger entry of babe cannot be read: ${name}: `),
        );
      });
    }
  }

  test('term of a unit', () => {
    for (const term of ['-1', '01', '1x'])
      refused(() => decodeUnit(changed(encodeUnit(unit), { term }), babe), /^a unit of babe .*: term: /);
  });
});

describe('a fault names the record and the place', () => {
  test('the head', () => {
    refused(() => decodeHead('', babe), /^the mark of babe cannot be read: it is not JSON$/);
  });

  test('a member inside a member', () => {
    const last = { ...JSON.parse(encodeEntry(mark.last)), note: 7 };
    refused(() => decodeHead(changed(encodeHead(mark, babe), { last }), babe), /: last\.note: /);
  });

  test('the record itself, if a member is unknown', () => {
    refused(() => decodeUnit(changed(encodeUnit(unit), { more: 1 }), babe), /: it: .*more/);
  });

  test('the mark, if the unit records are of another state', () => {
    const window = take(adopted(grandpa), sampleClaim(grandpa, [1n, 1n]));
    const head = decodeHead(encodeHead(window, grandpa), grandpa);
    refused(() => assembleMark(head, [], grandpa), /^the mark of grandpa cannot be read: /);
  });
});
