import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from './fixture-folder.ts';
import { growthTimerUnits, timerUnits } from './timer.ts';

const INPUT = {
  network: 'harbour',
  node: 'backup-iron-0',
  schedule: '*-*-* 03:00:00',
  commands: [['/bin/true', 'fleet', 'backup', 'run', '--archive', 'folder:/mnt/a b%']],
  folder: '/tmp',
};

test('a timer starts one run after the other, and words come as they are', () => {
  const units = timerUnits(INPUT);
  assert.deepEqual(Object.keys(units), [
    'watchbill-backup-harbour-backup-iron-0.service',
    'watchbill-backup-harbour-backup-iron-0.timer',
  ]);
  const [service = '', timer = ''] = Object.values(units);
  assert.match(service, /^ExecStart=\/bin\/true fleet backup run --archive "folder:\/mnt\/a b%%"$/m);
  assert.match(timer, /^OnCalendar=\*-\*-\* 03:00:00$/m);
});

const GROWTH = {
  ...INPUT,
  schedule: 'hourly',
  commands: [['/bin/true', 'fleet', 'storage', 'grow', '--apply']],
};

test('growth has units of its own, and may run as often as its schedule says', () => {
  const units = growthTimerUnits(GROWTH);
  assert.deepEqual(Object.keys(units), [
    'watchbill-growth-harbour.service',
    'watchbill-growth-harbour.timer',
  ]);
  const [service = '', timer = ''] = Object.values(units);
  assert.match(service, /^ExecStart=\/bin\/true fleet storage grow --apply$/m);
  assert.match(timer, /^OnCalendar=hourly$/m);
  // By a limit of four starts in six hours systemd would refuse every fifth of them.
  assert.match(service, /^StartLimitIntervalSec=0$/m);
  assert.doesNotMatch(service, /StartLimitBurst|^Restart/m);
  assert.match(
    timerUnits(INPUT)['watchbill-backup-harbour-backup-iron-0.service'] ?? '',
    /^StartLimitBurst=4$[\s\S]*^Restart=on-failure$/m,
  );
});

const analyze = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore', timeout: 20_000 });

test('systemd takes the units', {
  skip: analyze.status === 0 ? false : 'needs systemd-analyze',
}, (context) => {
  const folder = testFolder(context);
  const files = Object.entries({ ...timerUnits(INPUT), ...growthTimerUnits(GROWTH) }).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  const ran = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(ran.status, 0, ran.stderr);
});
