// Every command of doctor.md but some, as printed: a real validator on a machine that systemd booted, and a
// retired machine; then the doctor without an argument. doctor-staking.test.ts of nominate runs the command
// about stakes, and inventory.component.test.ts of guard those about a whole fleet.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { devKey } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { stepsOf } from '@watchbill/testkit/pages/page-run';
import { DEVNODE, stamp } from '@watchbill/testkit/pages/stamp';
import { examinedBare } from './doctor-bare.ts';
import { type DoctorGround, doctorGround } from './doctor-ground.ts';
import { call, finalised, until } from './ground.ts';

const PAGE = 'docs/guard/how-to/doctor.md';
const STASH = writeAddress({ prefix: 42, publicKey: `0x${devKey('Alice').stash}` });
const VALIDATOR: Substitution = ['15qom…', STASH, 'the page shortens an address of Polkadot'];
/** Run with the stakes of an Asset Hub, and with the answers of machines. */
const ELSEWHERE = [
  'Stake and rewards',
  'Which key is where, in a whole fleet',
  'Alert on a new holder of a key',
];
const RPC = { alice: 9944, bob: 9945 } as const;

let ground: DoctorGround;
const left = new Set(stepsOf(PAGE).map(({ heading }) => heading));
for (const heading of ELSEWHERE) left.delete(heading);

before(async () => {
  ground = await doctorGround(leaveNothing('doctor'));
  await until('both validators finalise', () => finalised(ground.active, RPC.alice) > 30);
});
after(() => ground?.close());

async function follow(
  heading: string,
  ends: readonly (readonly [string, number])[],
  table: readonly Substitution[],
): Promise<string> {
  left.delete(heading);
  const outputs = await followPage(ground.reader, PAGE, { only: [heading], ends, table });
  return outputs.join('');
}

const chain = (): Substitution => [
  'chains/polkadot',
  `chains/${ground.chainId}`,
  'the chain of the test, which has two validators',
];
const retired = (): Substitution => ['203.0.113.9', ground.retired.address, 'the machine of the test'];

test('the copy of a keystore on another machine is found, and its command removes it', async () => {
  const output = await follow('Compare several machines', [['watchbill', 3]], [chain(), retired()]);
  const mend = /^ +mend .*: (ssh \S+ '.*')$/m.exec(output)?.[1] ?? assert.fail(output);
  const [, moved = ''] = chain();
  await ground.reader.shell(
    mend.replaceAll('203.0.113.9', ground.retired.address).replaceAll('chains/polkadot', moved),
  );
  assert.equal(ground.retired.on(`ls /var/lib/polkadot/${moved}/keystore`), '');
});

test('a unit of a retired machine, and a script of keepalived that starts the node', async () => {
  ground.active.on(`mkdir -p /etc/keepalived
printf 'vrrp_instance A {\\n  notify_master /usr/local/bin/master.sh\\n}\\n' > /etc/keepalived/keepalived.conf
printf '#!/bin/sh\\nsystemctl start polkadot\\n' > /usr/local/bin/master.sh; chmod 755 /usr/local/bin/master.sh`);
  const output = await follow('A retired machine, and a supervisor', [['watchbill', 3]], [retired()]);
  assert.match(output, /systemctl disable --now polkadot/);
});

test('a durable write is measured on the disk of the database', async () => {
  const database: Substitution = ['/db ', '/paritydb ', 'the node of the test keeps a ParityDB'];
  await follow('Measure the disk', [], [chain(), database]);
});

test('the report about two nodes and a copy, and what changes from one report to the next', async () => {
  const [, moved = ''] = chain();
  ground.active.on(`cp -r /var/lib/polkadot/${moved}/keystore /mnt/backup-of-test
mkdir -p /mnt/backup && mv /mnt/backup-of-test /mnt/backup/keystore
chmod 755 /mnt/backup/keystore; chmod 644 /mnt/backup/keystore/6772616e*`);
  await follow('Read the report', [], [chain()]);
  const changes = await follow('See what has changed', [], [VALIDATOR]);
  assert.match(changes, /^Changed since .*: nothing$/m);
});

test('a key that votes while its node is down', async () => {
  ground.active.on('systemctl stop polkadot');
  ground.startClone();
  const before = finalised(ground.active, RPC.bob);
  await until('the other process votes', () => finalised(ground.active, RPC.bob) > before + 3);
  const output = await follow(
    'A key that votes while its node is down',
    [['watchbill', 3]],
    [chain(), VALIDATOR, ['wss://node-1.example.org', `ws://127.0.0.1:${RPC.bob}`, 'the second validator']],
  );
  assert.match(output, /rounds? with its vote began after that/);
  ground.stopClone();
  assert.equal(call(ground.active, RPC.alice, 'system_health'), null, 'the doctor started nothing');
  assert.deepEqual([...left], [], 'these tests run every command of the page');
  const systemd = /systemd \d+/.exec(ground.active.on('systemctl --version'))?.[0];
  stamp(PAGE, `${DEVNODE}, ${systemd}`);
});

examinedBare(() => ground);
