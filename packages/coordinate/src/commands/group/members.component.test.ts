// The commands that change the members of a group: propose, hand-over, adopt, show.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { loadRuntime } from '../../index.ts';
import { signedGroup } from '../certificate/testing/signed-group.ts';
import { commandsIn } from '../testing/run-coordinate.ts';

/** A demo group, and a fifth operator that is to take the place of the fourth. */
async function succession() {
  const folder = commandsIn();
  await folder.json('init --example demo-group');
  const { member } = await folder.json('init --dir five --name five');
  const config = ['--config', 'demo-group/one/coordinate.yaml'];
  return { ...folder, config, line: String(member) };
}

/** The same with the file of the new group, and a configuration of the fifth operator in it. */
async function proposed() {
  const setup = await succession();
  const { cwd, json, config, line } = setup;
  const next = await json('group propose --remove four --add', line, ...config);
  await json('group join group-next.yaml --config five/coordinate.yaml');
  const runtime = await loadRuntime();
  const yaml: unknown = parse(readFileSync(join(cwd, 'group-next.yaml'), 'utf8'));
  const read = runtime.readGroupDocument(runtime.groupFileSchema.parse(yaml), () => null);
  assert.ok(read.ok);
  return { ...setup, next, successor: read.file.group, ...(await signedGroup(cwd)) };
}

const NEW = ['--config', 'five/coordinate.yaml'];
const OLD_GROUP = ['--predecessor', 'demo-group/group.yaml'];

test('a proposal keeps the group but for its members, and names the predecessor', async () => {
  const { next, successor, json, config, groupId } = await proposed();
  assert.equal(next.predecessor, `0x${Buffer.from(groupId).toString('hex')}`);
  assert.equal(next.handsOver, true);
  assert.deepEqual(successor.members.map(field('name')), ['one', 'two', 'three', 'five']);
  assert.deepEqual([successor.name, successor.resource], ['demo', 'demo']);
  const approved = await json('group hand-over group-next.yaml', ...config);
  assert.equal(approved.successor, next.group);
  const shown = await json('group show', ...config);
  assert.deepEqual([shown.holds, shown.predecessor], [true, null]);
  assert.equal(shown.successor, `{"group":"${next.group}","name":"demo"}`);
});

test('adopt takes a certificate of the old group for this new one only', async () => {
  const { cwd, json, run, refused, handOver, made, successor } = await proposed();
  const before = await json('group show', ...NEW);
  assert.deepEqual([before.holds, before.heldFrom], [false, null]);
  const adopt = ['group', 'adopt', ...OLD_GROUP, ...NEW] as const;
  handOver('few.json', successor, [0, 1]);
  await refused(2, /2 of 4|needs 3|quorum/, ...adopt, '--certificate', 'few.json');
  handOver('other.json', { ...successor, name: 'other' }, [0, 1, 2]);
  await refused(2, /handed over to another group/, ...adopt, '--certificate', 'other.json');
  made('heartbeat.json', 'content', [0, 1, 2]);
  await refused(
    2,
    /for the action heartbeat, not for hand-over/,
    ...adopt,
    '--certificate',
    'heartbeat.json',
  );
  await refused(2, /give one of --certificate and --old-stopped-at/, ...adopt);
  assert.equal((await json('group show', ...NEW)).holds, false);

  handOver('good.json', successor, [0, 1, 2]);
  // Window 6 of the demo group is over at block 135.
  assert.equal((await json(...adopt, '--certificate', 'good.json')).heldFrom, '135');
  const shown = await json('group show', ...NEW);
  assert.deepEqual([shown.holds, shown.heldFrom, shown.by], [true, '135', 'certificate']);
  const text = await run('group show', ...NEW);
  assert.match(text.stdout, /\nresource {2}held from block 135, by the certificate of the hand-over\n/);

  const kept = join(cwd, 'five', 'state', 'take-over', 'certificate.json');
  writeFileSync(kept, readFileSync(join(cwd, 'few.json')));
  await refused(2, /this hand-over is not valid/, 'group show', ...NEW);
  await refused(2, /this hand-over is not valid/, 'run', ...NEW);
});

test('adopt after a stop waits for the longest lease, and a certificate counts before a statement', async () => {
  const { json, handOver, successor } = await proposed();
  const adopt = ['group', 'adopt', ...OLD_GROUP, ...NEW] as const;
  // Window 6 began at 120 and is over at 135; a heartbeat has 12 blocks.
  const stated = await json(...adopt, '--old-stopped-at', '139');
  assert.deepEqual([stated.by, stated.heldFrom], ['statement', '147']);
  assert.equal((await json('group show', ...NEW)).by, 'statement');
  await json(...adopt, '--certificate', handOver('good.json', successor, [0, 1, 2]));
  assert.equal((await json('group show', ...NEW)).by, 'certificate');
});

test('what makes no succession is refused', async () => {
  const { cwd, refused, config, line } = await proposed();
  await refused(2, /give --add or --remove/, 'group propose --out a.yaml', ...config);
  await refused(2, /nine is not a member/, 'group propose --out a.yaml --remove nine', ...config);
  const twice = ['--add', line.replace(/^five/, 'six'), '--add', line];
  await refused(2, /two members have the key/, 'group propose --out a.yaml', ...twice, ...config);
  await refused(2, /group-next.yaml exists already/, 'group propose --remove four', ...config);
  const handOver = (file: string) => ['group', 'hand-over', file, ...config];
  await refused(2, /the new group names no predecessor/, ...handOver('demo-group/group.yaml'));
  const moved = readFileSync(join(cwd, 'group-next.yaml'), 'utf8')
    .replace(/^id: .*\n/m, '')
    .replace('resource: demo', 'resource: other');
  writeFileSync(join(cwd, 'moved.yaml'), moved);
  await refused(2, /for the resource other, the old one for demo/, ...handOver('moved.yaml'));
});
