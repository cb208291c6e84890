// A pair of guarded validators on machines that a real systemd booted: the unit of `init --systemd --guard`,
// its watchdog, its folder in memory, a power cut, and the timer of the drill. A third machine has the other
// validators and the store.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAddress } from '@watchbill/chain/address';
import type { GuardStatus } from '@watchbill/guard';
import { devKey, putKeys } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { INSTALL_TARBALL, ROOT } from '../docs/page-run.ts';
import { leaveNothing } from '../support/leave-nothing.ts';
import { type BootedMachine, type BootedMachines, bootMachines } from './booted.ts';

const PAGE = join(ROOT, 'docs/how-to/guard-pair.md');
const WAIT_MS = 240_000;
const PACK_MS = 180_000;
const OTHERS = ['Alice', 'Bob', 'Charlie', 'Dave'];
/** Address of the stash. */
const EVE = writeAddress({ prefix: 42, publicKey: `0x${devKey('Eve').stash}` });
const FLAGS = '--chain /opt/delivered/chain.json --validator --no-mdns --no-telemetry';

const folder = leaveNothing('guard');
const delivered = join(folder, 'delivered');
let ground: BootedMachines;
let alpha: BootedMachine;
let bravo: BootedMachine;
let others: BootedMachine;

before(async () => {
  mkdirSync(join(delivered, 'bin'), { recursive: true });
  const pack = [join(ROOT, 'scripts/pack.mjs'), delivered];
  execFileSync(process.execPath, pack, { stdio: 'ignore', timeout: PACK_MS });
  copyFileSync(process.execPath, join(delivered, 'bin/node'));
  copyFileSync(nodeBinary(), join(delivered, 'bin/watchbill-devnode'));
  copyFileSync(specFile('5', folder), join(delivered, 'chain.json'));
  for (const name of [...OTHERS, 'Eve']) putKeys(join(delivered, `keys-${name}`), [{ suri: `//${name}` }]);
  ground = await bootMachines(['alpha', 'bravo', 'others'], { '/opt/delivered': delivered });
  [alpha, bravo, others] = ground.machines as unknown as [BootedMachine, BootedMachine, BootedMachine];
  const bootnode = startOthers();
  for (const machine of [alpha, bravo]) installGuard(machine, bootnode);
  sealKeys();
});
after(() => ground?.close());

/** Four validators, two of them witnesses, and one member of etcd; answers the address of the first node. */
function startOthers(): string {
  const { address } = others;
  others.on('install -m 0755 /opt/delivered/bin/watchbill-devnode /usr/local/bin/');
  const etcd = `--data-dir /var/lib/etcd-test --listen-client-urls http://${address}:2379 --advertise-client-urls http://${address}:2379`;
  others.on(`systemd-run --unit etcd-test etcd ${etcd}`);
  let bootnode = '';
  for (const [at, name] of OTHERS.entries()) {
    const base = `/var/lib/nodes/${name}`;
    const id = others.on(
      `mkdir -p ${base}; watchbill-devnode key generate-node-key --chain /opt/delivered/chain.json --file ${base}/node-key 2>&1`,
    );
    const flags = [
      ...[`--name ${name} --base-path ${base} --keystore-path ${base}/keystore`, '--unsafe-rpc-external'],
      ...[`--rpc-cors all --rpc-port ${9951 + at} --prometheus-port ${9611 + at}`],
      ...[`--node-key-file ${base}/node-key --listen-addr /ip4/${address}/tcp/${30_401 + at}`],
      bootnode === '' ? '' : `--bootnodes ${bootnode}`,
    ];
    others.on(
      `cp -r /opt/delivered/keys-${name} ${base}/keystore
systemd-run --unit node-${name} watchbill-devnode ${FLAGS} ${flags.join(' ')}`,
    );
    bootnode ||= `/ip4/${address}/tcp/30401/p2p/${id.trim().split('\n').at(-1)}`;
  }
  return bootnode;
}

function installGuard(machine: BootedMachine, bootnode: string): void {
  const { address, name } = machine;
  const node = [
    `/usr/local/bin/watchbill-devnode ${FLAGS} --name ${name} --base-path /var/lib/polkadot`,
    `--keystore-path /run/watchbill-guard/keystore --node-key-file /var/lib/polkadot/node-key --rpc-port 9944`,
    `--wasm-cache /var/lib/polkadot/wasm --listen-addr /ip4/${address}/tcp/30400 --bootnodes ${bootnode}`,
  ].join(' ');
  const witnesses = [9951, 9952].map((port) => `ws://${others.address}:${port}`).join(' ');
  const store = {
    kind: 'etcd',
    endpoints: [`http://${others.address}:2379`],
    prefix: '/watchbill-guard/eve/',
  };
  machine.on(`set -e
install -m 0755 /opt/delivered/bin/* /usr/local/bin/
cd /opt/delivered
${INSTALL_TARBALL}
useradd --system polkadot
install -d -o polkadot -m 0700 /var/lib/polkadot /var/lib/watchbill-guard
watchbill-devnode key generate-node-key --chain /opt/delivered/chain.json --file /var/lib/polkadot/node-key
chown polkadot /var/lib/polkadot/node-key
watchbill init --systemd --guard polkadot --base-path /var/lib/polkadot
cat > /etc/watchbill/guard.env <<'END'
VALIDATOR=${EVE}
WITNESSES=${witnesses}
NODE=${node}
DATABASE=/var/lib/polkadot/chains
RPC=ws://127.0.0.1:9944
PAIR=--pair /etc/watchbill/pair.yaml
END
echo '${JSON.stringify({ name, store })}' > /etc/watchbill/pair.yaml`);
}

