// Two operators with a folder each and one network, on machines that systemd booted.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { operatorOf } from './operators.ts';

const LOCK = '/var/lib/watchbill-fleet/pier/shared/lock';

const ground = await bootMachines(['iron', 'tin']);
after(() => ground.close());

const machine = (name: string) => {
  const found = ground.machines.find((one) => one.name === name);
  assert.ok(found !== undefined);
  return found;
};

test('two applies at once, one that is killed, and a colleague who does not know a machine', async (context) => {
  const keys = '{session: {source: secret, secret: "{node}-keys", types: {babe: sr25519}}}';
  const pool = `  v: {role: validator, places: {iron: 1}, keys: ${keys}}\n  r: {role: rpc, places: {tin: 1}}\n`;
  const alice = operatorOf(context, ground, { name: 'alice', places: ['iron', 'tin'], pool });
  const bobs = '  r: {role: rpc, places: {tin: 1}}\n';
  const bob = operatorOf(context, ground, { name: 'bob', places: ['tin'], pool: bobs });
  const put = alice.start(
    ['secrets', 'put', 'v-iron-0-keys', 'babe'],
    `0x${randomBytes(32).toString('hex')}`,
  );
  assert.equal((await put.ended).code, 0);
  const made = await alice.plan('--first-time');
  const other = await bob.plan('--first-time');
  const apply = ['apply', made, '--allow-signing', '--gate-timeout', '5'];
  const applied = alice.start(apply);
  await applied.says(/^begun /m);
  applied.child.kill('SIGSTOP');
  const refused = await bob.run('apply', other);
  assert.equal(refused.code, 3, refused.out);
  assert.match(refused.out, new RegExp(`works on network pier: .*\\(process ${applied.child.pid}\\)`));
  // A seed, a restore and a removal touch the same machines.
  const secret = ['v-iron-0-keys', 'babe'];
  const others = [
    ['keys', 'secrets', 'put', ...secret, '--replace'],
    ['keys', 'secrets', 'remove', ...secret, '--in-use'],
    ['backup', 'restore', '--node', 'r-tin-0', '--archive', 'folder:/mnt/none', '--timeout', '1'],
  ];
  for (const words of others) {
    const other = await alice.start(words, `0x${randomBytes(32).toString('hex')}`).ended;
    assert.equal(other.code, 3, other.out);
    assert.match(other.out, new RegExp(`network pier: .*\\(process ${applied.child.pid}\\)`));
  }
  applied.child.kill('SIGKILL');
  await applied.ended;
  assert.match(machine('iron').on(`cat ${LOCK}`), new RegExp(`"pid":${applied.child.pid},`));
  // The same operator goes on at once: the process ended on this machine. The program is not a node, so the
  // run waits for its health in vain; the unit runs.
  const again = await alice.run(...apply);
  assert.match(again.out, /WARNING: the lock at (iron|tin) was taken over from apply plan/);
  const unit = 'systemctl is-active watchbill-pier-v-iron-0.service';
  assert.equal(machine('iron').on(unit).trim(), 'active', again.out);
  for (const name of ['iron', 'tin']) assert.match(machine(name).on(`cat ${LOCK}`), /"holder":null/);
  const late = await bob.run('apply', other);
  assert.equal(late.code, 3, late.out);
  assert.match(late.out, /another plan was begun after this one was made/);
  // The folder of bob never knew iron: tin remembers it, and that the plan of alice did not end.
  const unfinished = await bob.run('plan');
  assert.equal(unfinished.code, 3, unfinished.out);
  assert.match(unfinished.out, new RegExp(`plan ${made.slice(0, 12)} of .*@.* began .*v-iron-0`));
  const given = await bob.run('plan', '--abandon', made);
  assert.match(
    given.out,
    /iron \(host .*\) is not in the file any more; the objects of the network there are removed/,
  );
  assert.match(given.out, /delete|remove/);
  // A holder of another machine, with a clock of another year: only the own observation counts.
  const record = JSON.parse(machine('tin').on(`cat ${LOCK}`)) as object;
  const holder = { user: 'carol', host: 'away', pid: 1, origin: 'elsewhere', startTicks: '1' };
  const left = JSON.stringify({ ...record, token: 'of carol', holder, sinceMs: 4e12, renewedMs: 4e12 });
  machine('tin').on(`printf '%s' '${left}' > ${LOCK}`);
  const next = /watchbill fleet apply ([0-9a-f]{12})/.exec(given.out)?.[1] ?? '';
  const held = await bob.run('apply', next, '--allow-signing');
  assert.equal(held.code, 3, held.out);
  assert.match(held.out, /of carol@away \(process 1\), since 2096/);
  const beganMs = performance.now();
  const waited = await bob.run('apply', next, '--allow-signing', '--gate-timeout', '20', '--wait', '90');
  assert.ok(performance.now() - beganMs > 60_000);
  assert.match(waited.out, /WARNING: the lock at tin was taken over from .* of carol@away/);
  assert.match(machine('iron').on(`${unit} || :`).trim(), /inactive|unknown|failed/, waited.out);
});
