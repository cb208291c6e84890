// One stock validator on a machine that a real systemd booted, a second machine with the same node and no
// key, and a third one with the other validators and the store. The pages about the guard make a pair of the
// two.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuardStatus } from '@watchbill/guard';
import { type Observer, putKeys, waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type BootedMachine, bootMachines } from '@watchbill/testkit/machines/booted';
import { INSTALL_TARBALL, ROOT } from '@watchbill/testkit/pages/page-run';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { CHAIN, OTHERS, startOthers, watchChain, witnessUrls } from './guard-others.ts';

export const WAIT_MS = 240_000;
const PACK_MS = 180_000;
/** The keystore of the stock node. */
export const PLAIN = '/var/lib/polkadot/chains/polkadot/keystore';
const NODE_KEY = '/var/lib/polkadot/chains/polkadot/network/secret_ed25519';

export interface GuardGround {
  /** Runs the stock node with the keys of Alice, as a unit. The active machine at first. */
  readonly alpha: BootedMachine;
  /** Empty until {@link installStock}. */
  readonly bravo: BootedMachine;
  /** Has etcd and the four other validators. */
  readonly others: BootedMachine;
  /** Counts the signatures on the chain, independently of every guard. */
  readonly observer: Observer;
  /** Flags of the node that only the chain of the test needs. */
  readonly nodeFlags: string;
  close(): Promise<void>;
}

