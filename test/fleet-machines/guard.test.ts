// A pair of guarded validators on machines that a real systemd booted: the unit of `init --systemd --guard`,
// its watchdog, its folder in memory, a power cut, the timer of the drill, and every command of the page
// docs/how-to/guard-maintain.md.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promptsOf, ROOT } from '../docs/page-run.ts';
import { stamp } from '../docs/stamp.ts';
import type { BootedMachine } from './booted.ts';
import {
  type BootedPair,
  bootPair,
  copySealed,
  journal,
  openKeys,
  status,
  until,
  untilOpen,
  untilStandby,
} from './guard-ground.ts';
import { followSealPage } from './seal-page.ts';

const PAIR_PAGE = join(ROOT, 'docs/how-to/guard-pair.md');
const PAGE = 'docs/how-to/guard-maintain.md';
const TAKE_ALPHA = 'watchbill guard take-over --to alpha --reason "a new pair"';
const DRILL = 'watchbill guard hand-over --to bravo';
const BREAK_GLASS = 'Let the keys vote now, although the guard waits';

const prompts = promptsOf(PAGE);
const left = new Set(prompts.map(({ commands }) => commands));
let pair: BootedPair;
let alpha: BootedMachine;
let bravo: BootedMachine;

before(async () => {
  pair = await bootPair();
  ({ alpha, bravo } = pair);
});
after(() => pair?.close());

/** The commands that the page prints under a heading. */
function commandsUnder(heading: string, count: number): readonly string[] {
  const found = prompts.filter((step) => step.heading === heading).map(({ commands }) => commands);
  assert.equal(found.length, count, heading);
  return found;
}

/** Runs a command as the page prints it. `typed`: the flag for what a person types at the terminal. */
function follow(machine: BootedMachine, command: string, typed = ''): string {
  left.delete(command);
  return machine.on(`${command} ${typed}`);
}

const property = (machine: BootedMachine, name: string): string =>
  machine.on(`systemctl show --property=${name} --value watchbill-guard`).trim();

const isThere = (machine: BootedMachine, pid: number): boolean =>
  machine.on(`test -d /proc/${pid} && echo yes || :`) === 'yes\n';

/** A person says that no other node has the keys, so that they do not wait for rounds. */
async function breakGlass(machine: BootedMachine): Promise<void> {
  const [allow = ''] = commandsUnder(BREAK_GLASS, 1);
  await until('the guard waits', () => status(machine) !== null, machine);
  follow(machine, allow);
  await untilOpen(machine);
  assert.match(journal(machine), /a person allows keys that vote/);
}

test('the unit runs guard and node, and keys lie open on the active machine only', async () => {
  await until('the store answers', () => alpha.on(`${TAKE_ALPHA} && echo done || :`).endsWith('done\n'));
  for (const machine of [alpha, bravo])
    machine.on(
      'systemctl enable --now watchbill-guard || { journalctl --no-pager -n 40 -u watchbill-guard >&2; exit 1; }',
    );
  await untilOpen(alpha);
  await untilStandby(bravo, 'alpha');
  assert.deepEqual([openKeys(alpha).length, openKeys(bravo)], [status(alpha)?.keys.length, []]);
  assert.equal(alpha.on('stat -f -c %T /run/watchbill-guard/keystore'), 'tmpfs\n');
  assert.equal(alpha.on(`ps -o user= -p ${status(alpha)?.node}`).trim(), 'polkadot');
});

test('the drill of the page runs as a unit of a timer', async () => {
  for (const [, path = '', text = ''] of readFileSync(PAIR_PAGE, 'utf8').matchAll(
    /^```ini\n# (\S+)\n([\s\S]*?)^```$/gm,
  ))
    alpha.on(`cat > ${path} <<'END'\n${text}END`);
  alpha.on('systemctl daemon-reload; systemctl enable --now watchbill-guard-drill.timer');
  assert.equal(alpha.on('systemctl is-active watchbill-guard-drill.timer'), 'active\n');
  // A standby that has just started may lag, and then the drill fails.
  await until('the drill is ok', () => {
    alpha.on('systemctl start watchbill-guard-drill.service || :');
    return /drill: ok/.test(alpha.on('journalctl --no-pager -u watchbill-guard-drill'));
  });
});

