// Four real processes that upgrade one after another, and one of them is killed while it waits for its turn.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import type { Process } from '../process.ts';
import { type DemoGroup, makeDemoGroup, NAMES, textOf } from './demo-group.ts';

leaveNothing('upgrade');

const LIMIT = { timeout: 180_000 };
/** So long that a member which waits for its turn can be killed, and its last report becomes old. */
const APPLY_MS = 8_000;
const RELEASE = 'a new release';

let demo: DemoGroup;

before(async () => {
  demo = await makeDemoGroup();
  const agenda = textOf(demo.file('group.yaml')).replace(
    /- action: heartbeat[\s\S]*/,
    `- action: upgrade
        every: 1
        validityBlocks: 80
        parameters: { maxDown: 1, healthTimeoutBlocks: 5, bakeBlocks: 2 }
`,
  );
  writeFileSync(demo.file('group.yaml'), agenda.replace(/^id: .*\n/m, ''));
  const sha256 = `0x${createHash('sha256').update(RELEASE).digest('hex')}`;
  for (const name of NAMES) {
    writeFileSync(demo.file(name, 'release'), RELEASE);
    writeFileSync(demo.file(name, 'release.json'), JSON.stringify({ version: '2', sha256, path: 'release' }));
    const apply = `require('node:fs').writeFileSync('${demo.file(name, 'begun')}', ''); setTimeout(() => 0, ${APPLY_MS})`;
    const settings = {
      releaseFile: 'release.json',
      applyCommand: [process.execPath, '-e', apply],
      healthCommand: [process.execPath, '-e', ''],
    };
    writeFileSync(
      demo.config(name),
      textOf(demo.config(name)).replace('actions: {}', `actions: { upgrade: ${JSON.stringify(settings)} }`),
    );
  }
  await demo.chain();
}, LIMIT);

after(() => demo.close());

test('a member that dies while it waits counts as down: no other begins', LIMIT, async () => {
  const members = new Map<string, Process>(NAMES.map((name) => [name, demo.member(name)]));
  const begins = [...members].map(async ([name, member]) => {
    await member.until(
      ({ event, result, text }) => event === 'receipt' && result === 'step' && /applying/.test(text),
    );
    return name;
  });
  const first = await Promise.any(begins);
  const [victim, ...others] = NAMES.filter((name) => name !== first);
  assert.ok(victim !== undefined);
  await members.get(victim)?.kill('SIGKILL');
  const done = await members
    .get(first)
    ?.until(({ event, result }) => event === 'receipt' && result === 'done');
  assert.match(done?.text ?? '', /2 runs and is healthy/);
  for (const name of others) {
    const { text } =
      (await members.get(name)?.until(({ event, result }) => event === 'receipt' && result === 'expired')) ??
      {};
    assert.match(text ?? '', new RegExp(`it waited for .*\\b${victim}\\b`));
    assert.ok(!existsSync(demo.file(name, 'begun')), `${name} has not begun`);
  }
});
