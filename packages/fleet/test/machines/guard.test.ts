// One stock validator on a machine that a real systemd booted becomes a guarded pair, by every command of the
// page docs/guard/how-to/guard.md. Then every command of docs/guard/how-to/guard-maintain.md: the unit of
// `init --systemd --guard`, its watchdog, its folder in memory, a power cut, the timer of the drill. An
// observer counts the signatures all the while.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import type { BootedMachine } from '@watchbill/testkit/machines/booted';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import {
  allowSsh,
  bootGround,
  type GuardGround,
  installStock,
  journal,
  PLAIN,
  placedKeys,
  status,
  until,
  untilPlaced,
  untilStandby,
  WAIT_MS,
} from './guard-ground.ts';
import { assertShown, followPages, GUARD, MAINTAIN, writeFile, writeSettings } from './guard-pages.ts';
import { followSealPage } from './seal-page.ts';

const PAIR_PAGE = join(ROOT, 'docs/guard/how-to/guard-pair.md');
const DRILL = 'watchbill guard handover --to bravo';
const DATABASE = '/var/lib/polkadot/chains/polkadot/paritydb';
const OLD_DATABASE = '/var/lib/polkadot/old-database';
const UNIT = '1. Write the unit';
/** Kinds of keys that the chain of the test has. */
const KEYS = 4;
/** The page watches for two minutes; the rule of votes needs some 15 seconds of this chain. */
const SHADOW_S = 40;

let ground: GuardGround;
let alpha: BootedMachine;
let bravo: BootedMachine;
const { under, blocks, run, left } = followPages([GUARD, MAINTAIN], () => ground);

before(async () => {
  ground = await bootGround();
  ({ alpha, bravo } = ground);
});
after(() => ground?.close());

const property = (machine: BootedMachine, name: string): string =>
  machine.on(`systemctl show --property=${name} --value watchbill-guard`).trim();

const isThere = (machine: BootedMachine, pid: number): boolean =>
  machine.on(`test -d /proc/${pid} && echo yes || :`) === 'yes\n';

/** The validator signs a block and a vote from now on. */
const signs = (): Promise<unknown> => ground.observer.untilFirstSignature('Alice', Date.now(), WAIT_MS);

/** The validator signs, and has signed no slot and no round twice since the beginning. */
async function signsOnce(): Promise<void> {
  await signs();
  const { equivocations } = await ground.observer.report();
  assert.deepEqual(equivocations, { blocks: 0, votes: 0, offences: 0 });
}

/** A person says that no other node has the keys, so that they do not wait for rounds. */
async function breakGlass(machine: BootedMachine): Promise<void> {
  const [allow] = under(MAINTAIN, 'Let the keys vote now, although the guard waits', 1);
  await until('the guard waits', () => status(machine) !== null, machine);
  run(machine, allow);
  await untilPlaced(machine);
  assert.match(journal(machine), /"event":"person-allows","by":"ada as root"/);
}

test('a shadow beside the stock node would leave its keys placed, and writes nothing', async () => {
  await signs();
  const [shadow] = under(GUARD, 'Try it without a change', 1);
  const list = `ls -l --full-time ${PLAIN}; ls -d /run/watchbill-guard /var/lib/watchbill-guard 2> /dev/null || :`;
  const before = alpha.on(list);
  const begin = (): string =>
    run(
      alpha,
      shadow,
      (command) => `rm -f shadow.status
{ ${command.replace('--seconds 120', `--seconds ${SHADOW_S}`)}; echo $? > shadow.status; } > shadow.txt 2> shadow.log < /dev/null &`,
    );
  const untilEnd = (): Promise<boolean> =>
    until('the shadow ended', () => alpha.on('cat /home/ada/shadow.status 2> /dev/null || :') !== '');
  const isLeft = (kind: string): boolean =>
    new RegExp(`^${kind} .* in the keystore +leave it placed `, 'm').test(
      alpha.on('cat /home/ada/shadow.txt'),
    );
  begin();
  installStock(bravo, ground.nodeFlags);
  allowSsh(alpha, bravo);
  await untilEnd();
  // The rule of votes may take longer on a busy machine.
  for (let tries = 0; tries < 2 && !isLeft('gran'); tries++) {
    begin();
    await untilEnd();
  }
  const said = alpha.on('cat /home/ada/shadow.status /home/ada/shadow.txt /home/ada/shadow.log');
  assert.match(said, new RegExp(`^0\nshadow of ${SHADOW_S} s: it wrote nothing\n`));
  assert.ok(isLeft('babe') && isLeft('gran'), said);
  assert.match(said, /the keys match those that the chain has/);
  assert.equal(alpha.on(list), before);
});

