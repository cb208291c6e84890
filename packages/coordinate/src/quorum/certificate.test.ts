import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { certificateOf, checkCertificate, decodeCertificate, encodeCertificate } from './certificate.ts';
import type { Certificate } from './messages.ts';
import {
  fakeOperators,
  fakePlan,
  fakeValue,
  fakeVerify,
  fakeVoices,
  hashed,
  SCHEDULE,
} from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const OPERATORS = fakeOperators(4);
const PLAN = fakePlan(OPERATORS, 5n);
const VALUE = fakeValue(PLAN);
const { votes } = fakeVoices(OPERATORS, PLAN);
const COMMITS = votes('commit', 1, valueDigest(VALUE));
const CERTIFICATE = certificateOf(PLAN, 1, VALUE, COMMITS.toReversed());

const check = (certificate: Certificate, group = PLAN.group, schedule = SCHEDULE) =>
  checkCertificate(group, schedule, certificate, fakeVerify);

describe('a certificate', () => {
  test('is valid for the group, without a chain', () => assert.equal(check(CERTIFICATE), null));

  test('is read back from its bytes', () => {
    assert.deepEqual(decodeCertificate(encodeCertificate(CERTIFICATE)), CERTIFICATE);
  });

  test('has its commits in order of seat, in whatever order they arrived', () => {
    assert.deepEqual(CERTIFICATE.commits, COMMITS);
  });

  const [version] = SCHEDULE;
  const rows: readonly (readonly [string, () => string | null])[] = [
    ['in another group', () => check(CERTIFICATE, { ...PLAN.group, name: 'another' })],
    ['for another value', () => check({ ...CERTIFICATE, value: fakeValue(PLAN, 'another') })],
    ['in another window', () => check({ ...CERTIFICATE, window: 6n })],
    ['in window 0', () => check({ ...CERTIFICATE, window: 0n })],
    ['in a window that no chain reaches', () => check({ ...CERTIFICATE, window: 2n ** 64n - 1n })],
    ['in another rank', () => check({ ...CERTIFICATE, rank: 0 })],
    [
      'in a rank that does not exist, though all signed it there',
      () => check({ ...CERTIFICATE, rank: 4, commits: votes('commit', 4, valueDigest(VALUE)) }),
    ],
    ['of another version', () => check({ ...CERTIFICATE, version: 2 })],
    ['with too few commits', () => check({ ...CERTIFICATE, commits: COMMITS.slice(1) })],
    [
      'with a commit twice',
      () => check({ ...CERTIFICATE, commits: [...COMMITS.slice(1), ...COMMITS.slice(2)] }),
    ],
    ['with prepares', () => check({ ...CERTIFICATE, commits: votes('prepare', 1, valueDigest(VALUE)) })],
    [
      'under a schedule that says something else',
      () => check(CERTIFICATE, PLAN.group, version === undefined ? [] : [{ ...version, agenda: [] }]),
    ],
  ];
  for (const [name, checked] of rows) {
    test(`does not hold ${name}`, () => assert.notEqual(checked(), null));
  }

  test('any bytes are not a certificate, or are its one encoding', () => {
    const good = encodeCertificate(CERTIFICATE);
    fc.assert(
      fc.property(fc.nat(good.length), fc.uint8Array({ maxLength: 200 }), (at, bytes) => {
        const changed = Uint8Array.from([
          ...good.subarray(0, at),
          ...bytes,
          ...good.subarray(at + bytes.length),
        ]);
        const certificate = decodeCertificate(changed);
        if (certificate === null) return;
        assert.deepEqual(encodeCertificate(certificate), changed);
        const isGood = Buffer.compare(changed, good) === 0;
        assert.equal(check(certificate) === null, isGood);
      }),
      { numRuns: 2_000 },
    );
    assert.equal(decodeCertificate(new Uint8Array(20_000)), null);
    assert.equal(decodeCertificate(hashed('')), null);
  });
});
