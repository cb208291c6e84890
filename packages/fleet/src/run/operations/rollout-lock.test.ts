import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { fakePlan, fakeSaved } from '../apply/testing/fake-plan.ts';
import { fakeTarget } from '../apply/testing/fake-target.ts';
import type { RolloutPort } from '../rollout/port.ts';
import { lockAtFirstChange, underLock } from './rollout-lock.ts';
import { fakeMemory } from './testing/fake-memory.ts';

const NEVER = new AbortController().signal;

function bench() {
  const ams = fakeTarget();
  const [clock, memory] = [createVirtualClock(), fakeMemory()];
  const targets = { byPlace: new Map([['ams', ams]]), close: () => undefined };
  const saved = fakeSaved(fakePlan([]), { places: [ams.place], identities: { ams: 'uid-1' } });
  const ports = { clock, memory, openTargets: async () => targets, repeat: () => undefined };
  const lock = lockAtFirstChange(ports, { saved, targets, signal: NEVER });
  const changed: string[] = [];
  const inner: RolloutPort = {
    ...{ units: [], others: [], facts: async () => [], mark: async () => null, final: async () => null },
    change: async (unit) => {
      changed.push(unit);
      return { ok: true };
    },
    restore: async (unit) => {
      changed.push(`back ${unit}`);
      return { ok: true };
    },
  };
  return { ams, lock, changed, port: underLock(inner, lock.mayGoOn) };
}

const lockOf = (holder: string | null) => {
  const process = { user: holder, host: 'h', pid: 3, origin: '', startTicks: '' };
  const record = { format: 'watchbill/lock/1', token: holder, holder: holder === null ? null : process };
  const times = { work: 'apply plan 5ab1', sinceMs: 0, renewedMs: 0, renewals: 0, takeovers: 0 };
  return { text: JSON.stringify({ ...record, ...times }), version: `of ${holder}` };
};

test('no node changes or goes back while another process has the lock of the network', async () => {
  const { ams, lock, port, changed } = bench();
  ams.records.stored.set('lock', lockOf('carol'));
  for (const moved of [await port.change('a', 1, NEVER), await port.restore('a', NEVER)]) {
    assert.equal(moved.ok, false);
    assert.match(moved.ok ? '' : moved.detail, /works on network .*: apply plan 5ab1 of carol@h/);
  }
  await lock.release();
  assert.deepEqual([changed, ams.records.stored.get('lock')], [[], lockOf('carol')]);
});

test('the lock is taken before the first change, kept for the next ones, and released', async () => {
  const { ams, lock, port, changed } = bench();
  assert.equal(ams.records.stored.has('lock'), false, 'a roll-out that waits for its moment has no lock');
  assert.deepEqual(await port.change('a', 1, NEVER), { ok: true });
  assert.match(ams.records.stored.get('lock')?.text ?? '', /"work":"roll out plan plan-1"/);
  ams.records.stored.set('lock', lockOf('carol'));
  assert.equal((await port.change('b', 1, NEVER)).ok, false);
  await lock.release();
  assert.deepEqual(changed, ['a']);
  const free = bench();
  await free.port.restore('a', NEVER);
  await free.lock.release();
  assert.match(free.ams.records.stored.get('lock')?.text ?? '', /"holder":null/);
});
