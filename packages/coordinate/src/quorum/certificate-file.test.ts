import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificateOf, encodeCertificate } from './certificate.ts';
import { type CertificateFile, certificateText, leaseOf, readCertificateText } from './certificate-file.ts';
import { MAX_PROOF_TEXT } from './proof-file.ts';
import { fakeOperators, fakePlan, fakeValue, fakeVoices } from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const OPERATORS = fakeOperators(4);
const PLAN = fakePlan(OPERATORS, 5n);

function fileOf(content: string, seats: readonly number[], rank = 1, plan = PLAN): CertificateFile {
  const value = fakeValue(plan, content);
  const commits = fakeVoices(OPERATORS, plan).votes('commit', rank, valueDigest(value), [...seats]);
  return { groupId: PLAN.groupId, certificate: certificateOf(plan, rank, value, commits) };
}

const FILE = fileOf('content', [0, 1, 2]);

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
});

test('the lease of a certificate begins when its window is over', () => {
  const { group, window } = PLAN;
  const { certificate } = FILE;
  assert.deepEqual(leaseOf(group, certificate), { fromBlock: window.end, untilBlock: window.end + 600n });
  assert.equal(leaseOf(group, { ...certificate, value: { ...certificate.value, action: 'noop' } }), null);
  for (const none of [0n, 2n ** 64n - 1n])
    assert.equal(leaseOf(group, { ...certificate, window: none }), null);
});
