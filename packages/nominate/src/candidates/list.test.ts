import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { field, fields } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { type ListRules, POLKADOT_LIST, plainCandidate } from './candidate.ts';
import { LIST_RULES, type ListRule } from './finding.ts';
import { findingLine, lintList, loadList } from './list.ts';

const RULES: ListRules = { ...POLKADOT_LIST, nodesPerOperator: 1 };

function stash(number: number, prefix = 0): string {
  return writeAddress({ prefix, publicKey: `0x${number.toString(16).padStart(64, '0')}` });
}

function entry(slotId: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    slotId,
    name: `node ${slotId}`,
    stash: stash(slotId + 1),
    riotHandle: `@op${slotId}:a.example`,
    kyc: false,
    ...change,
  };
}

function peerId(number: number): string {
  return `12D3KooW${'1'.repeat(43)}${'ABCDEFGHJKLMNPQRST'[number]}`;
}

function lint(...entries: readonly unknown[]) {
  return lintList(JSON.stringify({ candidates: entries }, null, 1), RULES);
}

const BROKEN: readonly (readonly [ListRule, readonly unknown[]])[] = [
  ['not-an-entry', ['text']],
  ['unknown-key', [entry(0, { stsh: 'x' })]],
  ['missing-key', [{ ...entry(0), kyc: undefined }]],
  ['wrong-type', [entry(0, { kyc: 'no' })]],
  ['wrong-type', [entry(0, { riotHandle: [] })]],
  ['wrong-type', [entry(0, { slotId: '0' })]],
  ['bad-slot', [entry(0, { slotId: 0.5 })]],
  ['bad-slot', [entry(0, { slotId: -1 })]],
  ['double-slot', [entry(0), entry(0, { name: 'other', stash: stash(8), riotHandle: '@x:y.z' })]],
  ['empty-name', [entry(0, { name: ' ' })]],
  ['hidden-characters', [entry(0, { name: 'a\u202eb' })]],
  ['hidden-characters', [entry(0, { name: 'a\u0000b' })]],
  ['hidden-characters', [entry(0, { name: 'a\nb' })]],
  ['long-name', [entry(0, { name: 'n'.repeat(65) })]],
  ['double-name', [entry(0), entry(1, { name: 'node 0' })]],
  ['stray-blanks', [entry(0, { name: 'node ' })]],
  ['markup-in-name', [entry(0, { name: '<img src=x onerror=alert(1)>' })]],
  ['similar-name', [entry(0), entry(1, { name: 'NODE  0' })]],
  ['bad-stash', [entry(0, { stash: '5Grw' })]],
  ['wrong-prefix', [entry(0, { stash: stash(1, 42) })]],
  ['double-stash', [entry(0), entry(1, { stash: stash(1, 42) })]],
  ['bad-kusama-stash', [entry(0, { kusamaStash: 'no' })]],
  ['kusama-prefix', [entry(0, { kusamaStash: stash(1, 0) })]],
  ['double-kusama-stash', [entry(0, { kusamaStash: stash(7, 2) }), entry(1, { kusamaStash: stash(7, 0) })]],
  ['bad-handle', [entry(0, { riotHandle: 'me@home' })]],
  ['bad-handle', [entry(0, { riotHandle: Array.from({ length: 65 }, (_, n) => `@h${n}:a.example`) })]],
  ['several-handles', [entry(0, { riotHandle: ['@a:b.c', '@d:e.f'] })]],
  ['bad-network-id', [entry(0, { networkIds: 'QmNo' })]],
  ['bad-network-id', [entry(0, { networkIds: Array.from({ length: 17 }, (_, n) => peerId(n)) })]],
  [
    'double-network-id',
    [entry(0, { networkIds: peerId(1) }), entry(1, { networkIds: [peerId(2), peerId(1)] })],
  ],
  ['bad-place', [entry(0, { country: ' ' })]],
  ['bad-place', [entry(0, { provider: 'a\u202eb' })]],
  ['bad-address', [entry(0, { address: '203.0.113.7:30333' })]],
  ['bad-address', [entry(0, { address: 'localhost' })]],
  ['operator-limit', [entry(0), entry(1, { riotHandle: ['@q:b.c', '@op0:a.example'] })]],
  ['slot-gap', [entry(0), entry(2)]],
];

