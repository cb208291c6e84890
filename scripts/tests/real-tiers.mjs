// The tiers of `npm run test:real`: they use other programs. Each one builds or installs what it needs in
// `setUp`.

import {
  adminerNeed,
  ageNeed,
  archiveNeed,
  bootedNeed,
  chromiumNeed,
  composeNeed,
  containerNeed,
  curlNeed,
  etcdNeed,
  faketimeNeed,
  fuseNeed,
  kubectlNeed,
  netnsNeed,
  newestGoNeed,
  newGoNeed,
  postgresNeed,
  prometheusNeed,
  pythonNeed,
  redisNeed,
  releaseNeed,
  runcNeed,
  spinNeed,
  zshNeed,
} from '../needs.mjs';
import { RELAY as RELAY_BUILD } from '../node/build.mjs';
import { buildNeeds } from '../node/needs.mjs';
import { MINUTE_MS, tier } from './tiers.mjs';

/**
 * Only a build that hangs takes longer: the longest, from an empty cache on two busy cores, took 40
 * minutes.
 */
const BUILD_MINUTES = 80;

/** @type {(name: string, script: string, ...args: string[]) => import('./tiers.mjs').Command} */
const build = (name, script, ...args) => ({
  name,
  args: [script, ...args],
  timeoutMs: BUILD_MINUTES * MINUTE_MS,
  live: true,
  alone: true,
});

/** Cargo keeps all cores busy for minutes. Tests of the crates have deadlines of a second, so they wait. */
const crates = (name, script) => ({
  ...build(name, script, '--no-run'),
  ...{ alone: false, yields: true, next: build(`${name}: tests`, script, '--tests') },
});

/** Spin keeps a core busy for minutes: tests beside it would be late. */
const model = (folder) => ({
  name: 'models',
  args: ['scripts/models.mjs', folder],
  timeoutMs: 40 * MINUTE_MS,
  live: true,
  yields: true,
});

const NODE = build('the node', 'scripts/node/build.mjs', 'devnode');
const RELAY = build('the relay node', 'scripts/node/build.mjs', 'relay');
const COLLATOR = build('the collator', 'scripts/node/build.mjs', 'collator');
const ETCD = build('etcd 3.6', 'scripts/etcd/build.mjs');
const TIKV = build('PD, store and reference client', 'packages/duty/scripts/tikv/build.mjs');
const CONTROL_PLANE = build('the Kubernetes control plane', 'packages/fleet/scripts/kubernetes/build.mjs');
const TOFU = build('OpenTofu and providers', 'packages/fleet/scripts/tofu/build.mjs');
const LOKI = build('Loki', 'packages/fleet/scripts/loki/build.mjs');
const CHOPSTICKS = build('chopsticks', 'scripts/chopsticks/install.mjs');

/** A tier of `npm run test:real`.
 * @typedef {import('./tiers.mjs').Tier & { capability: 'duty' | 'fleet' | 'nominate' | 'coordinate', reads?:
 * RegExp }} RealTier
 * `reads`: it reads only these paths, so that no other change touches it */

/** The crates: no package is part of them. */
const CRATES = /^substrate\/(?!relay|collator)|^scripts\/node/;

/** Files beside those of `etcd` and `tikv` that start no service: they drive the store in their process. */
const STORE = {
  etcd: {
    files: [
      'packages/duty/test/etcd/{auth,conformance,history,limits,nemesis,quota,restore,tls,went-back}.test.ts',
    ],
    reads: /^packages\/duty\/src\/store\/(?!tikv\/)|^scripts\/etcd\//,
  },
  tikv: {
    files: ['packages/duty/test/tikv/{conformance,outages,races,restore}.test.ts'],
    reads: /^packages\/duty\/(src\/store|scripts\/tikv)\/|^deploy\/tikv\//,
  },
};

/** The models are texts; no package is part of them. */
const MODELS = /^spec\/|^scripts\/models/;

/** A guard stores the role of its machine through the store, and nothing else of duty. */
const GUARD =
  /^packages\/(chain|guard|watchbill)\/|^packages\/duty\/src\/(rule|store|config)\/|^substrate\/(?!relay|collator)|^scripts\/node/;

/** `npm test` follows the links of pages. */
const SITE = /^scripts\/site|^test\/site\//;

/** Makes the tiers of a capability. @param {RealTier['capability']} capability */
const tiersOf =
  (capability) =>
  /** @type {(name: string, budgetSeconds: number, what: string, more: Partial<RealTier>) => RealTier} */
  (name, budgetSeconds, what, more) => ({ ...tier(name, budgetSeconds, what, more), capability });
const [duty, fleet, nominate, coordinate] = ['duty', 'fleet', 'nominate', 'coordinate'].map(tiersOf);

