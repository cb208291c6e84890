import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificateOf, encodeCertificate } from './certificate.ts';
import {
  type CertificateFile,
  certificateText,
  checkCertificateFile,
  compareCertificateFiles,
  leaseOf,
  readCertificateText,
} from './certificate-file.ts';
import { verifyEvidence } from './evidence.ts';
import { MAX_PROOF_TEXT } from './proof-file.ts';
import {
  fakeOperators,
  fakePlan,
  fakeValue,
  fakeVerify,
  fakeVoices,
  hashed,
} from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const OPERATORS = fakeOperators(4);
const PLAN = fakePlan(OPERATORS, 5n);
const { votes } = fakeVoices(OPERATORS, PLAN);

function fileOf(content: string, seats: readonly number[], rank = 1, plan = PLAN): CertificateFile {
  const value = fakeValue(plan, content);
  const commits = fakeVoices(OPERATORS, plan).votes('commit', rank, valueDigest(value), [...seats]);
  return { groupId: PLAN.groupId, certificate: certificateOf(plan, rank, value, commits) };
}

const FILE = fileOf('content', [0, 1, 2]);
const check = (file: CertificateFile) => checkCertificateFile(PLAN.group, PLAN.schedule, file, fakeVerify);
const compare = (one: CertificateFile, other: CertificateFile) =>
  compareCertificateFiles(PLAN.group, PLAN.schedule, [one, other], fakeVerify);

describe('a file of a certificate', () => {
  test('is read back from its text, and shows the facts', () => {
    const text = certificateText(FILE);
    assert.deepEqual(readCertificateText(text), { ok: true, ...FILE });
    const { bytes, ...shown } = JSON.parse(text) as Record<string, unknown>;
    assert.equal(bytes, Buffer.from(encodeCertificate(FILE.certificate)).toString('hex'));
    assert.deepEqual(shown, {
      type: 'watchbill/quorum/certificate/1',
      group: Buffer.from(PLAN.groupId).toString('hex'),
      version: 1,
      window: '5',
      rank: 1,
      value: {
        action: 'upgrade',
        resource: 'proxy',
        validityBlocks: '600',
        referenceHash: Buffer.from(PLAN.referenceHash).toString('hex'),
        content: Buffer.from('content').toString('hex'),
      },
      commits: [{ seat: 0 }, { seat: 1 }, { seat: 2 }],
    });
  });

  test('of any size fits', () => {
    const big = fileOf('x'.repeat(8 * 1024), [0, 1, 2]);
    const text = certificateText(big);
    assert.ok(text.length <= MAX_PROOF_TEXT);
    assert.match(text, /"content": "8192 bytes"/);
    assert.deepEqual(readCertificateText(text), { ok: true, ...big });
  });

  test('with another readable field, other bytes or more text is refused', () => {
    const text = certificateText(FILE);
    const changed = [
      text.replace('"window": "5"', '"window": "6"'),
      text.replace('"seat": 2', '"seat": 3'),
      text.replace('"version": 1', '"version":  1'),
      text.replace(/"group": "..../, '"group": "'),
      text.replace(/\n {2}"group": .*/, ''),
      text.replace(/"bytes": "77/, '"bytes": "78'),
      `${text}\n`,
      `${text}${' '.repeat(MAX_PROOF_TEXT)}`,
      '{}\n',
      '',
    ];
    for (const each of changed) assert.ok(!readCertificateText(each).ok, each.slice(0, 200));
  });

  test('holds for its group only', () => {
    assert.equal(check(FILE), null);
    assert.match(
      check({ ...FILE, groupId: hashed('other') }) ?? '',
      /^it belongs to another group: 0x[0-9a-f]{64}$/,
    );
    const named = { ...FILE, certificate: { ...FILE.certificate, window: 6n } };
    assert.equal(check(named), 'the signature of seat 0 for the commit in rank 1 is not valid');
  });
});

test('the lease of a certificate begins when its window is over', () => {
  const { group, window } = PLAN;
  const { certificate } = FILE;
  assert.deepEqual(leaseOf(group, certificate), { fromBlock: window.end, untilBlock: window.end + 600n });
  assert.equal(leaseOf(group, { ...certificate, value: { ...certificate.value, action: 'noop' } }), null);
  for (const none of [0n, 2n ** 64n - 1n])
    assert.equal(leaseOf(group, { ...certificate, window: none }), null);
});

describe('two certificates', () => {
  test('of one rank for different values are evidence against all who signed both', () => {
    const result = compare(FILE, fileOf('other', [1, 2, 3]));
    assert.ok('evidence' in result);
    assert.deepEqual(
      result.evidence.map(({ seat, kind }) => [seat, kind]),
      [
        [1, 'equivocation'],
        [2, 'equivocation'],
      ],
    );
    for (const evidence of result.evidence)
      assert.ok(verifyEvidence(PLAN.group, PLAN.schedule, evidence, fakeVerify).holds);
  });

  test('that do not contradict each other, or are not valid, are not evidence', () => {
    const forged = fileOf('other', [1, 2, 3]).certificate;
    const commits = votes('commit', 1, valueDigest(FILE.certificate.value), [1, 2, 3]);
    const cases: readonly (readonly [CertificateFile, RegExp])[] = [
      [fileOf('content', [1, 2, 3]), /^the certificates agree on the same value$/],
      [fileOf('other', [1, 2, 3], 2), /^the certificates are for different ranks: 1 and 2; /],
      [
        fileOf('other', [1, 2, 3], 1, fakePlan(OPERATORS, 6n)),
        /^the certificates are for different windows: 5 and 6$/,
      ],
      [
        { ...FILE, certificate: { ...forged, commits } },
        /^the second certificate is not valid: the signature of seat 1 for the commit/,
      ],
      [
        { ...fileOf('other', [1, 2, 3]), groupId: hashed('x') },
        /^the second certificate is not valid: .*another group/,
      ],
    ];
    for (const [other, pattern] of cases) {
      const result = compare(FILE, other);
      assert.ok('why' in result);
      assert.match(result.why, pattern);
    }
  });
});
