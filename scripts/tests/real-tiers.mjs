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
  kubectlNeed,
  netnsNeed,
  newestGoNeed,
  newGoNeed,
  postgresNeed,
  prometheusNeed,
  redisNeed,
  releaseNeed,
  spinNeed,
  zshNeed,
} from '../needs.mjs';
import { buildNeeds } from '../node/needs.mjs';
import { AGAIN as BUILD_RELAY, FIRST_TIME, relayIsBuilt } from '../relay/build.mjs';
import { MINUTE_MS, PLAIN } from './tiers.mjs';

/**
 * Only a build that hangs takes longer: the longest, from an empty cache on two busy cores, took 40
 * minutes.
 */
const BUILD_MINUTES = 80;

/** @type {(name: string, script: string) => import('./tiers.mjs').Command} */
const build = (name, script) => ({
  name,
  args: [script],
  timeoutMs: BUILD_MINUTES * MINUTE_MS,
  live: true,
  alone: true,
});

/** Spin keeps a core busy for minutes: tests beside it would be late. */
const model = (folder) => ({
  name: 'models',
  args: ['scripts/models.mjs', folder],
  timeoutMs: 40 * MINUTE_MS,
  live: true,
  yields: true,
});

const NODE = build('the node', 'scripts/node/build.mjs');
const RELAY = build('the relay node', 'scripts/relay/build.mjs');
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

/** The models are texts; no package is part of them. */
const MODELS = /^spec\/|^scripts\/models/;

/** `npm test` follows the links of pages. */
const SITE = /^scripts\/site|^test\/site\//;

