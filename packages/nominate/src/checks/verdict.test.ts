import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { known, unknown } from '../facts/fact.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import { goodRecord, snapshotOf } from '../testing/index.ts';
import { CHAIN_RULES, POLKADOT_2024, POLKADOT_2026 } from './chain-rules.ts';
import { customCheck } from './custom.ts';
import { CHECKS } from './registry.ts';
import { type CheckRules, checkRulesShape } from './rules.ts';
import { judge, type PreparedChecks, prepareChecks, settledAfter } from './verdict.ts';

function prepared(rules: CheckRules, extra: readonly (typeof CHECKS)[number][] = []): PreparedChecks {
  const result = prepareChecks(rules, [...CHECKS, ...extra]);
  assert.ok(result.ok, JSON.stringify(result));
  return result.prepared;
}

function verdict(change: Partial<CandidateRecord> = {}, rules = POLKADOT_2026) {
  const record = goodRecord(1, change);
  return judge(prepared(rules), snapshotOf([record]), record);
}

const NO_IDENTITY = { identity: unknown('the endpoint did not answer', 'identity') };

test('valid, invalid, undecided', () => {
  assert.equal(verdict().verdict, 'valid');
  assert.equal(verdict({ validating: known(false, 'staking') }).verdict, 'invalid');
  assert.equal(verdict(NO_IDENTITY).verdict, 'undecided');
});

test('defect 25: unknown never invalidates: a valid candidate stays valid, one that never was waits', () => {
  assert.equal(verdict({ ...NO_IDENTITY, lastSettled: 'valid' }).eligible, true);
  assert.equal(verdict({ ...NO_IDENTITY, lastSettled: 'invalid' }).eligible, false);
  assert.equal(verdict(NO_IDENTITY).eligible, false);
});

test('a verdict counts until another one settles: an outage between two snapshots has no effect', () => {
  let settled = settledAfter(null, verdict());
  settled = settledAfter(settled, verdict({ ...NO_IDENTITY, lastSettled: settled }));
  assert.equal(settled, 'valid');
  assert.equal(settledAfter(settled, verdict({ validating: known(false, 'staking') })), 'invalid');
  assert.equal(settledAfter(null, verdict(NO_IDENTITY)), null);
});

test('a lost database makes no candidate invalid: every node is new to it, and its age is unknown', () => {
  const made = prepareChecks(POLKADOT_2026, CHECKS);
  assert.ok(made.ok);
  const { takenAtMs } = snapshotOf([]);
  for (const [hours, verdict] of [
    [0, 'undecided'],
    [24, 'undecided'],
    [167, 'undecided'],
    [168, 'valid'],
  ] as const) {
    const watchedSinceMs = takenAtMs - hours * 3_600_000;
    const { sighting } = goodRecord(1);
    const seen = sighting.known && sighting.value !== null ? sighting.value : assert.fail();
    const fresh = known({ ...seen, firstSeenMs: watchedSinceMs, sinceMs: watchedSinceMs }, 'telemetry');
    const prefs = known({ commissionPerbill: 100_000_000, blocked: false }, 'staking');
    const record = goodRecord(1, {
      sighting: fresh,
      lastSettled: null,
      prefs,
      selfStake: known(10n ** 18n, 'staking'),
    });
    const snapshot = snapshotOf([record], { telemetry: { watchedSinceMs, outages: [] } });
    const found = judge(made.prepared, snapshot, record);
    assert.deepEqual([found.verdict, found.eligible], [verdict, verdict === 'valid'], `${hours} h`);
  }
});

test('unknown does not hide a failure', () => {
  const both = verdict({ ...NO_IDENTITY, validating: known(false, 'staking'), lastSettled: 'valid' });
  assert.deepEqual([both.verdict, both.eligible], ['invalid', false]);
});

test('if a wait would never end, a rule can allow unknown', () => {
  assert.equal(verdict({ place: known(null, 'places') }).verdict, 'valid');
});

test('Polkadot 2026: no validator passes the rules of the old programme; validators pass the new ones', () => {
  assert.equal(verdict().verdict, 'valid');
  const old = verdict({}, POLKADOT_2024);
  assert.deepEqual(old.results.filter(({ outcome }) => outcome === 'fail').map(field('id')), [
    'maximum-commission',
  ]);
});

test('every set of rules is proper data and its checks exist', () => {
  for (const rules of Object.values(CHAIN_RULES)) {
    assert.deepEqual(checkRulesShape.parse(rules), rules);
    assert.equal(prepared(rules).checks.length, 15);
  }
});

test('unknown checks, doubled checks and bad parameters are problems with their place', () => {
  const rule = (id: string, parameters: Record<string, unknown> = {}) => ({
    id,
    parameters,
    whenUnknown: 'hold' as const,
  });
  const rules = {
    version: 'x',
    about: '',
    checks: [rule('onlin'), rule('blocked'), rule('blocked'), rule('online', { grace: 1 })],
  };
  const result = prepareChecks(rules, CHECKS);
  assert.ok(!result.ok);
  assert.deepEqual(result.problems.map(field('path')), ['checks.0', 'checks.2', 'checks.3.parameters.']);
  assert.match(result.problems[0]?.message ?? '', /there is no check "onlin"; the known checks are online, /);
});

const OWN = {
  id: 'own-name',
  about: 'names are short',
  run: () => ({ outcome: 'pass', message: 'ok', remedy: null, evidence: [] }),
};

test('a module of the programme runs as any check; its failure is unknown', () => {
  const rules = {
    version: 'own',
    about: '',
    checks: [{ id: 'own-name', whenUnknown: 'hold' as const, parameters: {} }],
  };
  const outcomeOf = (run: () => unknown) => {
    const read = customCheck({ ...OWN, run });
    assert.ok(read.ok);
    const record = goodRecord(1);
    return judge(prepared(rules, [read.check]), snapshotOf([record]), record).results[0];
  };
  assert.equal(outcomeOf(OWN.run)?.outcome, 'pass');
  const thrown = outcomeOf(() => {
    throw new Error('boom');
  });
  assert.deepEqual([thrown?.outcome, thrown?.message], ['unknown', 'the module own-name failed: boom']);
  assert.match(outcomeOf(() => ({ outcome: 'maybe' }))?.message ?? '', /gave no proper result: outcome/);
});

test('a module without the right shape, or with the id of a built-in check, is refused', () => {
  const why = (value: unknown) => {
    const read = customCheck(value);
    return read.ok ? '' : read.why;
  };
  assert.match(why(undefined), /the export `check`/);
  assert.match(why({ ...OWN, run: 1 }), /run: must be a function/);
  assert.match(why({ ...OWN, id: 'Own Name' }), /id: must be words/);
  assert.match(why({ ...OWN, id: 'online' }), /comes with the package/);
});
