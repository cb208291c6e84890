import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { IMAGE } from './testing/fake-harbour.ts';
import { runFake } from './testing/run-fleet.ts';

test('a missing kubeconfig is reported, and no other address is contacted', async (t) => {
  const cwd = temporaryFolder(t);
  const settings = { cwd, env: { HOME: cwd } };
  await runFake(['fleet', 'init', '--chain', 'westend', '--image', IMAGE], settings);
  const ran = await runFake(['fleet', 'plan'], settings);
  assert.match(ran.stderr, /there is no kubeconfig: KUBECONFIG is not set/);
  assert.match(ran.stderr, /where: {6}main\n/);
  assert.match(ran.stderr, /--kubeconfig/);
  assert.ok(ran.code === 1 || ran.code === 2, 'not the status of a plan');
  assert.equal(ran.stdout, '');

  for (const command of [
    ['access', 'logs', 'rpc-main-0'],
    ['access', 'rpc', 'rpc-main-0', 'system_health'],
    ['status'],
  ]) {
    const other = await runFake(['fleet', ...command], settings);
    assert.equal(other.code, 2, other.stderr);
    assert.match(other.stderr, /there is no kubeconfig: KUBECONFIG is not set/);
    assert.doesNotMatch(other.stderr, /--local/);
  }
  mkdirSync(join(cwd, 'local'));
  writeFileSync(join(cwd, 'local/state.json'), '{}');
  const local = await runFake(['fleet', 'access', 'logs', 'rpc-main-0'], settings);
  assert.match(local.stderr, /is on this machine, in local\/: .*add --local local/);

  // The command reads an existing kubeconfig as kubectl does, and reports its mistakes.
  mkdirSync(join(cwd, '.kube'));
  writeFileSync(join(cwd, '.kube/config'), 'no kubeconfig');
  const named = await runFake(['fleet', 'plan', '--kubeconfig', '.kube/config'], settings);
  assert.match(named.stderr, /the kubeconfig/);
  assert.doesNotMatch(named.stderr, /there is no kubeconfig/);
});