test('a candidate has the declared data of its nodes; undeclared data is absent', () => {
  const declared = { networkIds: [peerId(1), peerId(1)], country: ' DE ', provider: 'own rack' };
  const [with_, without] = lint(entry(0, declared), entry(1)).candidates;
  assert.deepEqual(with_?.networkIds, [peerId(1)]);
  assert.deepEqual(with_?.declared, { country: 'DE', provider: 'own rack' });
  assert.equal('networkIds' in (without ?? {}) || 'declared' in (without ?? {}), false);
});

test('a slotId of -0 is no slot, because no snapshot can hold it', () => {
  const list = JSON.stringify({ candidates: [entry(0)] }).replace('"slotId":0', '"slotId":-0');
  const { candidates, findings } = lintList(list, RULES);
  assert.deepEqual(candidates, []);
  assert.deepEqual(findings.map(fields('rule', 'message')), [
    ['bad-slot', 'slotId -0 is not an integer from 0'],
  ]);
});

test('the address of a node comes with the candidate, and is neither kept nor repeated in a finding', () => {
  const [candidate] = lint(entry(0, { address: ' node.example.org ' })).candidates;
  assert.equal(candidate?.address, 'node.example.org');
  assert.ok(candidate !== undefined && !('address' in plainCandidate(candidate)));
  const { findings } = lint(entry(0, { address: '203.0.113.7:30333' }));
  assert.deepEqual(findings.map(field('rule')), ['bad-address']);
  assert.ok(!JSON.stringify(findings).includes('203.0.113'));
});

for (const [rule, entries] of BROKEN) {
  test(`${rule}: found, with a line and a remedy; an error keeps its entry out`, () => {
    const report = lint(...entries);
    const found = report.findings.filter((finding) => finding.rule === rule);
    assert.ok(found.length > 0, report.findings.map(findingLine).join('\n'));
    for (const finding of found) {
      assert.ok(finding.line > 1 && finding.message !== '' && finding.remedy !== '');
      assert.doesNotMatch(findingLine(finding), /[\p{Cc}\u202e]/u);
    }
    const isError = LIST_RULES[rule].severity === 'error';
    assert.equal(report.candidates.length < entries.length, isError);
  });
}

test('every rule has a test', () => {
  const tested = new Set([...BROKEN.map(([rule]) => rule), 'not-json', 'no-list', 'double-key']);
  assert.deepEqual(new Set(Object.keys(LIST_RULES)), tested);
});

test('defect 29: two stashes are the same if their keys are, with any prefix', () => {
  const [finding] = lint(entry(0), entry(1, { stash: stash(1, 2) })).findings.filter(
    ({ rule }) => rule === 'double-stash',
  );
  assert.equal(finding?.entry, 1);
  assert.match(finding?.message ?? '', /^entry 0 on line 6 has the same stash/);
});

test('a duplicate key is an error, although JSON.parse would use the last', () => {
  const text = JSON.stringify({ candidates: [entry(0)] }).replace('"kyc":false', '"kyc":false,"kyc":true');
  const report = lintList(text, RULES);
  assert.deepEqual(report.counts, { 'double-key': 1 });
  assert.equal(report.candidates.length, 0);
});

test('in a file that is not JSON, the place of the error is named', () => {
  const report = lintList('{\n "candidates": [\n  {"slotId": 1,}\n ]\n}', RULES);
  assert.deepEqual(report.counts, { 'not-json': 1 });
  assert.match(report.findings[0]?.message ?? '', /^line 3, column 16: a text in double quotes/);
  assert.equal(loadList('[]', RULES, true).ok, false);
  assert.deepEqual(lintList('[]', RULES).counts, { 'no-list': 1 });
  assert.deepEqual(lintList('['.repeat(100_000), RULES).counts, { 'not-json': 1 });
});

test('any text gives a report and never a throw', () => {
  const node = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  })).value;
  const odd = fc.dictionary(
    fc.constantFrom(
      'slotId',
      'name',
      'stash',
      'riotHandle',
      'kyc',
      'kusamaStash',
      'networkIds',
      'country',
      'x',
    ),
    node,
  );
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 4 }), (entries) => {
      const report = lint(...entries);
      assert.equal(report.entryCount, entries.length);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => assert.ok(lintList(text, RULES).entryCount >= 0)));
});

test('a list of absurd length is linted like any other', () => {
  const entries = Array.from({ length: 30_000 }, (_, n) => ({ slotId: n, riotHandle: '@same:a.example' }));
  const report = lintList(JSON.stringify({ candidates: entries }), RULES);
  assert.equal(report.counts['missing-key'], 90_000);
  assert.equal(report.counts['operator-limit'], 29_999);
});