test('the unit is written, and the keys of the stopped node are sealed', () => {
  const [init] = under(GUARD, UNIT, 1);
  const [settings = ''] = blocks(GUARD, UNIT, 'ini', 1);
  if (init !== undefined) assertShown(init, run(alpha, init));
  writeSettings(alpha, settings);
  const [stop, identity, folder, seal, ...removal] = under(GUARD, '2. Seal the keys', 7);
  run(alpha, stop);
  assert.equal(alpha.on('systemctl is-enabled polkadot || :'), 'disabled\n');
  const made = run(alpha, identity);
  if (identity !== undefined) assertShown(identity, made);
  const recipient = /^recipient +(age1[0-9a-z]+)$/m.exec(made)?.[1] ?? assert.fail(made);
  run(alpha, folder);
  run(alpha, seal, (command) => command.replace('age1…', recipient));
  for (const step of removal) run(alpha, step);
  assert.equal(alpha.on(`ls -A ${PLAIN}; ls /dev/shm/guard.identity 2> /dev/null || :`), '');
  assert.equal(Number(alpha.on('ls /var/lib/watchbill-guard/sealed/*.age | wc -l')), KEYS);
});

test('the guard starts the node without keys, compares them with the chain, and places them', async () => {
  const [show] = under(GUARD, '4. See what it waits for', 2);
  for (const step of under(GUARD, '3. Start it', 2)) run(alpha, step);
  await untilPlaced(alpha);
  const said = run(alpha, show);
  assert.match(said, /^node {6}process \d+\nKEY /);
  for (const kind of ['babe', 'gran']) assert.match(said, new RegExp(`^${kind} +0x\\S+ +placed `, 'm'));
  const log = journal(alpha);
  assert.match(log, /"event":"keys-match"/);
  assert.match(log, /"event":"key-waiting","kind":"gran"/);
  assert.doesNotMatch(log, /a person allows keys that vote/);
  assert.equal(placedKeys(alpha).length, KEYS);
  await signsOnce();
});

test('the alerts of the page are written, and the guard serves the metrics', () => {
  alpha.on('mkdir -p /etc/prometheus');
  for (const step of under(GUARD, 'Get alerts', 2)) run(alpha, step);
  assert.match(alpha.on('cat /etc/prometheus/watchbill-guard.yaml'), /job="watchbill-guard"/);
  assert.notEqual(alpha.on('ls /home/ada/guard-dashboards'), '');
  assert.match(
    alpha.on('curl --silent http://127.0.0.1:9961/metrics'),
    /^watchbill_guard_keys\{\S*\bgran\S*\bopen\S*\} 1$/m,
  );
});

test('after a database was put back, the keys that vote and author wait', async () => {
  const [stop, start, show] = under(MAINTAIN, 'Restore a database, a snapshot or a backup', 3);
  run(alpha, stop);
  alpha.on(`cp -a ${DATABASE} ${OLD_DATABASE}; rm -r ${DATABASE}; mv ${OLD_DATABASE} ${DATABASE}`);
  run(alpha, start);
  await until('the guard has read its node', () => status(alpha) !== null, alpha);
  const said = run(alpha, show);
  for (const kind of ['babe', 'gran']) assert.match(said, new RegExp(`^${kind} +0x\\S+ +waiting `, 'm'));
  // The next test starts the guard once more, as a part of the pair, and waits until the keys are placed.
});

