// Machines for the page about the doctor: a real validator on one that systemd booted, and a retired one that
// still has its keys. The second validator of the chain runs there, and the first machine reaches its RPC.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putKeys } from '@watchbill/testkit';
import { type BootedMachine, type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import type { Machine } from '@watchbill/testkit/pages/world';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';

const ALICE = '/var/lib/polkadot';
const BOB = '/var/lib/bob';
const CLONE = '/var/lib/clone';
const BOB_P2P = 30_334;
const COPY_MS = 60_000;
const PROGRAM = '/usr/bin/polkadot';

export interface DoctorGround {
  /** Runs `polkadot.service` with RPC on port 9944; the second validator has its RPC on 9945. */
  readonly active: BootedMachine;
  /** Has a user `validator`, the keystore of the active machine, and its unit, enabled. */
  readonly retired: BootedMachine;
  /** Root on the active machine, with the command and with ssh to the retired one. */
  readonly reader: Machine;
  /** The folder of the chain below `chains` of a base path. */
  readonly chainId: string;
  /** Starts the keys of the active machine on the retired one. */
  startClone(): void;
  stopClone(): void;
  close(): Promise<void>;
}

export async function doctorGround(folder: string): Promise<DoctorGround> {
  const delivered = join(folder, 'delivered');
  mkdirSync(delivered, { recursive: true });
  copyFileSync(nodeBinary(), join(delivered, 'polkadot'));
  copyFileSync(specFile('2', folder), join(delivered, 'chain.json'));
  for (const name of ['Alice', 'Bob']) putKeys(join(delivered, `keys-${name}`), [{ suri: `//${name}` }]);
  const spec = readFileSync(join(delivered, 'chain.json'), 'utf8');
  const { id } = JSON.parse(spec) as { readonly id: string };
  const shown = { '/opt/delivered': delivered, '/opt/watchbill': ROOT };
  const ground = await bootMachines(['active', 'retired'], shown);
  try {
    return onMachines(ground, ground.machines, id);
  } catch (error) {
    await ground.close();
    throw error;
  }
}

function onMachines(
  ground: BootedMachines,
  [active, retired]: readonly [BootedMachine, BootedMachine],
  id: string,
): DoctorGround {
  for (const machine of [active, retired]) machine.on(`install -m 0755 /opt/delivered/polkadot ${PROGRAM}`);
  const bootnode = startBob(retired);
  const flags = `--name alice --listen-addr /ip4/${active.address}/tcp/30333 --bootnodes ${bootnode}`;
  enable(active, id, `${flags} --rpc-port 9944 --rpc-methods unsafe`);
  active.on('systemctl start polkadot');
  enable(retired, id, `${flags} --rpc-port 9944`);
  retired.on(
    "useradd --create-home validator; usermod -p '*' validator; chown -R validator /var/lib/polkadot; chmod 644 /etc/ssh/authorized_keys",
  );
  giveReader(active, ground);
  active.on(`systemd-run --unit bob-rpc ssh -N -L 9945:127.0.0.1:9945 ${retired.address}`);
  return {
    ...{ active, retired, chainId: id, close: ground.close },
    reader: {
      folder: '/root',
      env: {},
      ports: new Map(),
      over: ['ssh', '-F', ground.sshConfigFile, active.address],
      shell: async (commands) => active.on(commands),
    },
    startClone: () => startClone(retired, bootnode),
    stopClone: () => {
      retired.on('systemctl stop clone');
    },
  };
}

function startClone(retired: BootedMachine, bootnode: string): void {
  const flags = [
    `--name clone --base-path ${CLONE} --keystore-path ${CLONE}/keystore --node-key-file ${CLONE}/node-key`,
    `--listen-addr /ip4/${retired.address}/tcp/30333 --bootnodes ${bootnode}`,
  ].join(' ');
  retired.on(`${prepared(CLONE, 'Alice')}; systemd-run --unit clone ${command(flags)}`);
}

const command = (flags: string): string =>
  [
    `${PROGRAM} --chain /opt/delivered/chain.json --validator --no-mdns --no-telemetry --allow-private-ip`,
    `--gossip-duration-ms 500 ${flags}`,
  ].join(' ');

/** A base path with a node key and a keystore in it; prints the peer id. */
function prepared(base: string, name: string): string {
  return `mkdir -p ${base} && cp -r /opt/delivered/keys-${name} ${base}/keystore
${PROGRAM} key generate-node-key --chain /opt/delivered/chain.json --file ${base}/node-key 2>&1`;
}

/** Answers the address of its node. */
function startBob(machine: BootedMachine): string {
  const id = machine.on(prepared(BOB, 'Bob')).trim().split('\n').at(-1);
  const address = `/ip4/${machine.address}/tcp/${BOB_P2P}`;
  const flags = [
    `--name bob --base-path ${BOB} --keystore-path ${BOB}/keystore --node-key-file ${BOB}/node-key`,
    `--rpc-port 9945 --prometheus-port 9616 --listen-addr ${address}`,
  ].join(' ');
  machine.on(`systemd-run --unit bob ${command(flags)}`);
  return `${address}/p2p/${id}`;
}

/** `polkadot.service`, enabled, with the keys of Alice in the folder that the node uses by default. */
function enable(machine: BootedMachine, chainId: string, flags: string): void {
  const keystore = `${ALICE}/chains/${chainId}/keystore`;
  machine.on(`set -e
mkdir -p ${ALICE}/chains/${chainId}
cp -r /opt/delivered/keys-Alice ${keystore}
chmod 700 ${keystore}; chmod 600 ${keystore}/*
${PROGRAM} key generate-node-key --chain /opt/delivered/chain.json --file ${ALICE}/node-key 2> peer-id
cat > /etc/systemd/system/polkadot.service <<'END'
[Service]
ExecStart=${command(`${flags} --base-path ${ALICE} --node-key-file ${ALICE}/node-key`)}
Restart=on-failure
RestartSec=120
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable polkadot`);
}

/** The command, and an ssh that knows the retired machine. */
function giveReader({ address }: BootedMachine, { folder, sshConfigFile }: BootedMachines): void {
  const archive = execFileSync('tar', ['-C', folder, '-c', 'client', 'known_hosts']);
  const script = `set -e
printf '#!/bin/sh\\nexec /opt/watchbill/packages/testkit/command/watchbill "$@"\\n' > /usr/local/bin/watchbill
chmod 755 /usr/local/bin/watchbill
mkdir -p .ssh
tar -x --no-same-owner -C .ssh
mv .ssh/client .ssh/id_ed25519
chmod 700 .ssh
chmod 600 .ssh/*`;
  execFileSync('ssh', ['-F', sshConfigFile, address, script], { input: archive, timeout: COPY_MS });
}
