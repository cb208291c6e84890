// Four real processes with real keys over libp2p, on the dev chain, with the commands of the page
// how-to/coordinate.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mountSmallDisk, type SmallDisk } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { followedPage } from '@watchbill/testkit/pages/followed-page';
import type { Process, Told } from '../process.ts';
import { type DemoGroup, makeDemoGroup, NAMES, textOf } from './demo-group.ts';
import { agreedAfter, assertOnce } from './outcomes.ts';
import { argumentsIn } from './page.ts';

leaveNothing('processes');

const LIMIT = { timeout: 180_000 };
const PAGE = followedPage('docs/coordinate/how-to/coordinate.md#try-it-on-one-machine');

let demo: DemoGroup;
/** Holds what the third member keeps; a text where none can be had. */
let disk: SmallDisk | string = '';
const running = new Map<string, Process>();

before(async () => {
  assert.deepEqual(argumentsIn(PAGE, / init /), ['init', '--example', 'demo-group']);
  demo = await makeDemoGroup();
  disk = mountSmallDisk(join(demo.folder, 'small'));
  if (typeof disk !== 'string') {
    const moved = textOf(demo.config('three')).replace(
      'stateDir: state',
      `stateDir: ${demo.folder}/small/state`,
    );
    writeFileSync(demo.config('three'), moved);
  }
  await start(/ dev-chain /).until(({ url }) => typeof url === 'string');
  for (const name of NAMES) startMember(name);
}, LIMIT);

after(async () => {
  if (typeof disk !== 'string') disk.unmount();
  await demo.close();
});

/** The first command of the page that fits, with lines for programs. */
function start(pattern: RegExp): Process {
  return demo.start(...argumentsIn(PAGE, pattern), '--json');
}

function startMember(name: string): void {
  running.set(name, start(new RegExp(` run .*/${name}/`)));
}

const member = (name: string): Process => running.get(name) ?? assert.fail(name);

const allConnected = (status: Readonly<Record<string, unknown>>): boolean =>
  (status.peers as readonly { readonly isConnected: boolean }[]).every(({ isConnected }) => isConnected);

const isExecuted = (line: Told): boolean => line.event === 'outcome' && line.result === 'execute';
const isDone = (line: Told): boolean => line.event === 'receipt' && line.result === 'done';

