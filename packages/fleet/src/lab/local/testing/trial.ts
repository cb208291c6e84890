import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { readNetwork } from '../../../file/index.ts';
import type { Network } from '../../../file/normalise/index.ts';
import type { KeeperEvent } from '../keeper.ts';
import { type LocalNetwork, type LocalOptions, upLocal } from '../up.ts';

/**
 * A program in place of a node: knows the key commands that are used (a hash is its public key), notes what
 * it was given, and then waits.
 */
const FAKE_NODE = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$1 $2" in
  'key generate-node-key') for last; do :; done; echo fake > "$last" ;;
  'key inspect-node-key') echo 12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf ;;
  'key insert')
    while [ $# -gt 0 ]; do
      case "$1" in --keystore-path) store=$2 ;; --key-type) type=$2 ;; --suri) seed=$2 ;; esac
      shift
    done
    if [ -e "$(dirname "$0")/puts-nothing" ]; then exit 0; fi
    touch "$store/$(printf %s "$type" | od -An -tx1 | tr -d ' \\n')$(sha256sum "$seed" | cut -c 1-64)" ;;
  *) if [ -e "$(dirname "$0")/dies" ]; then exit 3; fi; exec sleep 1000 ;;
esac
`;

export interface Trial {
  readonly folder: string;
  readonly calls: () => string;
  readonly events: KeeperEvent[];
  readonly network: (pools?: string, chain?: string) => Network;
  /** Options of a local network in this folder. */
  readonly input: (network?: Network, state?: string, env?: NodeJS.ProcessEnv) => Omit<LocalOptions, 'tell'>;
  readonly up: (network?: Network, state?: string, env?: NodeJS.ProcessEnv) => Promise<LocalNetwork>;
  /** Names of keys in the keystore of a node. */
  readonly keysOf: (node: string, state?: string) => readonly string[];
  readonly program: string;
}

const TYPES = '{babe: sr25519}';
export const POOLS = `
  validators: {role: validator, count: 2, keys: {session: {source: secret, secret: "{node}-keys", types: ${TYPES}}}}
  rpc: {role: rpc, count: 1}`;

export function trial(context: TestContext): Trial {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-local-'));
  const started: LocalNetwork[] = [];
  context.after(async () => {
    for (const one of started) await one.stop(2_000);
    rmSync(folder, { recursive: true, force: true });
  });
  const program = join(folder, 'fake-node');
  writeFileSync(program, FAKE_NODE);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'calls'), '');
  for (const node of ['validators-here-0', 'validators-here-1', 'others-here-0']) {
    mkdirSync(join(folder, 'secrets', `${node}-keys`), { recursive: true });
    writeFileSync(join(folder, 'secrets', `${node}-keys`, 'babe'), `//of-${node}`);
  }
  const events: KeeperEvent[] = [];
  const network = (pools = POOLS, chain = '{name: fake-local}') => networkOf(program, pools, chain);
  const user = { XDG_STATE_HOME: join(folder, 'user') };
  const input: Trial['input'] = (which = network(), state = 'state', env = user) => ({
    ...{ network: which, files: new Map(), withoutBootNodes: false, env },
    ...{ folder: join(folder, state), secrets: join(folder, 'secrets') },
  });
  return {
    folder,
    program,
    input,
    events,
    network,
    calls: () => readFileSync(join(folder, 'calls'), 'utf8'),
    keysOf: (node, state = 'state') => readdirSync(join(folder, state, 'nodes', node, 'keystore')).sort(),
    up: async (...given) => {
      const one = await upLocal({ ...input(...given), tell: (event) => events.push(event) });
      started.push(one);
      return one;
    },
  };
}

function networkOf(program: string, pools: string, chain: string): Network {
  const digest = createHash('sha256').update(readFileSync(program)).digest('hex');
  const text = `format: watchbill/network/1
name: trial
chain: ${chain}
clusters: {here: {}}
defaults:
  software: {image: "example/node@sha256:${digest}", binary: {source: ${program}, sha256: ${digest}}, command: node, sdk: stable2606}
  flags: {no-mdns: false}
pools:${pools}
`;
  const read = readNetwork(text, new Map(), { here: true });
  if (read.ok) return read.network;
  throw new Error(read.problems.map(({ what, at }) => `${at.line}: ${what}`).join('; '));
}