test('planned maintenance: the role moves, and a new program of the node does not wait', async () => {
  const [handOver = '', install = '', end = ''] = commandsUnder('Planned maintenance', 3);
  assert.match(follow(alpha, handOver, '--yes'), /^all keys lie open on bravo after \d+ ms$/m);
  await untilStandby(alpha, 'bravo');
  const [guard, old] = [property(bravo, 'MainPID'), status(bravo)?.node ?? assert.fail('no node')];
  bravo.on('cp /usr/bin/polkadot polkadot-new');
  follow(bravo, install);
  assert.match(bravo.on(`readlink /proc/${old}/exe`), /\(deleted\)$/m);
  follow(bravo, end);
  await until('another process runs', () => ![null, old].includes(status(bravo)?.node ?? null), bravo);
  assert.equal(bravo.on(`readlink /proc/${status(bravo)?.node}/exe`), '/usr/bin/polkadot\n');
  await untilOpen(bravo);
  assert.equal(property(bravo, 'MainPID'), guard, 'the guard ran on');
  assert.match(journal(bravo), /"state":"proven"/);
});

test('the watchdog kills a frozen guard and with it the node; the next one begins without keys', async () => {
  const [guard, node] = [Number(property(bravo, 'MainPID')), status(bravo)?.node ?? assert.fail('no node')];
  bravo.on(`kill -STOP ${guard}`);
  await until('the node is gone', () => !isThere(bravo, node), bravo);
  assert.match(journal(bravo), /Watchdog timeout/);
  await until('another guard runs', () => ![0, guard].includes(Number(property(bravo, 'MainPID'))));
  await until('it has read its node', () => status(bravo) !== null, bravo);
  // systemd removed the folder in memory, and with it the proof that the database continues.
  await breakGlass(bravo);
  assert.match(journal(bravo), /no run of this guard was interrupted just before/);
});

test('after a power cut the other machine takes over, and the first one comes back without keys', async () => {
  const [takeOver = ''] = commandsUnder('The active machine is dead', 1);
  await bravo.cutPower();
  left.delete(takeOver);
  // The page takes over from alpha, and here bravo is the dead one.
  const swapped = takeOver.replace(/alpha|bravo/g, (name) => (name === 'alpha' ? 'bravo' : 'alpha'));
  alpha.on(`${swapped} --yes`);
  await breakGlass(alpha);
  await bravo.boot();
  await untilStandby(bravo, 'alpha');
  assert.deepEqual(openKeys(bravo), []);
  assert.match(alpha.on('watchbill guard pair'), /^active: alpha \(term 3, taken over by polkadot/);
});

test('new keys are sealed, and the drill fails until the standby has them', async () => {
  const [rotate = ''] = commandsUnder('Rotate the keys with an owner proof', 1);
  const before = status(alpha)?.keys.length ?? 0;
  assert.match(follow(alpha, rotate), /^keys {4}0x[0-9a-f]+\nproof {3}0x[0-9a-f]+\nThe guard has sealed/);
  assert.equal(Number(alpha.on('ls /var/lib/watchbill-guard/sealed | wc -l')), 2 * before);
  assert.match(alpha.on(`${DRILL} || :`), /the machines have different keys/);
  copySealed(alpha, bravo);
  bravo.on('systemctl restart watchbill-guard');
  await until('the drill is ok', () => /drill: ok/.test(alpha.on(`${DRILL} || :`)), bravo);
});

test('a unit that stops leaves no key, and the way back to a plain node signs', async () => {
  const [stop = ''] = commandsUnder('Sign nothing, at once', 1);
  const [standby = '', ...back] = commandsUnder('Go back to a plain node', 6);
  follow(alpha, stop);
  assert.equal(alpha.on('test -e /run/watchbill-guard && echo there || :'), '');
  assert.match(alpha.on('watchbill guard pair'), /its guard does not run, and no key lies open/);
  follow(bravo, standby);
  for (const command of back) follow(alpha, command);
  await until('the plain node makes a block', () =>
    /Pre-sealed block/.test(alpha.on('journalctl --no-pager -u polkadot')),
  );
  assert.deepEqual([...left], [], 'these tests run every command of the page');
  const version = /etcd Version: (\S+)/.exec(pair.others.on('etcd --version'))?.[1];
  stamp(PAGE, `etcd ${version}`);
});

test('behind a gate that opens sealed keys, the same node finds none in its keystore', () =>
  followSealPage(alpha));
