import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { steppedClock } from '@watchbill/testkit';
import { followPage } from '@watchbill/testkit/pages/follow';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { startWorld, until } from '@watchbill/testkit/pages/world';

const PAGE = 'docs/duty/how-to/recover/clock-wrong.md';
const AHEAD_SECONDS = 3_600;

/** By which a clock is ahead of the one of this process; the page took at most a minute. */
function aheadSeconds(date: string): number {
  return (Date.parse(date) - Date.now()) / 1_000;
}

test(`the commands of ${PAGE} correct a clock that was an hour ahead`, async () => {
  const clock = { set: (_seconds: number): void => {} };
  const world = await startWorld('clock', {
    boxes: ['box1'],
    prepare: (folder) => {
      const { env, setOffset } = steppedClock(join(folder, 'clock'));
      clock.set = setOffset;
      const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
      writeFileSync(join(folder, '.watchbill@box1.env'), lines.join(''));
      // The time service of the machine: it puts the clock of the service right.
      const chronyc = join(folder, '.bin/chronyc');
      writeFileSync(
        chronyc,
        `#!/bin/sh\nprintf '+0\\n' > '${folder}/clock.new' && mv '${folder}/clock.new' '${folder}/clock'\n`,
      );
      chmodSync(chronyc, 0o755);
    },
  });
  await world.grant('box1');
  clock.set(AHEAD_SECONDS);
  await until('the step is noticed', async () =>
    (await world.shell('cat .watchbill@box1.log')).includes('clock-stepped'),
  );
  await world.ready('box1');
  // Without the page no due unit is granted.
  assert.equal(await world.claim('box1'), 'denied:unit-past');
  const outputs = await followPage(world, PAGE, { table: [] });
  const ahead = outputs.flatMap((output) => /^Date: (.*)$/m.exec(output)?.[1] ?? []).map(aheadSeconds);
  assert.ok((ahead[0] ?? 0) > AHEAD_SECONDS / 2 && (ahead[1] ?? 0) < 60, `the page shows the step: ${ahead}`);
  await world.neverTwice();
  await world.grant('box1');
  await world.neverTwice();
  stamp(PAGE, sqliteVersion());
});
