// A pair of guarded validators on machines that a real systemd booted: the unit of `init --systemd --guard`
// on two of them. A third one has the other validators and the store.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAddress } from '@watchbill/chain/address';
import type { GuardStatus } from '@watchbill/guard';
import { devKey, putKeys } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { INSTALL_TARBALL, ROOT } from '../docs/page-run.ts';
import { leaveNothing } from '../support/leave-nothing.ts';
import { type BootedMachine, bootMachines } from './booted.ts';

const WAIT_MS = 240_000;
const PACK_MS = 180_000;
const OTHERS = ['Alice', 'Bob', 'Charlie', 'Dave'];
/** Address of the stash. */
const EVE = writeAddress({ prefix: 42, publicKey: `0x${devKey('Eve').stash}` });
const FLAGS = '--chain /opt/delivered/chain.json --validator --no-mdns --no-telemetry';
/** The keystore of the node as it ran before the guard. */
const PLAIN = '/var/lib/polkadot/chains/polkadot/keystore';

export interface BootedPair {
  /** The active machine at first. */
  readonly alpha: BootedMachine;
  readonly bravo: BootedMachine;
  /** Has etcd and the four other validators. */
  readonly others: BootedMachine;
  close(): Promise<void>;
}

/** Both machines have the unit and the sealed keys; no guard runs yet. */
export async function bootPair(): Promise<BootedPair> {
  const folder = leaveNothing('guard');
  const delivered = join(folder, 'delivered');
  mkdirSync(join(delivered, 'bin'), { recursive: true });
  const pack = [join(ROOT, 'scripts/pack.mjs'), delivered];
  execFileSync(process.execPath, pack, { stdio: 'ignore', timeout: PACK_MS });
  copyFileSync(process.execPath, join(delivered, 'bin/node'));
  copyFileSync(nodeBinary(), join(delivered, 'bin/watchbill-devnode'));
  copyFileSync(specFile('5', folder), join(delivered, 'chain.json'));
  for (const name of [...OTHERS, 'Eve']) putKeys(join(delivered, `keys-${name}`), [{ suri: `//${name}` }]);
  const ground = await bootMachines(['alpha', 'bravo', 'others'], { '/opt/delivered': delivered });
  const [alpha, bravo, others] = ground.machines;
  const bootnode = startOthers(others);
  for (const machine of [alpha, bravo]) installGuard(machine, others, bootnode);
  sealKeys(alpha);
  copySealed(alpha, bravo);
  return { alpha, bravo, others, close: ground.close };
}

/** Four validators, two of them witnesses, and one member of etcd; answers the address of the first node. */
function startOthers(others: BootedMachine): string {
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

/** Installs node and command, the unit of the guard, and that of the node as it ran before, not enabled. */
function installGuard(machine: BootedMachine, others: BootedMachine, bootnode: string): void {
  const { address, name } = machine;
  const node = [
    `/usr/bin/polkadot ${FLAGS} --name ${name} --base-path /var/lib/polkadot`,
    `--node-key-file /var/lib/polkadot/node-key --rpc-port 9944 --rpc-methods unsafe`,
    `--wasm-cache /var/lib/polkadot/wasm --listen-addr /ip4/${address}/tcp/30400 --bootnodes ${bootnode}`,
  ].join(' ');
  const witnesses = [9951, 9952].map((port) => `ws://${others.address}:${port}`).join(' ');
  const store = {
    kind: 'etcd',
    endpoints: [`http://${others.address}:2379`],
    prefix: '/watchbill-guard/eve/',
  };
  machine.on(`set -e
install -m 0755 /opt/delivered/bin/node /usr/local/bin/
install -m 0755 /opt/delivered/bin/watchbill-devnode /usr/bin/polkadot
cd /opt/delivered
${INSTALL_TARBALL}
useradd --system polkadot
install -d -o polkadot -m 0700 /var/lib/polkadot /var/lib/watchbill-guard
polkadot key generate-node-key --chain /opt/delivered/chain.json --file /var/lib/polkadot/node-key
chown polkadot /var/lib/polkadot/node-key
watchbill init --systemd --guard polkadot --base-path /var/lib/polkadot
cat > /etc/watchbill/guard.env <<'END'
VALIDATOR=${EVE}
WITNESSES=${witnesses}
NODE=${node} --keystore-path /run/watchbill-guard/keystore
DATABASE=/var/lib/polkadot/chains
RPC=ws://127.0.0.1:9944
PAIR=--pair /etc/watchbill/pair.yaml
END
cat > /etc/systemd/system/polkadot.service <<'END'
[Service]
User=polkadot
ExecStart=${node} --keystore-path ${PLAIN}
[Install]
WantedBy=multi-user.target
END
echo '${JSON.stringify({ name, store })}' > /etc/watchbill/pair.yaml`);
}

/** Seals the keys of the node as it ran before. */
function sealKeys(machine: BootedMachine): void {
  machine.on(`set -e
watchbill guard identity --out /etc/watchbill/guard.identity > identity.txt
cd /
sudo -u polkadot mkdir -p ${PLAIN}
install -o polkadot -m 0600 /opt/delivered/keys-Eve/* ${PLAIN}
sudo -u polkadot watchbill guard seal --keystore ${PLAIN} \\
  --sealed /var/lib/watchbill-guard/sealed --recipient "$(grep -o 'age1[0-9a-z]*' ~/identity.txt)"
rm -r ${PLAIN}`);
}

/** Copies the sealed keys and the identity. */
export function copySealed(from: BootedMachine, to: BootedMachine): void {
  const copied = from
    .on('tar -C / -cz etc/watchbill/guard.identity var/lib/watchbill-guard/sealed | base64 -w 0')
    .trim();
  to.on(`echo ${copied} | base64 -d | tar -C / -xz; chown -R polkadot /var/lib/watchbill-guard`);
}

export const openKeys = (machine: BootedMachine): readonly string[] =>
  machine.on('ls /run/watchbill-guard/keystore 2> /dev/null || :').trim().split('\n').filter(Boolean);

export function status(machine: BootedMachine): GuardStatus | null {
  const text = machine.on('cat /run/watchbill-guard/status.json 2> /dev/null || :');
  return text === '' ? null : (JSON.parse(text) as GuardStatus);
}

/** The log of the guard and of its node. */
export const journal = (machine: BootedMachine): string =>
  machine.on('journalctl --no-pager -u watchbill-guard');

/** Fails after some minutes, with the end of the log of each machine that is named. */
export async function until(
  what: string,
  holds: () => boolean,
  ...machines: readonly BootedMachine[]
): Promise<void> {
  const untilMs = performance.now() + WAIT_MS;
  while (!holds()) {
    const logs = (): string => machines.map((each) => journal(each).slice(-4_000)).join('\n');
    if (performance.now() > untilMs) assert.fail(`${what}\n${logs()}`);
    await sleep(500);
  }
}

export const untilOpen = (machine: BootedMachine): Promise<void> =>
  until(
    `keys lie open on ${machine.name}`,
    () => {
      const keys = status(machine)?.keys ?? [];
      return keys.length > 0 && keys.every(({ state }) => state === 'open');
    },
    machine,
  );

export const untilStandby = (machine: BootedMachine, active: string): Promise<void> =>
  until(
    `${machine.name} is the standby of ${active}`,
    () => {
      const keys = status(machine)?.keys ?? [];
      return keys.length > 0 && keys.every(({ say }) => say.startsWith(`${active} is active`));
    },
    machine,
  );
