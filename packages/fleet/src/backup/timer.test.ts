import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from './fixture-folder.ts';
import { timerUnits } from './timer.ts';

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

const analyze = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore', timeout: 20_000 });

test('systemd takes the units', {
  skip: analyze.status === 0 ? false : 'needs systemd-analyze',
}, (context) => {
  const folder = testFolder(context);
  const files = Object.entries(timerUnits(INPUT)).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  const ran = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(ran.status, 0, ran.stderr);
});