/** The stock node of alpha runs. No guard is set up yet. */
export async function bootGround(): Promise<GuardGround> {
  const delivered = delivery();
  const booted = await bootMachines(['alpha', 'bravo', 'others'], { '/opt/delivered': delivered });
  const ends = [booted.close];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const [alpha, bravo, others] = booted.machines;
    const bootnode = startOthers(others, delivered);
    const nodeFlags = `${CHAIN} --wasm-cache /var/lib/polkadot/wasm --bootnodes ${bootnode}`;
    installStock(alpha, nodeFlags, 'Alice');
    const watched = await watchChain(others, delivered, bootnode);
    ends.push(watched.close);
    return { alpha, bravo, others, nodeFlags, observer: watched.observer, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A folder with the command, the node, keys and the chain, whose folder on machines is that of Polkadot. */
function delivery(): string {
  const folder = leaveNothing('guard');
  const delivered = join(folder, 'delivered');
  mkdirSync(join(delivered, 'bin'), { recursive: true });
  const pack = [join(ROOT, 'scripts/pack.mjs'), delivered];
  execFileSync(process.execPath, pack, { stdio: 'ignore', timeout: PACK_MS });
  copyFileSync(process.execPath, join(delivered, 'bin/node'));
  copyFileSync(nodeBinary(), join(delivered, 'bin/watchbill-devnode'));
  const spec = JSON.parse(readFileSync(specFile('5', folder), 'utf8')) as object;
  writeFileSync(join(delivered, 'chain.json'), JSON.stringify({ ...spec, id: 'polkadot' }));
  for (const name of [...OTHERS, 'Alice']) putKeys(join(delivered, `keys-${name}`), [{ suri: `//${name}` }]);
  return delivered;
}

/**
 * Installs node and command, starts the stock node as a unit, and makes a person who may use sudo and has the
 * certificate of the store. `keys`: whose keys the node gets.
 */
export function installStock(machine: BootedMachine, nodeFlags: string, keys?: string): void {
  machine.on(`set -e
install -m 0755 /opt/delivered/bin/node /usr/local/bin/
install -m 0755 /opt/delivered/bin/watchbill-devnode /usr/bin/polkadot
cd /opt/delivered
${INSTALL_TARBALL}
useradd --system polkadot
install -d -o polkadot -m 0700 /var/lib/polkadot
mkdir -p ${PLAIN} "$(dirname ${NODE_KEY})"
polkadot key generate-node-key --chain /opt/delivered/chain.json --file ${NODE_KEY} > /dev/null 2>&1
${keys === undefined ? '' : `install -m 0600 /opt/delivered/keys-${keys}/* ${PLAIN}`}
chown -R polkadot /var/lib/polkadot
cat > /etc/systemd/system/polkadot.service <<'END'
[Service]
User=polkadot
ExecStart=/usr/bin/polkadot --validator ${nodeFlags} --name my-node --base-path /var/lib/polkadot
[Install]
WantedBy=multi-user.target
END
systemctl enable --now polkadot
useradd --create-home ada
usermod --password '*' ada
echo 'ada ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ada
install -o ada -m 0600 /opt/delivered/etcd/client.pem /opt/delivered/etcd/client.key /home/ada
install -o ada -m 0600 /opt/delivered/etcd/authority.pem /home/ada/etcd-ca.pem`);
}

/** Lets the person on one machine enter another one by ssh, by its name. */
export function allowSsh(from: BootedMachine, to: BootedMachine): void {
  const hostKey = to.on('cat /etc/ssh/ssh_host_ed25519_key.pub').trim();
  from.on(`set -e
echo '${to.address} ${to.name}' >> /etc/hosts
install -d -o ada -m 0700 /home/ada/.ssh
ssh-keygen -q -t ed25519 -N '' -f /home/ada/.ssh/id_ed25519
echo '${to.name} ${hostKey}' > /home/ada/.ssh/known_hosts
chown -R ada /home/ada/.ssh`);
  const key = from.on('cat /home/ada/.ssh/id_ed25519.pub').trim();
  to.on(`echo '${key}' >> /etc/ssh/authorized_keys; chmod 0644 /etc/ssh/authorized_keys`);
}

/** The texts of a page that are other ones on these machines: names, addresses, and the test's chain. */
export function inTest(text: string, { others, nodeFlags }: GuardGround): string {
  const [first = '', second = ''] = witnessUrls(others);
  return text
    .replaceAll('wss://node-1.example.org', first)
    .replaceAll('wss://node-2.example.org', second)
    .replaceAll('chains/polkadot/db', 'chains/polkadot/paritydb')
    .replaceAll('/usr/bin/polkadot --validator', `/usr/bin/polkadot --validator ${nodeFlags}`)
    .replaceAll(/endpoints: \[.*\]/g, `endpoints: ["https://${others.address}:2379"]`);
}

/** Runs a command in the home of a person who may use sudo. Throws where it fails. */
export function byAda(machine: BootedMachine, command: string): string {
  const words = `'${command.replaceAll("'", `'\\''`)}'`;
  const clean = 'env -i HOME=/home/ada USER=ada LOGNAME=ada PATH=/usr/local/bin:/usr/bin:/bin';
  return machine.on(`cd /home/ada; setpriv --reuid ada --regid ada --init-groups ${clean} sh -c ${words}`);
}

export const placedKeys = (machine: BootedMachine): readonly string[] =>
  machine.on('ls /run/watchbill-guard/keystore 2> /dev/null || :').trim().split('\n').filter(Boolean);

export function status(machine: BootedMachine): GuardStatus | null {
  const text = machine.on('cat /run/watchbill-guard/status.json 2> /dev/null || :');
  return text === '' ? null : (JSON.parse(text) as GuardStatus);
}

/** The log of the guard and of its node. */
export const journal = (machine: BootedMachine): string =>
  machine.on('journalctl --no-pager -u watchbill-guard');

/** Fails after some minutes, with the end of the log of each machine that is named. */
export function until(
  what: string,
  holds: () => boolean,
  ...machines: readonly BootedMachine[]
): Promise<boolean> {
  const detail = (): string => machines.map((each) => journal(each).slice(-4_000)).join('\n');
  return waitFor(what, holds, { timeoutMs: WAIT_MS, everyMs: 500, detail });
}

export const untilPlaced = (machine: BootedMachine): Promise<boolean> =>
  until(
    `keys are placed on ${machine.name}`,
    () => {
      const keys = status(machine)?.keys ?? [];
      return keys.length > 0 && keys.every(({ state }) => state === 'open');
    },
    machine,
  );

export const untilStandby = (machine: BootedMachine, active: string): Promise<boolean> =>
  until(
    `${machine.name} is the standby of ${active}`,
    () => {
      const keys = status(machine)?.keys ?? [];
      return keys.length > 0 && keys.every(({ say }) => say.startsWith(`${active} is active`));
    },
    machine,
  );
