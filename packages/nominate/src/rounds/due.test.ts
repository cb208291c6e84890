import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../facts/fact.ts';
import { sampleSnapshot } from '../testing/sample.ts';
import { dueOf } from './due.ts';
import { presetProgramme } from './presets.ts';

const DOT = 10n ** 10n;

test('exactly 50 tokens are enough for a nominator, and a planck less is not', () => {
  const snapshot = sampleSnapshot({ seed: 'due', count: 1, nominators: 1 });
  const [nominator] = snapshot.nominators;
  assert.ok(nominator !== undefined);
  const { name, stashKey } = nominator;
  const programme = presetProgramme({ network: 'polkadot', profile: '1kv' }, [{ name, stashKey }]);
  const stateOf = (active: bigint) =>
    dueOf(snapshot, { ...nominator, active: known(active, 'staking') }, programme, true).state;
  assert.equal(stateOf(50n * DOT), 'due');
  assert.equal(stateOf(50n * DOT - 1n), 'too-small');
});
