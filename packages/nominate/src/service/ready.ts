import type { z } from 'zod';
import type { serviceShape } from './config.ts';

export const READY_NETWORKS = ['kusama', 'polkadot', 'local'] as const;
export const TOPOLOGIES = ['process', 'workers'] as const;
export const PURPOSES = ['development', 'production'] as const;

export interface ReadyChoice {
  readonly network: (typeof READY_NETWORKS)[number];
  readonly topology: (typeof TOPOLOGIES)[number];
  readonly purpose: (typeof PURPOSES)[number];
}

type Written = z.input<typeof serviceShape>;

/** Public endpoints; operators can add or use their own. */
const CHAINS = {
  kusama: {
    staking: ['wss://kusama-asset-hub-rpc.polkadot.io'],
    relay: ['wss://kusama-rpc.polkadot.io'],
    identity: ['wss://kusama-people-rpc.polkadot.io'],
  },
  polkadot: {
    staking: ['wss://polkadot-asset-hub-rpc.polkadot.io'],
    relay: ['wss://rpc.polkadot.io'],
    identity: ['wss://polkadot-people-rpc.polkadot.io'],
  },
} as const;

const RELEASES = [
  { client: 'Parity Polkadot', url: 'https://api.github.com/repos/paritytech/polkadot-sdk/releases' },
];
const TELEMETRY = [{ name: 'polkadot', url: 'wss://feed.telemetry.polkadot.io/feed' }];

/** Short intervals, so that a person sees it work. */
const OFTEN = {
  candidates: 10,
  releases: 600,
  telemetry: 10,
  places: 10,
  snapshot: 10,
  history: 10,
  standings: 10,
  round: 10,
  transactions: 6,
  outcomes: 10,
  payouts: 10,
  watch: 10,
  notices: 10,
};

/**
 * The text of an initial configuration: for a network, for one process or workers, for a trial or for
 * operation.
 */
export function readyConfig({ network, topology, purpose }: ReadyChoice): Written {
  const isLocal = network === 'local';
  const chains: Written['chains'] = isLocal
    ? { recorded: 'example-snapshot.json', eraSeconds: 60 }
    : {
        staking: [...CHAINS[network].staking],
        relay: [...CHAINS[network].relay],
        identity: [...CHAINS[network].identity],
      };
  return {
    version: 1,
    purpose,
    programme: 'programme.yaml',
    candidates: { source: isLocal ? 'example-candidates.json' : 'candidates.json' },
    database:
      topology === 'workers' && purpose === 'production'
        ? { urlFile: 'database-url' }
        : { file: 'programme.db' },
    chains,
    telemetry: isLocal ? [] : TELEMETRY,
    releases: isLocal ? [] : RELEASES,
    send: false,
    ...(topology === 'workers' ? { workers: { queue: 'redis://127.0.0.1:6379', name: network } } : {}),
    ...(purpose === 'development' ? { jobs: { everySeconds: OFTEN } } : {}),
    log: { level: 'info', format: purpose === 'production' ? 'json' : 'text' },
  };
}