/** Seals the keys on alpha, and copies the sealed keys and the identity to bravo. */
function sealKeys(): void {
  alpha.on(`set -e
watchbill guard identity --out /etc/watchbill/guard.identity > identity.txt
cp -r /opt/delivered/keys-Eve /var/lib/polkadot/keystore
chown -R polkadot /var/lib/polkadot/keystore
setpriv --reuid polkadot --clear-groups watchbill guard seal --keystore /var/lib/polkadot/keystore \\
  --sealed /var/lib/watchbill-guard/sealed --recipient "$(grep -o 'age1[0-9a-z]*' identity.txt)"
rm -r /var/lib/polkadot/keystore`);
  const copied = alpha
    .on('tar -C / -cz etc/watchbill/guard.identity var/lib/watchbill-guard/sealed | base64 -w 0')
    .trim();
  bravo.on(`echo ${copied} | base64 -d | tar -C / -xz; chown -R polkadot /var/lib/watchbill-guard`);
}

const property = (machine: BootedMachine, name: string): string =>
  machine.on(`systemctl show --property=${name} --value watchbill-guard`).trim();

const openKeys = (machine: BootedMachine): readonly string[] =>
  machine.on('ls /run/watchbill-guard/keystore 2> /dev/null || :').trim().split('\n').filter(Boolean);

function status(machine: BootedMachine): GuardStatus | null {
  const text = machine.on('cat /run/watchbill-guard/status.json 2> /dev/null || :');
  return text === '' ? null : (JSON.parse(text) as GuardStatus);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + WAIT_MS;
  while (!holds()) {
    const logs = (): string =>
      [alpha, bravo].map((each) => each.on('journalctl -n 20 --no-pager -u watchbill-guard')).join('\n');
    if (performance.now() > untilMs) assert.fail(`${what}\n${logs()}`);
    await sleep(500);
  }
}

const untilOpen = (machine: BootedMachine): Promise<void> =>
  until(`keys lie open on ${machine.name}`, () => {
    const keys = status(machine)?.keys ?? [];
    return keys.length > 0 && keys.every(({ state }) => state === 'open');
  });

const untilStandby = (machine: BootedMachine, active: string): Promise<void> =>
  until(`${machine.name} is the standby of ${active}`, () => {
    const keys = status(machine)?.keys ?? [];
    return keys.length > 0 && keys.every(({ say }) => say.startsWith(`${active} is active`));
  });

const isThere = (machine: BootedMachine, pid: number): boolean =>
  machine.on(`test -d /proc/${pid} && echo yes || :`) === 'yes\n';

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

const TAKE_ALPHA = 'watchbill guard take-over --to alpha --reason "a new pair"';

test('the drill of the page runs as a unit of a timer', async () => {
  for (const [, path = '', text = ''] of readFileSync(PAGE, 'utf8').matchAll(
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

test('the watchdog kills a frozen guard and with it the node; the next one begins without keys', async () => {
  const [guard, node] = [Number(property(alpha, 'MainPID')), status(alpha)?.node ?? assert.fail('no node')];
  alpha.on(`kill -STOP ${guard}`);
  await until('the node is gone', () => !isThere(alpha, node));
  assert.match(alpha.on('journalctl --no-pager -u watchbill-guard'), /Watchdog timeout/);
  await until('another guard runs', () => ![0, guard].includes(Number(property(alpha, 'MainPID'))));
  await until('it has read its node', () => status(alpha) !== null);
  // systemd removed the folder in memory, and with it the proof that the database continues.
  await untilOpen(alpha);
  assert.match(
    alpha.on('journalctl --no-pager -u watchbill-guard'),
    /no run of this guard was interrupted just before/,
  );
});

test('after a power cut the other machine takes over, and the first one comes back without keys', async () => {
  await alpha.cutPower();
  const reason = '"alpha has no power"';
  bravo.on(`watchbill guard take-over --to bravo --reason ${reason} --yes`);
  await untilOpen(bravo);
  await alpha.boot();
  await untilStandby(alpha, 'bravo');
  assert.deepEqual(openKeys(alpha), []);
  assert.match(bravo.on('watchbill guard pair'), /^active: bravo \(term 2, taken over by root/);
});

test('a unit that stops leaves no key', () => {
  bravo.on('systemctl stop watchbill-guard');
  assert.equal(bravo.on('test -e /run/watchbill-guard && echo there || :'), '');
  assert.match(bravo.on('watchbill guard pair'), /its guard does not run, and no key lies open/);
});
