import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { memberSetup } from './member-setup.ts';
import { loadRuntime } from './runtime.ts';
import { commandsIn } from './testing/run-coordinate.ts';

const { cwd: root, text } = commandsIn();

test('files that the settings of actions name lie beside the configuration, wherever the command runs', async () => {
  await text('init --example demo-group');
  const home = join(root, 'demo-group', 'one');
  const file = join(home, 'coordinate.yaml');
  const actions = [
    'actions:',
    '  call: {queue: calls, submitKey: ../proxy.key}',
    '  upgrade: {releaseFile: /srv/release.json, applyCommand: [apply], healthCommand: [health]}',
    '  heartbeat: {absencesFile: seen.json}',
    '  rotate: {nodeUrl: "ws://127.0.0.1:9944", submitKey: proxy.key, keysFile: state/keys.json}',
  ].join('\n');
  writeFileSync(file, readFileSync(file, 'utf8').replace('actions: {}', actions));
  const { settings } = await memberSetup(
    fakeIo({ cwd: root }),
    await loadRuntime(),
    'demo-group/one/coordinate.yaml',
  );
  const of = (action: string): unknown => JSON.parse(settings.get(action) ?? 'null');
  assert.deepEqual(of('call'), {
    approvals: join(home, 'state', 'approvals'),
    queue: join(home, 'calls'),
    submitKey: join(root, 'demo-group', 'proxy.key'),
  });
  assert.deepEqual(of('upgrade'), {
    releaseFile: '/srv/release.json',
    applyCommand: ['apply'],
    healthCommand: ['health'],
  });
  assert.deepEqual(of('heartbeat'), { absencesFile: join(home, 'seen.json') });
  assert.deepEqual(of('rotate'), {
    nodeUrl: 'ws://127.0.0.1:9944',
    submitKey: join(home, 'proxy.key'),
    keysFile: join(home, 'state', 'keys.json'),
  });
});
