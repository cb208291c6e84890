import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  assembleMark,
  canonicalJson,
  decodeEntry,
  decodeHead,
  decodeUnit,
  encodeEntry,
  encodeHead,
  encodeUnit,
} from './index.ts';
import { adopted, dutyNamed, sampleClaim, take } from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const mark = take(adopted(babe), sampleClaim(babe, [4n]));
const unit = mark.recent[0] ?? assert.fail();

/** A record with some members replaced, in its canonical text. */
function changed(text: string, change: Record<string, unknown>): string {
  return canonicalJson({ ...JSON.parse(text), ...change });
}

function refused(work: () => unknown, why: RegExp): void {
  assert.throws(work, { name: 'RecordError', message: why });
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