/** @type {readonly RealTier[]} */
const TIERS = [
  duty('rust', 240, 'the node is built, and its crates by themselves, on two SDK lines', {
    needs: buildNeeds,
    setUp: [NODE],
    commands: [
      crates('the crates: licences, format, clippy, documents, packages', 'scripts/node/crates.mjs'),
      crates('the crates on the other SDK line', 'scripts/node/sdk-lines.mjs'),
    ],
    files: ['packages/*/bench/**/*.rust.test.ts'],
    reads: CRATES,
  }),
  coordinate('models', 180, 'the consensus of coordinate, searched by Spin, with controls that must fail', {
    needs: [spinNeed],
    commands: [model('quorum')],
    reads: MODELS,
  }),
  duty('models-duty', 180, 'the claim protocol, searched by Spin, with controls that must fail', {
    needs: [spinNeed],
    commands: [model('duty')],
    reads: MODELS,
  }),
  coordinate('coordinate', 120, 'groups of real operator processes on the dev chain, and an example wallet', {
    files: ['packages/coordinate/test/groups/**/*.test.ts'],
    longest: [
      'packages/coordinate/test/groups/rfc12.test.ts',
      'packages/coordinate/test/groups/membership.test.ts',
    ],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  duty('service', 240, 'real processes, killed at each point of a claim, and recovered after disasters', {
    needs: [curlNeed, faketimeNeed, fuseNeed, pythonNeed, zshNeed],
    files: ['packages/duty/test/service/**/*.test.ts'],
  }),
  duty('demo', 120, 'the demo, unattended', {
    files: ['packages/watchbill/test/demo/**/*.test.ts'],
  }),
  duty('etcd', 300, 'services on real clusters of etcd 3.4 and 3.6', {
    needs: [etcdNeed, newGoNeed],
    setUp: [ETCD],
    files: ['packages/duty/test/etcd/**/*.test.ts'],
    except: STORE.etcd.files,
    fileTimeoutMs: 8 * MINUTE_MS,
  }),
  duty('etcd-store', 120, 'the store by itself on real clusters of etcd: conformance, faults, restores', {
    needs: [etcdNeed, newGoNeed],
    setUp: [ETCD],
    ...STORE.etcd,
    fileTimeoutMs: 8 * MINUTE_MS,
  }),
  duty('tikv', 300, 'services on real PD and Raft-replicated stores that speak the protocol of TiKV', {
    needs: [newGoNeed],
    setUp: [TIKV],
    files: ['packages/duty/test/tikv/**/*.test.ts'],
    except: STORE.tikv.files,
    fileTimeoutMs: 10 * MINUTE_MS,
  }),
  duty('tikv-store', 180, 'the store by itself on the cluster of tikv: conformance, races, outages', {
    needs: [newGoNeed],
    setUp: [TIKV],
    ...STORE.tikv,
    fileTimeoutMs: 10 * MINUTE_MS,
  }),
  duty('guard', 600, 'real stock nodes: guards, pairs and a spare through their faults, and the doctor', {
    needs: [...buildNeeds, ageNeed, etcdNeed, netnsNeed, faketimeNeed, runcNeed],
    setUp: [NODE],
    files: ['packages/guard/test/node/**/*.test.ts'],
    reads: GUARD,
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  duty('node', 600, 'real nodes: the danger, six machines, faults of the service, adoption', {
    needs: [...buildNeeds, curlNeed, etcdNeed, netnsNeed, faketimeNeed],
    setUp: [NODE],
    files: ['packages/duty/test/node/**/*.test.ts'],
    longest: [
      'packages/duty/test/node/whole-machine.test.ts',
      'packages/duty/test/node/gate-faults.test.ts',
      'packages/duty/test/node/recover.test.ts',
    ],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  duty('relay-sources', 60, 'the relay node without its build: patches fit; locks, licences, format', {
    needs: buildNeeds,
    commands: [build('patches, lock files, licences and format', 'scripts/node/check.mjs')],
    reads: /^substrate\/|^scripts\/node/,
  }),
  duty('relay', 480, 'the Polkadot relay-chain node with the gate: four Westend validators', {
    needs: [...buildNeeds, netnsNeed],
    longBuild: RELAY_BUILD,
    setUp: [NODE, RELAY, COLLATOR],
    files: ['packages/duty/test/relay/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  duty('tikv-node', 240, 'real nodes on the TiKV cluster: six machines, and what befalls the ledger', {
    needs: [...buildNeeds, newGoNeed, netnsNeed, faketimeNeed],
    setUp: [NODE, TIKV],
    files: ['packages/duty/test/tikv-node/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  coordinate('coordinate-node', 240, 'operators over libp2p on real finality; calls and keys on chain', {
    needs: buildNeeds,
    setUp: [NODE],
    files: ['packages/coordinate/test/nodes/**/*.test.ts', 'packages/coordinate/test/chain/**/*.test.ts'],
    fileTimeoutMs: 8 * MINUTE_MS,
  }),
  coordinate('coordinate-runtime', 300, 'calls of multisig accounts on real runtimes, a thief as leader', {
    setUp: [CHOPSTICKS],
    files: ['packages/coordinate/test/runtimes/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  nominate('nominate', 60, 'real nodes report to the telemetry server, and the client follows them', {
    needs: buildNeeds,
    setUp: [NODE],
    files: ['packages/nominate/test/telemetry/**/*.test.ts'],
  }),
  nominate('nominate-chain', 420, 'real runtimes: reading, nominations, a whole programme, faults', {
    setUp: [CHOPSTICKS],
    files: ['packages/nominate/test/chain/**/*.test.ts'],
    longest: ['packages/nominate/test/chain/programme-2026.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  nominate('nominate-service', 180, 'a programme on real PostgreSQL and Redis, with and without workers', {
    needs: [postgresNeed, redisNeed, adminerNeed],
    files: ['packages/nominate/test/service/**/*.test.ts', 'packages/nominate/test/api/**/*.test.ts'],
    fileTimeoutMs: 6 * MINUTE_MS,
  }),
  fleet('fleet-keys', 120, 'session keys through Asset Hub on real runtimes, in every way, killed between', {
    setUp: [CHOPSTICKS],
    files: ['packages/fleet/test/keys/**/*.test.ts'],
    fileTimeoutMs: 8 * MINUTE_MS,
  }),
  fleet('fleet', 480, 'a real Kubernetes control plane: plan, apply, drift, backups, rights, charts', {
    needs: [...buildNeeds, newestGoNeed, kubectlNeed, prometheusNeed],
    setUp: [NODE, ETCD, CONTROL_PLANE, TOFU],
    files: ['packages/fleet/test/clusters/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  duty('install', 180, 'machines that systemd booted: units, watchdog, kills, a power cut', {
    needs: [bootedNeed],
    files: ['packages/watchbill/test/install/**/*.test.ts'],
    fileTimeoutMs: 20 * MINUTE_MS,
  }),
  duty('release', 900, 'npm run release: two builds, one digest; its files on machines without Node', {
    needs: [bootedNeed, releaseNeed, prometheusNeed, containerNeed, ...buildNeeds],
    files: ['{test,packages/watchbill/test}/release/**/*.test.ts'],
    fileTimeoutMs: 30 * MINUTE_MS,
  }),
  fleet('fleet-machines', 480, 'real nodes on booted machines: delivery, drift, secrets, power cuts', {
    needs: [...buildNeeds, newGoNeed, bootedNeed, archiveNeed, etcdNeed],
    setUp: [NODE, ETCD],
    files: ['packages/fleet/test/machines/**/*.test.ts'],
    fileTimeoutMs: 20 * MINUTE_MS,
  }),
  fleet('fleet-node', 600, 'real nodes from a network file, the RPC gateway, alerts as they are sent', {
    needs: [...buildNeeds, newestGoNeed, prometheusNeed, archiveNeed],
    setUp: [NODE, LOKI],
    files: ['packages/fleet/test/nodes/**/*.test.ts', 'packages/fleet/test/watch/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  }),
  duty('deploy', 600, 'the images of a release, run by runc; the processes of the compose file', {
    needs: [containerNeed, composeNeed, etcdNeed, netnsNeed, prometheusNeed, ...buildNeeds],
    setUp: [NODE],
    files: ['packages/duty/test/deploy/**/*.test.ts'],
    fileTimeoutMs: 30 * MINUTE_MS,
  }),
  duty('browser', 120, 'the console, in a real browser', {
    needs: [chromiumNeed],
    files: ['packages/watchbill/test/browser/**/*.test.ts'],
  }),
  nominate('nominate-browser', 60, 'the pages of a programme, in a real browser', {
    needs: [chromiumNeed],
    files: ['packages/nominate/test/browser/**/*.test.ts'],
  }),
  coordinate('coordinate-browser', 120, 'the page of a group, in a real browser', {
    needs: [chromiumNeed],
    files: ['packages/coordinate/test/browser/**/*.test.ts'],
  }),
  duty('site', 120, 'the documentation as a site: links, search, no other host, and a browser', {
    needs: [chromiumNeed],
    files: ['test/site/**/*.test.ts'],
    reads: SITE,
  }),
];

/** Component tests beside the files of a real tier run in `npm test`. */
export const REAL_TIERS = TIERS.map((tier) => ({
  ...tier,
  except: [...tier.except, '**/*.component.test.ts'],
}));
