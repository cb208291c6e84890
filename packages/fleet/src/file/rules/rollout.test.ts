import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNetwork } from '../compile/read.ts';
import { ROLLOUT_DEFAULTS, rolloutSettings } from '../network/rollout.ts';
import { SOLO } from '../testing/networks.ts';

function problems(section: string): readonly string[] {
  const read = readNetwork(`${SOLO}${section}\n`);
  return read.ok
    ? []
    : read.problems.map(({ code, path, what, remedy }) => `${code} ${path}: ${what}; ${remedy}`);
}

test('stages rise, and are numbers or parts', () => {
  assert.deepEqual(problems('rollout: {stages: [2, 50%, 100%]}'), []);
  assert.match(
    problems('rollout: {stages: [1, 50%, 10%]}').join(),
    /^contradiction rollout\.stages\.2: stage 10% is not more/,
  );
  assert.match(problems('rollout: {stages: [3, 3]}').join(), /stage 3 is not more than 3/);
  assert.match(
    problems('rollout: {stages: [half]}').join(),
    /expected a number of nodes, or a part such as 50%/,
  );
});

test('two signers at once are refused, and so are words that there are not', () => {
  assert.match(problems('rollout: {maxUnavailable: 2}').join(), /^wrong-value rollout\.maxUnavailable/);
  assert.match(
    problems('rollout: {gates: {finality: {}}}').join(),
    /unknown key rollout\.gates\.finality; .*finalityLag/,
  );
  assert.match(problems('rollout: {gates: {inSync: null}}').join(), /^wrong-value rollout\.gates\.inSync/);
});

test('a moment is one of block, spec and time', () => {
  assert.deepEqual(problems('upgradeAt: {time: 2026-12-01T09:00:00Z}'), []);
  assert.match(problems('upgradeAt: {block: 1, spec: 2}').join(), /expected one of block, spec and time/);
  assert.match(problems('upgradeAt: {}').join(), /expected one of/);
  assert.match(problems('upgradeAt: {time: soon}').join(), /^wrong-value upgradeAt\.time/);
});

test('what a file leaves out has a default, gate by gate', () => {
  const settings = rolloutSettings({ soakSeconds: 5, gates: { rpcErrors: null } });
  assert.deepEqual(settings, {
    ...ROLLOUT_DEFAULTS,
    soakSeconds: 5,
    gates: { ...ROLLOUT_DEFAULTS.gates, rpcErrors: null },
  });
});
