import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GROWTH, INPUT } from './testing/timer.ts';
import { growthTimerUnits, timerUnits } from './timer.ts';

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

test('growth has separate units, and may run as often as its schedule says', () => {
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