describe('four processes', () => {
  test('reach certificates and run what they agreed on', LIMIT, async () => {
    const receipts = await Promise.all(NAMES.map((name) => member(name).until(isDone)));
    for (const { text } of receipts) assert.match(text, /heartbeat done: drill: signed by/);
    // A member that was slow takes the agreement from the others: it prints the outcome, and no certificate.
    const lines = (name: string, what: string) => member(name).lines.filter(({ event }) => event === what);
    for (const name of NAMES) await member(name).until(isExecuted);
    assert.ok(NAMES.some((name) => lines(name, 'certificate').length > 0));
    // On a busy machine a leader may be silent for a rank; nothing else may be seen of honest members.
    for (const name of NAMES)
      assert.deepEqual(
        lines(name, 'fault').filter(({ kind }) => kind !== 'idleness'),
        [],
      );
    const waits = await member('one').until(({ waitsFor }) => waitsFor === 'block');
    assert.match(
      waits.text,
      /^waiting for finalised block \d+, where window \d+ begins; the newest one is \d+$/,
    );
    // Three are enough to agree; the fourth may be connected a little later.
    await waitFor('all are connected', async () => allConnected(await demo.status('one')), {
      timeoutMs: LIMIT.timeout,
    });
    const status = await demo.run(...argumentsIn(PAGE, / status /), '--json');
    assert.equal(status.code, 0, status.errors);
    const { running: isRunning, member: told, peers } = JSON.parse(status.out);
    assert.ok(isRunning);
    assert.equal(told, 'one');
    assert.deepEqual(
      peers.map(({ isConnected }: { isConnected: boolean }) => isConnected),
      [true, true, true],
    );
  });

  test('a second process on the same state folder is refused', LIMIT, async () => {
    const second = await demo.run('run', '--config', demo.config('one'));
    assert.equal(second.code, 1);
    assert.match(second.errors, /another process uses the state folder/);
    assert.match(second.errors, /state-locked/);
  });

  test('anybody computes the same leaders from the node', LIMIT, async () => {
    const window = await member('two').until(({ event }) => event === 'window');
    const chain = /ws:\/\/[0-9.:]+/.exec(textOf(demo.config('one')))?.[0] ?? '';
    const explain = argumentsIn(PAGE, / explain /).map((arg) => arg.replace('ws://127.0.0.1:PORT', chain));
    const explained = await demo.run(...explain, '--window', String(window.window), '--json');
    assert.equal(explained.code, 0, explained.errors);
    const { leaders } = JSON.parse(explained.out);
    assert.deepEqual(
      leaders.map(({ name }: { name: string }) => name),
      window.leaders,
    );
  });

  test('a dry run beside it says what it would do, and keeps nothing', LIMIT, async () => {
    writeFileSync(
      demo.file('one', 'dry.yaml'),
      textOf(demo.config('one')).replace('stateDir: state', 'stateDir: dry-state'),
    );
    const dry = demo.start('run', '--dry-run', '--json', '--config', demo.file('one', 'dry.yaml'));
    await dry.until(
      ({ event, text }) => event === 'dry-run' && /would propose drill .* and would sign it/.test(text),
    );
    const { code } = await dry.stop('SIGTERM');
    assert.equal(code, 0);
    assert.ok(!existsSync(demo.file('one', 'dry-state')));
  });

  test('a full disk holds a member up, and makes it neither stop nor forget', LIMIT, async (t) => {
    if (typeof disk === 'string') return t.skip(disk);
    const three = member('three');
    disk.fill();
    await three.until(({ event }) => event === 'store-failed');
    const failedAt = three.lines.length;
    // A short record may still have had room.
    const isTold = async () => {
      const { problems } = (await demo.status('three')) as { problems: readonly string[] };
      return problems.some((problem) => problem.startsWith('not stored: '));
    };
    await waitFor('its status says that it cannot store', isTold, { timeoutMs: 60_000 });
    // The others are a quorum without it.
    const index = BigInt(String(member('two').lines.findLast(({ event }) => event === 'window')?.window));
    await agreedAfter(member('two'), index);
    disk.free();
    await three.until(({ event }) => event === 'store-works');
    await three.until((line) => isExecuted(line) && three.lines.indexOf(line) > failedAt);
    assertOnce(await demo.windows('three'));
  });

  test('SIGTERM ends a member cleanly; its records are read without it', LIMIT, async () => {
    const { code, errors } = await member('four').stop('SIGTERM');
    assert.equal(code, 0, errors);
    assert.equal(member('four').lines.at(-1)?.event, 'stopped');
    const status = await demo.run('status', '--json', '--config', demo.config('four'));
    assert.equal(status.code, 5);
    const { running: isRunning, windows } = JSON.parse(status.out);
    assert.equal(isRunning, false);
    assert.ok(windows.length > 0);
    assertOnce(await demo.windows('four'));
    const shown = await demo.run(...argumentsIn(PAGE, / windows /), '--json');
    assert.equal(shown.code, 0, shown.errors);
  });

  test('a cursor that was damaged is refused and left; with the good one it goes on', LIMIT, async () => {
    const file = demo.file('four', 'state', 'cursor');
    const good = textOf(file);
    const damaged = good.replace('"stage"', '"Stage"');
    writeFileSync(file, damaged);
    const refused = await demo.run('run', '--config', demo.config('four'));
    assert.equal(refused.code, 1);
    assert.match(refused.errors, /its checksum is wrong/);
    assert.match(refused.errors, /cursor-refused/);
    assert.equal(textOf(file), damaged);
    writeFileSync(file, good);
    startMember('four');
    await member('four').until(({ event, result }) => event === 'outcome' && result === 'execute');
    assertOnce(await demo.windows('four'));
  });

  test('every command of the page was run', () => PAGE.end());
});
