import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { KUSAMA_LIST, POLKADOT_LIST } from '../candidates/candidate.ts';
import { loadList } from '../candidates/list.ts';
import { realList } from '../candidates/testing/lists.ts';
import { presetProgramme } from '../rounds/presets.ts';
import { encodeProgramme } from '../rounds/programme.ts';
import { encodeSnapshot } from '../snapshot/codec.ts';
import { DOT, goodNominator, sampleSnapshot } from '../testing/index.ts';
import { checkCandidates } from './judge.ts';
import type { Outcome } from './outcome.ts';
import { planFromTexts, replayFromText } from './round.ts';

function result<Value>(outcome: Outcome<Value>): Value {
  assert.ok(outcome.ok, inspect(outcome));
  return outcome.result;
}

for (const [network, rules, count] of [
  ['kusama', KUSAMA_LIST, 1_126],
  ['polkadot', POLKADOT_LIST, 309],
] as const) {
  for (const profile of ['1kv', 'fair'] as const) {
    test(`the real list of ${network}: loaded, checked, scored, planned and replayed by profile ${profile}`, () => {
      const loaded = loadList(realList(network), rules, true);
      assert.ok(loaded.ok && loaded.candidates.length === count);
      const sample = sampleSnapshot({ seed: network, candidates: loaded.candidates, nominators: 4 });
      const names = {
        name: network,
        prefix: rules.prefix,
        decimals: network === 'kusama' ? 12 : 10,
        symbol: network === 'kusama' ? 'KSM' : 'DOT',
      };
      const snapshot = encodeSnapshot({ ...sample, network: names });
      const nominators = [0, 1, 2, 3].map((n) => ({
        name: `nominator ${n}`,
        stashKey: goodNominator(n).stashKey,
      }));
      const base = presetProgramme({ network, profile }, nominators);
      const least = [
        { id: 'self-stake', whenUnknown: 'hold' as const, parameters: { minimum: String(10_000n * DOT) } },
      ];
      const checks = {
        ...base.checks,
        checks: [
          ...base.checks.checks.filter(({ id }) => id !== 'self-stake' && id !== 'maximum-commission'),
          ...least,
        ],
      };
      const texts = { snapshot, programme: encodeProgramme({ ...base, checks }) };
      assert.equal(result(checkCandidates(texts)).length, count);
      const { record, stored } = result(planFromTexts(texts));
      assert.ok(record.eligibleCount > count / 3, String(record.eligibleCount));
      assert.ok(record.nominatedCount >= 4);
      assert.equal(
        record.candidates.filter(({ decision }) => decision.code === 'nominated').length,
        record.nominatedCount,
      );
      assert.equal(result(replayFromText(stored)).result, 'same');
    });
  }
}
