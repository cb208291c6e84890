// The commands that change the members of a group: propose, hand-over, adopt, show.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ran } from '@watchbill/kit/command/testing/fake-io';
import { field, temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { loadRuntime } from '../../index.ts';
import { signedGroup } from '../certificate/testing/signed-group.ts';
import { runFake } from '../testing/run-coordinate.ts';

/** A demo group, and a fifth operator that is to take the place of the fourth. */
async function succession() {
  const cwd = temporaryFolder();
  const run = (...args: readonly string[]): Promise<Ran> => runFake(['coordinate', ...args], { cwd });
  const done = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const ran = await run(...args, '--json');
    assert.equal(ran.code, 0, ran.stderr);
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  };
  const refused = async (why: RegExp, ...args: readonly string[]): Promise<void> => {
    const ran = await run(...args);
    assert.equal(ran.code, 2, ran.stdout);
    assert.match(ran.stderr, why);
  };
  await done('init', '--example', 'demo-group');
  const { member } = await done('init', '--dir', 'five', '--name', 'five');
  const config = ['--config', 'demo-group/one/coordinate.yaml'];
  return { cwd, run, done, refused, config, line: String(member) };
}

/** The same with the file of the new group, and a configuration of the fifth operator in it. */
async function proposed() {
  const setup = await succession();
  const { cwd, done, config, line } = setup;
  const next = await done('group', 'propose', '--remove', 'four', '--add', line, ...config);
  await done('group', 'join', 'group-next.yaml', '--config', 'five/coordinate.yaml');
  const runtime = await loadRuntime();
  const yaml: unknown = parse(readFileSync(join(cwd, 'group-next.yaml'), 'utf8'));
  const read = runtime.readGroupDocument(runtime.groupFileSchema.parse(yaml), () => null);
  assert.ok(read.ok);
  return { ...setup, next, successor: read.file.group, ...(await signedGroup(cwd)) };
}

const NEW = ['--config', 'five/coordinate.yaml'];
const OLD_GROUP = ['--predecessor', 'demo-group/group.yaml'];

test('a proposal keeps the group but for its members, and names the predecessor', async () => {
  const { next, successor, done, config, groupId } = await proposed();
  assert.equal(next.predecessor, `0x${Buffer.from(groupId).toString('hex')}`);
  assert.equal(next.handsOver, true);
  assert.deepEqual(successor.members.map(field('name')), ['one', 'two', 'three', 'five']);
  assert.deepEqual([successor.name, successor.resource], ['demo', 'demo']);
  const approved = await done('group', 'hand-over', 'group-next.yaml', ...config);
  assert.equal(approved.successor, next.group);
  const shown = await done('group', 'show', ...config);
  assert.deepEqual([shown.holds, shown.predecessor], [true, null]);
  assert.equal(shown.successor, `{"group":"${next.group}","name":"demo"}`);
});

test('adopt takes a certificate of the old group for this new one only', async () => {
  const { cwd, done, run, refused, handOver, made, successor } = await proposed();
  const before = await done('group', 'show', ...NEW);
  assert.deepEqual([before.holds, before.heldFrom], [false, null]);
  const adopt = ['group', 'adopt', ...OLD_GROUP, ...NEW] as const;
  handOver('few.json', successor, [0, 1]);
  await refused(/2 of 4|needs 3|quorum/, ...adopt, '--certificate', 'few.json');
  handOver('other.json', { ...successor, name: 'other' }, [0, 1, 2]);
  await refused(/handed over to another group/, ...adopt, '--certificate', 'other.json');
  made('heartbeat.json', 'content', [0, 1, 2]);
  await refused(/for the action heartbeat, not for hand-over/, ...adopt, '--certificate', 'heartbeat.json');
  await refused(/give one of --certificate and --old-stopped-at/, ...adopt);
  assert.equal((await done('group', 'show', ...NEW)).holds, false);

  handOver('good.json', successor, [0, 1, 2]);
  // Window 6 of the demo group is over at block 135.
  assert.equal((await done(...adopt, '--certificate', 'good.json')).heldFrom, '135');
  const shown = await done('group', 'show', ...NEW);
  assert.deepEqual([shown.holds, shown.heldFrom, shown.by], [true, '135', 'certificate']);
  const text = await run('group', 'show', ...NEW);
  assert.match(text.stdout, /\nresource {2}held from block 135, by the certificate of the hand-over\n/);

  const kept = join(cwd, 'five', 'state', 'take-over', 'certificate.json');
  writeFileSync(kept, readFileSync(join(cwd, 'few.json')));
  await refused(/this hand-over is not valid/, 'group', 'show', ...NEW);
  await refused(/this hand-over is not valid/, 'run', ...NEW);
});

test('adopt after a stop waits for the longest lease, and a certificate counts before a statement', async () => {
  const { done, handOver, successor } = await proposed();
  const adopt = ['group', 'adopt', ...OLD_GROUP, ...NEW] as const;
  // Window 6 began at 120 and is over at 135; a heartbeat has 12 blocks.
  const stated = await done(...adopt, '--old-stopped-at', '139');
  assert.deepEqual([stated.by, stated.heldFrom], ['statement', '147']);
  assert.equal((await done('group', 'show', ...NEW)).by, 'statement');
  await done(...adopt, '--certificate', handOver('good.json', successor, [0, 1, 2]));
  assert.equal((await done('group', 'show', ...NEW)).by, 'certificate');
});

test('what makes no succession is refused', async () => {
  const { cwd, refused, config, line } = await proposed();
  await refused(/give --add or --remove/, 'group', 'propose', '--out', 'a.yaml', ...config);
  await refused(/nine is not a member/, 'group', 'propose', '--out', 'a.yaml', '--remove', 'nine', ...config);
  const twice = ['--add', line.replace(/^five/, 'six'), '--add', line];
  await refused(/two members have the key/, 'group', 'propose', '--out', 'a.yaml', ...twice, ...config);
  await refused(/group-next.yaml exists already/, 'group', 'propose', '--remove', 'four', ...config);
  const handOver = (file: string) => ['group', 'hand-over', file, ...config];
  await refused(/the new group names no predecessor/, ...handOver('demo-group/group.yaml'));
  const moved = readFileSync(join(cwd, 'group-next.yaml'), 'utf8')
    .replace(/^id: .*\n/m, '')
    .replace('resource: demo', 'resource: other');
  writeFileSync(join(cwd, 'moved.yaml'), moved);
  await refused(/for the resource other, the old one for demo/, ...handOver('moved.yaml'));
});