test('a second machine becomes the standby, and exactly one machine signs', async () => {
  const heading = '5. Add a standby';
  const [init, folder, ca, key, first, set, restart, copy, ...more] = under(GUARD, heading, 13);
  const [disable, reload, enable, show, drill] = more;
  const [pairFile = ''] = blocks(GUARD, heading, 'yaml', 1);
  const [, path = ''] = /^# (\S+)\n/.exec(pairFile) ?? [];
  for (const step of [init, folder]) run(bravo, step);
  for (const machine of [alpha, bravo]) {
    writeFile(machine, path, pairFile.replace('name: alpha', `name: ${machine.name}`));
    for (const step of [ca, key]) run(machine, step);
  }
  await until('the store answers', () => run(alpha, first, (line) => `${line} || :`).includes(' in term 1.'));
  for (const step of [set, restart, copy]) run(alpha, step);
  for (const step of [disable, reload, enable]) run(bravo, step);
  await untilPlaced(alpha);
  await untilStandby(bravo, 'alpha');
  assert.match(run(bravo, show), /^active: alpha \(term 1, chosen by ada as polkadot: a new pair\)/);
  // A standby that has just started may lag, and then the drill fails.
  await until('the drill is ok', () => /drill: ok/.test(run(alpha, drill, (line) => `${line} || :`)), bravo);

  assert.deepEqual([placedKeys(alpha).length, placedKeys(bravo)], [KEYS, []]);
  for (const machine of [alpha, bravo]) {
    assert.equal(machine.on(`ls -A ${PLAIN}; systemctl is-active polkadot || :`), 'inactive\n');
    assert.equal(machine.on(`ps -o user= -p ${status(machine)?.node}`).trim(), 'polkadot');
  }
  assert.equal(alpha.on('stat -f -c %T /run/watchbill-guard/keystore'), 'tmpfs\n');
  await signsOnce();
});

test('the drill of the page runs as a unit of a timer', async () => {
  for (const [, path = '', text = ''] of readFileSync(PAIR_PAGE, 'utf8').matchAll(
    /^```ini\n# (\S+)\n([\s\S]*?)^```$/gm,
  ))
    alpha.on(`cat > ${path} <<'END'\n${text}END`);
  alpha.on('systemctl daemon-reload; systemctl enable --now watchbill-guard-drill.timer');
  assert.equal(alpha.on('systemctl is-active watchbill-guard-drill.timer'), 'active\n');
  await until('the drill is ok', () => {
    alpha.on('systemctl start watchbill-guard-drill.service || :');
    return /drill: ok/.test(alpha.on('journalctl --no-pager -u watchbill-guard-drill'));
  });
});

test('planned maintenance: the role moves, and a new program of the node does not wait', async () => {
  const [handOver, install, end] = under(MAINTAIN, 'Planned maintenance', 3);
  assert.match(
    run(alpha, handOver, (line) => `${line} --yes`),
    /^all keys are placed on bravo after \d+ ms$/m,
  );
  await untilStandby(alpha, 'bravo');
  const [guard, old] = [property(bravo, 'MainPID'), status(bravo)?.node ?? assert.fail('no node')];
  bravo.on('cp /usr/bin/polkadot /home/ada/polkadot-new');
  run(bravo, install);
  assert.match(bravo.on(`readlink /proc/${old}/exe`), /\(deleted\)$/m);
  run(bravo, end);
  await until('another process runs', () => ![null, old].includes(status(bravo)?.node ?? null), bravo);
  assert.equal(bravo.on(`readlink /proc/${status(bravo)?.node}/exe`), '/usr/bin/polkadot\n');
  await untilPlaced(bravo);
  assert.equal(property(bravo, 'MainPID'), guard, 'the guard ran on');
  assert.match(journal(bravo), /"state":"proven"/);
});

test('the watchdog kills a frozen guard and with it the node; the next one begins without keys', async () => {
  const [guard, node] = [Number(property(bravo, 'MainPID')), status(bravo)?.node ?? assert.fail('no node')];
  bravo.on(`kill -STOP ${guard}`);
  await until('the node is gone', () => !isThere(bravo, node), bravo);
  // The journal may take the words of systemd later.
  await until('systemd says why', () => /Watchdog timeout/.test(journal(bravo)), bravo);
  await until('another guard runs', () => ![0, guard].includes(Number(property(bravo, 'MainPID'))));
  await until('it has read its node', () => status(bravo) !== null, bravo);
  // systemd removed the folder in memory, and with it the proof that no other process had the keys.
  await breakGlass(bravo);
  assert.match(journal(bravo), /no run of this guard was interrupted just before/);
});

