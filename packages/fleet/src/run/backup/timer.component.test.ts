import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from './testing/folder.ts';
import { GROWTH, INPUT } from './testing/timer.ts';
import { growthTimerUnits, timerUnits } from './timer.ts';

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
