import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveOf } from '../../file/testing/index.ts';
import type { IdentifiedTarget } from './identity.ts';
import { renamedTarget } from './renamed.ts';
import { fakeResource } from './testing/fake-plan.ts';
import { fakeTarget } from './testing/fake-target.ts';

const SIGNAL = new AbortController().signal;

test('objects of a place are read and removed under its other name, and no object is applied there', async () => {
  const inner = fakeTarget('ams');
  const one = fakeResource('a');
  inner.objects.set(one.id, one);
  const target = renamedTarget(inner, 'ams-before');
  assert.equal(target.place.name, 'ams-before');
  const read = await target.read('net', [one], [], SIGNAL);
  assert.ok(read.ok);
  assert.equal(read.state.place, 'ams-before');
  const [live] = read.state.live.values();
  assert.deepEqual([live?.id, live?.place], ['ams-before/ConfigMap/nodes/a', 'ams-before']);
  assert.equal((await target.health('ams-before/ConfigMap/nodes/a', SIGNAL)).state, 'healthy');
  await assert.rejects(target.apply(one, null, SIGNAL), /objects there are only removed/);
  const done = await target.remove(live?.id ?? '', live?.fingerprint ?? '', { orphan: false }, SIGNAL);
  assert.equal(done.outcome, 'done');
  assert.deepEqual(inner.calls, [`remove ${one.id}`]);
  assert.equal((await target.health('ams-before/ConfigMap/nodes/a', SIGNAL)).state, 'gone');
});

test('a process is asked for keys under the name that its place has for it', async () => {
  const asked: string[] = [];
  const inner: IdentifiedTarget = {
    ...fakeTarget('ams'),
    holds: async ({ id, place }) => {
      asked.push(`${place} ${id}`);
      return { ok: true, held: [] };
    },
  };
  const id = 'ams-before/Pod/nodes/v-0';
  const pod = liveOf({ ...fakeResource('v-0', {}, 'Pod'), id, place: 'ams-before' }, 'net');
  await renamedTarget(inner, 'ams-before').holds?.(pod, [], SIGNAL);
  assert.deepEqual(asked, ['ams ams/Pod/nodes/v-0']);
  assert.equal(renamedTarget(fakeTarget('ams'), 'ams-before').holds, undefined);
});