test('after a power cut the other machine takes over, and the first one comes back without keys', async () => {
  const [takeOver] = under(MAINTAIN, 'The active machine is dead', 1);
  await bravo.cutPower();
  // The page takes over from alpha, and here bravo is the dead one.
  const swapped = (line: string): string =>
    line.replace(/alpha|bravo/g, (name) => (name === 'alpha' ? 'bravo' : 'alpha'));
  run(alpha, takeOver, (line) => `${swapped(line)} --yes`);
  await breakGlass(alpha);
  await bravo.boot();
  await untilStandby(bravo, 'alpha');
  assert.deepEqual(placedKeys(bravo), []);
  assert.match(alpha.on('watchbill guard pair'), /^active: alpha \(term 3, taken over by ada as polkadot/);
});

test('new keys are sealed, and the drill fails until the standby has them', async () => {
  const [rotate, ...copy] = under(MAINTAIN, 'Rotate the keys with an owner proof', 3);
  assert.match(run(alpha, rotate), /^keys {4}0x[0-9a-f]+\nproof {3}0x[0-9a-f]+\nThe guard has sealed/);
  assert.equal(Number(alpha.on('ls /var/lib/watchbill-guard/sealed | wc -l')), 2 * KEYS);
  assert.match(alpha.on(`${DRILL} || :`), /the machines have different keys/);
  for (const step of copy) run(alpha, step);
  await until('the drill is ok', () => /drill: ok/.test(alpha.on(`${DRILL} || :`)), bravo);
});

test('a new machine takes the place of an old one, which keeps no key', async () => {
  const [drill, handOver, ...end] = under(MAINTAIN, 'New hardware', 4);
  // A standby that lags for a moment fails the drill.
  await until('the drill is ok', () => /drill: ok/.test(run(alpha, drill, (line) => `${line} || :`)), bravo);
  assert.match(
    run(alpha, handOver, (line) => `${line} --yes`),
    /^all keys are placed on bravo after \d+ ms$/m,
  );
  for (const step of end) run(alpha, step);
  const places = '/var/lib/watchbill-guard/sealed /etc/watchbill/guard.identity /run/watchbill-guard';
  assert.equal(alpha.on(`ls -d ${places} 2> /dev/null || :; ls -A ${PLAIN}`), '');
  await signsOnce();
});

test('a unit that stops leaves no key, and the way back to a plain node signs', async () => {
  const [stop] = under(MAINTAIN, 'Sign nothing, at once', 1);
  const [standby, ...back] = under(MAINTAIN, 'Go back to a plain node', 6);
  run(bravo, stop);
  assert.equal(bravo.on('test -e /run/watchbill-guard && echo there || :'), '');
  assert.match(bravo.on('watchbill guard pair'), /its guard does not run, and no key is placed/);
  run(alpha, standby);
  for (const step of back) run(bravo, step);
  await signsOnce();
  assert.deepEqual(left(), [], 'these tests run every command of the pages');
  const version = /etcd Version: (\S+)/.exec(ground.others.on('etcd --version'))?.[1];
  for (const page of [GUARD, MAINTAIN]) stamp(page, `etcd ${version}`);
});

test('control: a second node with the keys and without a guard signs twice, and the observer counts it', async () => {
  alpha.on(`install -o polkadot -m 0600 /opt/delivered/keys-Alice/* ${PLAIN}; systemctl start polkadot`);
  await waitFor(
    'a slot or a round is signed twice',
    async () => {
      const { equivocations } = await ground.observer.report();
      return equivocations.blocks + equivocations.votes > 0;
    },
    { timeoutMs: WAIT_MS, everyMs: 1_000 },
  );
});

test('behind a gate that opens sealed keys, the same node finds none in its keystore', () =>
  followSealPage(alpha));