/** @type {readonly RealTier[]} */
const TIERS = [
  // First, because its command asks for the machine to itself: later, cores would wait for it.
  {
    ...PLAIN,
    name: 'rust',
    capability: 'duty',
    what: 'the node is built, and its crates by themselves, on two SDK lines',
    budgetSeconds: 240,
    needs: buildNeeds,
    setUp: [NODE],
    commands: [
      build('licences, format, clippy and tests of the crates', 'scripts/node/crates.mjs'),
      build('their tests on the other SDK line', 'scripts/node/sdk-lines.mjs'),
    ],
    files: ['packages/*/bench/**/*.rust.test.ts'],
  },
  {
    ...PLAIN,
    name: 'models',
    capability: 'coordinate',
    what: 'the consensus of coordinate, searched by Spin, with controls that must fail',
    budgetSeconds: 180,
    needs: [spinNeed],
    commands: [model('quorum')],
    reads: MODELS,
  },
  {
    ...PLAIN,
    name: 'models-duty',
    capability: 'duty',
    what: 'the claim protocol, searched by Spin, with controls that must fail',
    budgetSeconds: 180,
    needs: [spinNeed],
    commands: [model('duty')],
    reads: MODELS,
  },
  {
    ...PLAIN,
    name: 'coordinate',
    capability: 'coordinate',
    what: 'groups of real operator processes on the dev chain, and an example wallet',
    budgetSeconds: 120,
    files: ['packages/coordinate/test/groups/**/*.test.ts'],
    longest: [
      'packages/coordinate/test/groups/rfc12.test.ts',
      'packages/coordinate/test/groups/membership.test.ts',
    ],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'service',
    capability: 'duty',
    what: 'real processes on the embedded store: killed at each point of a claim, and recovered after disasters',
    budgetSeconds: 240,
    needs: [curlNeed, faketimeNeed, zshNeed],
    files: ['packages/duty/test/service/**/*.test.ts'],
  },
  {
    ...PLAIN,
    name: 'demo',
    capability: 'duty',
    what: 'the demo, unattended',
    budgetSeconds: 120,
    files: ['packages/watchbill/test/demo/**/*.test.ts'],
  },
  {
    ...PLAIN,
    name: 'etcd',
    capability: 'duty',
    what: 'real clusters of etcd 3.4 and 3.6',
    budgetSeconds: 300,
    needs: [etcdNeed, newGoNeed],
    setUp: [ETCD],
    files: ['packages/duty/test/etcd/**/*.test.ts'],
    fileTimeoutMs: 8 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'tikv',
    capability: 'duty',
    what: 'real PD and Raft-replicated stores that speak the protocol of TiKV',
    budgetSeconds: 300,
    needs: [newGoNeed],
    setUp: [TIKV],
    files: ['packages/duty/test/tikv/**/*.test.ts'],
    fileTimeoutMs: 10 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'node',
    capability: 'duty',
    what: 'real nodes: the danger, six machines, faults of the service, adoption',
    budgetSeconds: 600,
    needs: [...buildNeeds, ageNeed, curlNeed, etcdNeed, netnsNeed, faketimeNeed],
    setUp: [NODE],
    files: ['packages/{duty,guard}/test/node/**/*.test.ts'],
    longest: [
      'packages/guard/test/node/guard-faults.test.ts',
      'packages/guard/test/node/guard-pair-faults.test.ts',
      'packages/guard/test/node/guard-controls.test.ts',
      'packages/guard/test/node/guard-pair-frozen.test.ts',
      'packages/duty/test/node/scenarios-embedded.test.ts',
      'packages/duty/test/node/scenarios-embedded-second.test.ts',
      'packages/duty/test/node/whole-machine.test.ts',
      'packages/duty/test/node/gate-faults.test.ts',
      'packages/duty/test/node/restored-service.test.ts',
    ],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'relay-sources',
    capability: 'duty',
    what: 'relay node and collator without their build: patches fit; lock files, licences, format',
    budgetSeconds: 60,
    needs: buildNeeds,
    commands: [
      build('patches, lock file, licences and format of the relay node', 'scripts/relay/check.mjs'),
      build('patches, lock file, licences and format of the collator', 'scripts/collator/check.mjs'),
    ],
  },
  {
    ...PLAIN,
    name: 'relay',
    capability: 'duty',
    what: 'the Polkadot relay-chain node with the gate: four Westend validators',
    budgetSeconds: 480,
    needs: [...buildNeeds, netnsNeed],
    longBuild: {
      isBuilt: relayIsBuilt,
      remedy: `the relay node is not built here; ${BUILD_RELAY} builds it (${FIRST_TIME}), and npm run test:long as well`,
    },
    setUp: [NODE, RELAY],
    files: ['packages/duty/test/relay/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'tikv-node',
    capability: 'duty',
    what: 'real nodes, six machines, the ledger on the cluster of the tier tikv and what befalls it',
    budgetSeconds: 240,
    needs: [...buildNeeds, newGoNeed, netnsNeed, faketimeNeed],
    setUp: [NODE, TIKV],
    files: ['packages/duty/test/tikv-node/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'coordinate-node',
    capability: 'coordinate',
    what: 'operators over libp2p on the finality of real nodes; calls and session keys on chain',
    budgetSeconds: 240,
    needs: buildNeeds,
    setUp: [NODE],
    files: ['packages/coordinate/test/nodes/**/*.test.ts', 'packages/coordinate/test/chain/**/*.test.ts'],
    fileTimeoutMs: 8 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'coordinate-runtime',
    capability: 'coordinate',
    what: 'calls of multisig accounts on real runtimes, with a thief as leader',
    budgetSeconds: 300,
    setUp: [CHOPSTICKS],
    files: ['packages/coordinate/test/runtimes/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'nominate',
    capability: 'nominate',
    what: 'real nodes report to the telemetry server, and the client follows them',
    budgetSeconds: 60,
    needs: buildNeeds,
    setUp: [NODE],
    files: ['packages/nominate/test/telemetry/**/*.test.ts'],
  },
  {
    ...PLAIN,
    name: 'nominate-chain',
    capability: 'nominate',
    what: 'real runtimes without nodes: reading, nominations in every way, a programme that runs, crashes, faults of endpoints',
    budgetSeconds: 420,
    setUp: [CHOPSTICKS],
    files: ['packages/nominate/test/chain/**/*.test.ts'],
    longest: [
      'packages/nominate/test/chain/programme-2026.test.ts',
      'packages/nominate/test/chain/older.test.ts',
    ],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'nominate-service',
    capability: 'nominate',
    what: 'a programme on real PostgreSQL and Redis, in one process and on workers',
    budgetSeconds: 180,
    needs: [postgresNeed, redisNeed, adminerNeed],
    files: ['packages/nominate/test/service/**/*.test.ts', 'packages/nominate/test/api/**/*.test.ts'],
    fileTimeoutMs: 6 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet-keys',
    capability: 'fleet',
    what: 'session keys through Asset Hub on real runtimes, in every way, and when killed in between',
    budgetSeconds: 120,
    setUp: [CHOPSTICKS],
    files: ['packages/fleet/test/keys/**/*.test.ts'],
    fileTimeoutMs: 8 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet',
    capability: 'fleet',
    what: 'a real Kubernetes control plane: plan, apply, drift, prune, roll-outs, backups, crashes, rights, rendered charts',
    budgetSeconds: 480,
    needs: [...buildNeeds, newestGoNeed, kubectlNeed, prometheusNeed],
    setUp: [NODE, ETCD, CONTROL_PLANE, TOFU],
    files: ['packages/fleet/test/clusters/**/*.test.ts'],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'install',
    capability: 'duty',
    what: 'the packed command on a machine that systemd booted: units of init --systemd, the tutorial with two nodes; two builds, one digest',
    budgetSeconds: 420,
    needs: [...buildNeeds, bootedNeed, prometheusNeed],
    setUp: [NODE],
    files: ['packages/watchbill/test/install/**/*.test.ts'],
    longest: [
      'packages/watchbill/test/install/two-nodes.test.ts',
      'packages/watchbill/test/install/systemd.test.ts',
    ],
    fileTimeoutMs: 20 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'release',
    capability: 'duty',
    what: 'npm run release: two builds, one digest; the one file, the Debian package and real nodes on a machine without Node',
    budgetSeconds: 900,
    needs: [bootedNeed, releaseNeed, ...buildNeeds],
    files: ['test/release/**/*.test.ts'],
    fileTimeoutMs: 30 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet-machines',
    capability: 'fleet',
    what: 'machines that systemd booted, with real nodes: delivery, drift, prune, hardening, roll-outs, secrets, power cuts',
    budgetSeconds: 480,
    needs: [...buildNeeds, newGoNeed, bootedNeed, archiveNeed, etcdNeed],
    setUp: [NODE, ETCD],
    files: ['packages/fleet/test/machines/**/*.test.ts'],
    longest: ['packages/fleet/test/machines/guard.test.ts', 'packages/fleet/test/machines/nodes.test.ts'],
    fileTimeoutMs: 20 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet-node',
    capability: 'fleet',
    what: 'real nodes: a network file brought up here, the RPC gateway, alerts through Prometheus and Alertmanager',
    budgetSeconds: 600,
    needs: [...buildNeeds, newestGoNeed, prometheusNeed, archiveNeed],
    setUp: [NODE, LOKI],
    files: ['packages/fleet/test/nodes/**/*.test.ts', 'packages/fleet/test/watch/**/*.test.ts'],
    longest: [
      'packages/fleet/test/nodes/tutorial.test.ts',
      'packages/fleet/test/nodes/pages.test.ts',
      'packages/fleet/test/nodes/backup.test.ts',
      'packages/fleet/test/nodes/operations.test.ts',
      'packages/fleet/test/nodes/keys.test.ts',
    ],
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'deploy',
    capability: 'duty',
    what: 'the image of the service, built twice and run by runc; the processes of the compose file',
    budgetSeconds: 600,
    needs: [containerNeed, composeNeed, etcdNeed, netnsNeed, prometheusNeed],
    files: ['packages/duty/test/deploy/**/*.test.ts'],
    longest: ['packages/duty/test/deploy/image.test.ts'],
    fileTimeoutMs: 30 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'browser',
    capability: 'duty',
    what: 'the pages, in a real browser',
    budgetSeconds: 60,
    needs: [chromiumNeed],
    files: ['packages/{watchbill,nominate}/test/browser/**/*.test.ts'],
  },
  {
    ...PLAIN,
    name: 'site',
    capability: 'duty',
    what: 'the documentation as a site: links, search, no other host, and a browser',
    budgetSeconds: 120,
    needs: [chromiumNeed],
    files: ['test/site/**/*.test.ts'],
    reads: SITE,
  },
];

/** Component tests beside the files of a real tier run in `npm test`. */
export const REAL_TIERS = TIERS.map((tier) => ({ ...tier, except: ['**/*.component.test.ts'] }));
