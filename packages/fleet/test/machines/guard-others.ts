// What a guarded validator has around it: a third machine with the other validators and a member of etcd, and
// on this machine a node that records all votes and blocks, with an observer that counts them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates, type Observer, startNodeNetwork, startObserver } from '@watchbill/testkit';
import type { BootedMachine } from '@watchbill/testkit/machines/booted';
import { nodeBinary } from '@watchbill/testkit/scenario';

/** The validators of the chain without Alice, whose machines are the guarded ones. */
export const OTHERS = ['Bob', 'Charlie', 'Dave', 'Eve'];
export const CHAIN = '--chain /opt/delivered/chain.json --no-mdns --no-telemetry';
const FIRST_RPC_PORT = 9951;

/** The RPC of the first ones of them, on their machine. */
export const witnessUrls = ({ address }: BootedMachine): readonly string[] =>
  [0, 1].map((at) => `ws://${address}:${FIRST_RPC_PORT + at}`);

/**
 * Starts four validators, two of them witnesses, and a member of etcd that takes clients with a certificate
 * of `delivered/etcd` only. Answers the address of the first node.
 */
export function startOthers(others: BootedMachine, delivered: string): string {
  const { address } = others;
  mkdirSync(join(delivered, 'etcd'));
  makeCertificates(join(delivered, 'etcd'), `IP:${address}`);
  others.on('install -m 0755 /opt/delivered/bin/watchbill-devnode /usr/local/bin/');
  const etcd = [
    `--data-dir /var/lib/etcd-test --listen-client-urls https://${address}:2379`,
    `--advertise-client-urls https://${address}:2379 --client-cert-auth`,
    '--trusted-ca-file /opt/delivered/etcd/authority.pem',
    '--cert-file /opt/delivered/etcd/server.pem --key-file /opt/delivered/etcd/server.key',
  ];
  others.on(`systemd-run --unit etcd-test etcd ${etcd.join(' ')}`);
  let bootnode = '';
  for (const [at, name] of OTHERS.entries()) {
    const base = `/var/lib/nodes/${name}`;
    const id = others.on(
      `mkdir -p ${base}; watchbill-devnode key generate-node-key --chain /opt/delivered/chain.json --file ${base}/node-key 2>&1`,
    );
    const flags = [
      `--name ${name} --base-path ${base} --keystore-path ${base}/keystore --unsafe-rpc-external`,
      `--rpc-cors all --rpc-port ${FIRST_RPC_PORT + at} --prometheus-port ${9611 + at}`,
      `--node-key-file ${base}/node-key --listen-addr /ip4/${address}/tcp/${30_401 + at}`,
      bootnode === '' ? '' : `--bootnodes ${bootnode}`,
    ];
    others.on(
      `cp -r /opt/delivered/keys-${name} ${base}/keystore
systemd-run --unit node-${name} watchbill-devnode --validator ${CHAIN} ${flags.join(' ')}`,
    );
    bootnode ||= `/ip4/${address}/tcp/30401/p2p/${id.trim().split('\n').at(-1)}`;
  }
  return bootnode;
}

export interface Watched {
  readonly observer: Observer;
  close(): Promise<void>;
}

/** A node without keys on this machine, which records, and the observer. */
export async function watchChain(
  others: BootedMachine,
  delivered: string,
  bootnode: string,
): Promise<Watched> {
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: join(delivered, 'chain.json'),
    nodes: [{ name: 'watcher', role: 'full', args: ({ folder }) => records(folder) }],
    args: ['--bootnodes', bootnode],
  });
  const { wsUrl, folder } = network.node('watcher');
  const [bob = ''] = witnessUrls(others);
  try {
    const observer = await startObserver({
      nodes: [
        { name: 'watcher', wsUrl },
        { name: 'bob', wsUrl: bob },
      ],
      ...{ votesFile: `${folder}/votes.jsonl`, blocksFile: `${folder}/blocks.jsonl` },
    });
    const close = async (): Promise<void> => {
      await observer.close();
      await network.close();
    };
    return { observer, close };
  } catch (error) {
    await network.close();
    throw error;
  }
}

const records = (folder: string): readonly string[] => [
  ...['--record-votes', `${folder}/votes.jsonl`, '--record-blocks', `${folder}/blocks.jsonl`],
];
