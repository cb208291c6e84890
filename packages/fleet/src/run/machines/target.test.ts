import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineResource, Place } from '../../file/graph/index.ts';
import type { Ran, RunScript } from './ssh.ts';
import { machineTarget } from './target.ts';

const PLACE: Place & { readonly target: 'machine' } = {
  target: 'machine',
  name: 'one',
  host: 'h',
  port: 22,
  user: 'root',
};
const SIGNAL = new AbortController().signal;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const UNIT: MachineResource = {
  id: 'one/unit/watchbill-net-v.service',
  target: 'machine',
  place: 'one',
  kind: 'unit',
  name: 'watchbill-net-v.service',
  needs: [],
  afterHealthy: [],
  subject: { pool: 'v', node: 'v', role: 'validator', keySet: 'set' },
  lifecycle: 'reconcile',
  body: { kind: 'unit', name: 'watchbill-net-v.service', text: 'new' },
};

function answering(...answers: readonly Ran[]): { readonly run: RunScript; readonly scripts: string[] } {
  const scripts: string[] = [];
  const run: RunScript = async (script) => {
    scripts.push(script);
    return answers[Math.min(scripts.length, answers.length) - 1] ?? { kind: 'unreachable', detail: '' };
  };
  return { run, scripts };
}

function ended(out: string, code = 0): Ran {
  return { kind: 'ended', code, out, err: '' };
}

const THERE = `0 file ${['root', 'root', '0644', 'old'].map(base64).join(' ')}\n`;

test('a unit that has our name and no record of ours is not ours', async () => {
  const { run } = answering(ended(THERE));
  const read = await machineTarget(run, PLACE, 'net').read('net', [UNIT], [], SIGNAL);
  assert.ok(read.ok);
  assert.equal(read.state.live.get(UNIT.id)?.network, null);
});

test('what is on the machine is not written over when it is another than was planned on', async () => {
  for (const basedOn of ['another', null]) {
    const { run, scripts } = answering(ended(THERE));
    const done = await machineTarget(run, PLACE, 'net').apply(UNIT, basedOn, SIGNAL);
    assert.equal(done.outcome, 'changed');
    assert.equal(scripts.length, 1);
  }
});

test('a connection that ends in the middle leaves unknown what was done', async () => {
  const { run } = answering(ended('0 absent\n'), { kind: 'unknown', detail: 'cut' });
  assert.equal((await machineTarget(run, PLACE, 'net').apply(UNIT, null, SIGNAL)).outcome, 'unknown');
  const refused = answering(ended('0 absent\n'), ended('', 1));
  assert.equal((await machineTarget(refused.run, PLACE, 'net').apply(UNIT, null, SIGNAL)).outcome, 'invalid');
});

test('the health of a unit is what systemd says, and unknown where it says nothing', async () => {
  const states = [
    ['there\nactive\nrunning\nlistens\n', 'healthy'],
    ['there\nactive\nrunning\nsilent 9944\n', 'waiting'],
    ['there\nactivating\nstart-pre\n', 'waiting'],
    ['there\nfailed\nfailed\n', 'failed'],
    ['gone\ninactive\ndead\n', 'gone'],
    ['gone\nactive\nrunning\n', 'waiting'],
    ['there\ninactive\ndead\n', 'waiting'],
  ] as const;
  for (const [out, state] of states) {
    const health = await machineTarget(answering(ended(out)).run, PLACE, 'net').health(UNIT.id, SIGNAL);
    assert.equal(health.state, state, out);
  }
  const lost = answering({ kind: 'unreachable', detail: 'away' });
  assert.equal((await machineTarget(lost.run, PLACE, 'net').health(UNIT.id, SIGNAL)).state, 'unknown');
});
