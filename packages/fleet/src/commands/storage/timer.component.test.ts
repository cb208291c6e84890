import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { harbour } from '../testing/fake-harbour.ts';

const GROW = 'storage: {grow: {atUsedPercent: 80, byPercent: 25, maxGiB: 1000}}';

async function growing() {
  const ground = await harbour();
  ground.write('network.yaml', ground.read('network.yaml').replace(/(\n {2}rpc:.*\n)/, `$1    ${GROW}\n`));
  return ground;
}

test('a timer lets volumes grow by the same command with the same files; files are never overwritten', async () => {
  const { cwd, fleet, text, read } = await growing();
  const flags = [
    'storage',
    'timer',
    '--kubeconfig',
    'k.yaml',
    '--prometheus',
    'http://127.0.0.1:9090',
    '--out',
    'units',
  ];
  assert.match(await text(...flags), /units\/watchbill-growth-harbour\.service/);
  const service = read('units/watchbill-growth-harbour.service');
  const files = `--file ${join(cwd, 'network.yaml')} --kubeconfig ${join(cwd, 'k.yaml')}`;
  assert.ok(
    service.includes(`fleet nodes storage grow ${files} --prometheus http://127.0.0.1:9090 --apply\n`),
    service,
  );
  assert.match(service, new RegExp(`^WorkingDirectory=${cwd}$`, 'm'));
  assert.match(read('units/watchbill-growth-harbour.timer'), /^OnCalendar=hourly$/m);
  assert.match((await fleet(...flags)).stderr, /never overwritten/);
});

test('what would never grow anything, or never run, is refused', async () => {
  const { fleet } = await growing();
  for (const [flags, said] of [
    [[], /which kubeconfig/],
    [['--schedule', 'each $(day)'], /not a systemd time/],
    [['--prometheus', 'http://me:secret@127.0.0.1'], /the address of Prometheus is not valid/],
  ] as const)
    assert.match((await fleet('storage', 'timer', ...flags)).stderr, said);
  const unsaid = await fleet('storage', 'timer', '--prometheus', 'http://me:secret@127.0.0.1');
  assert.doesNotMatch(unsaid.stderr, /secret/);
  const still = await harbour();
  for (const name of ['timer', 'grow'])
    assert.match((await still.fleet('storage', name)).stderr, /no pool has settings for growing volumes/);
});
