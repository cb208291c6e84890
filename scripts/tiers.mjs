// The tiers of `npm test`, in the order in which they run; those that leave a core idle come last, by twos.

import {
  adminerNeed,
  archiveNeed,
  bootedNeed,
  chainSpecsNeed,
  chromiumNeed,
  curlNeed,
  etcdNeed,
  faketimeNeed,
  goNeed,
  haproxyNeed,
  netnsNeed,
  newestGoNeed,
  newGoNeed,
  postgresNeed,
  prometheusNeed,
  redisNeed,
  spinNeed,
} from './needs.mjs';
import { buildNeeds } from './node/needs.mjs';

/** A tier: commands that must exit 0, files of node:test, or both.
 * @typedef {object} Tier
 * @property {string} name
 * @property {string} what what it proves, in a few words
 * @property {number} budgetMinutes on a warm machine; more is a warning
 * @property {readonly import('./needs.mjs').Need[]} needs what the machine must have
 * @property {readonly Command[]} commands
 * @property {readonly string[]} files globs from the root of the repository
 * @property {readonly string[]} [except] globs of files that another tier runs
 * @property {readonly string[]} [longest] files that begin first
 * @property {number} atOnce files that run side by side
 * @property {boolean} [besides] it leaves a core idle: it runs after the others, beside another such tier
 * @property {number} fileTimeoutMs a file that runs longer is ended and fails
 */

/** @typedef {{ name: string, args: readonly string[], onlyIf?: string, timeoutMs?: number, live?: boolean }} Command
 * `args` for the pinned Node; `onlyIf`: a file without which the command is left out; `live`: its lines are shown now
 * and then */

const MINUTE_MS = 60_000;
/** From nothing, on a machine that does nothing else, it takes 10 to 20. */
const NODE_BUILD_MINUTES = 40;
/** From nothing 8 to 15; afterwards what was built is found in the cache. */
const GO_BUILD_MINUTES = 40;

/** @type {readonly Command[]} */
const CHECKS = [
  {
    name: 'lint and format',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  },
  { name: 'types', args: ['scripts/check-types.mjs'] },
  { name: 'import rules', args: ['scripts/check-imports.mjs'] },
  { name: 'chain specifications fresh', args: ['scripts/node/runtime.mjs', '--check'] },
  { name: 'lock file complete', args: ['scripts/complete-lock.mjs', '--check'] },
  {
    name: 'generated files fresh',
    args: ['scripts/generate.mjs', '--check'],
    onlyIf: 'scripts/generate.mjs',
  },
  { name: 'messages of the stores fresh', args: ['scripts/messages.mjs', '--check'] },
];

/** @type {Omit<Tier, 'name' | 'what' | 'budgetMinutes'>} */
const PLAIN = { needs: [], commands: [], files: [], atOnce: 1, fileTimeoutMs: 4 * MINUTE_MS };

/** Tests beside the code that live through many windows of a group. */
const STORIES = [
  'packages/coordinate/src/simulate/simulation.test.ts',
  'packages/coordinate/src/quorum/{random,fairness}.test.ts',
  'packages/coordinate/src/quorum/evidence/honest.test.ts',
];

/** @type {Command} */
const CHOPSTICKS = {
  name: 'chopsticks',
  args: ['scripts/chopsticks/install.mjs'],
  timeoutMs: 20 * MINUTE_MS,
  live: true,
};

/** @type {readonly Tier[]} */
export const TIERS = [
  {
    ...PLAIN,
    name: 'check',
    what: 'lint, types, import rules, generated files, the house itself',
    budgetMinutes: 1,
    commands: CHECKS,
    files: ['scripts/**/*.test.mjs'],
  },
  {
    ...PLAIN,
    name: 'unit',
    what: 'each package by itself',
    budgetMinutes: 3,
    files: ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts'],
    except: STORIES,
    atOnce: 4,
  },
  {
    ...PLAIN,
    name: 'simulation',
    what: 'whole services, and groups of operators, in virtual time',
    budgetMinutes: 2,
    files: ['test/simulation/**/*.test.ts', ...STORIES],
    atOnce: 2,
    fileTimeoutMs: 10 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'models',
    what: 'the consensus of coordinate, searched by Spin, with controls that must fail',
    budgetMinutes: 3,
    needs: [spinNeed],
    besides: true,
    commands: [{ name: 'models', args: ['scripts/models.mjs'], timeoutMs: 10 * MINUTE_MS, live: true }],
  },
  {
    ...PLAIN,
    name: 'coordinate',
    what: 'groups of real operator processes on the practice chain, and an example wallet',
    budgetMinutes: 2,
    files: ['test/coordinate/**/*.test.ts'],
    atOnce: 2,
    fileTimeoutMs: 4 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'service',
    what: 'real processes on the embedded store, and the documents run',
    budgetMinutes: 3,
    needs: [curlNeed],
    files: ['test/service/**/*.test.ts', 'test/docs/**/*.test.ts'],
    atOnce: 2,
    fileTimeoutMs: 4 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'etcd',
    what: 'real clusters of etcd 3.4 and 3.6',
    budgetMinutes: 5,
    needs: [etcdNeed, goNeed],
    files: ['test/etcd/**/*.test.ts'],
    atOnce: 2,
    // The first run on a machine builds etcd 3.6.
    fileTimeoutMs: 15 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'tikv',
    what: 'real PD and Raft-replicated stores that speak the protocol of TiKV',
    budgetMinutes: 5,
    needs: [newGoNeed],
    commands: [
      {
        name: 'PD, store and reference client',
        args: ['scripts/tikv/build.mjs'],
        timeoutMs: GO_BUILD_MINUTES * MINUTE_MS,
        live: true,
      },
    ],
    files: ['test/tikv/**/*.test.ts'],
    atOnce: 2,
    fileTimeoutMs: 10 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'pack',
    what: 'the npm package, installed in an empty folder',
    budgetMinutes: 1,
    files: ['test/pack/**/*.test.ts'],
    besides: true,
    fileTimeoutMs: 5 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'demo',
    what: 'the demo, unattended',
    budgetMinutes: 2,
    files: ['test/demo/**/*.test.ts'],
    besides: true,
    fileTimeoutMs: 4 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'rust',
    what: 'the node is built, and its crates by themselves',
    budgetMinutes: 4,
    needs: buildNeeds,
    commands: [
      {
        name: 'the node',
        args: ['scripts/node/build.mjs'],
        timeoutMs: NODE_BUILD_MINUTES * MINUTE_MS,
        live: true,
      },
      {
        name: 'format and tests of the crates',
        args: ['scripts/node/crates.mjs'],
        timeoutMs: NODE_BUILD_MINUTES * MINUTE_MS,
        live: true,
      },
    ],
  },
  {
    ...PLAIN,
    name: 'node',
    what: 'real nodes: the danger, six machines, faults of the service, adoption',
    budgetMinutes: 8,
    needs: [...buildNeeds, etcdNeed, netnsNeed, faketimeNeed],
    files: ['test/node/**/*.test.ts'],
    longest: [
      'test/node/scenarios-embedded.test.ts',
      'test/node/scenarios-embedded-second.test.ts',
      'test/node/gate-faults.test.ts',
      'test/node/restored-service.test.ts',
    ],
    atOnce: 3,
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'tikv-node',
    what: 'real nodes, six machines, the ledger on the cluster of the tier tikv and what befalls it',
    budgetMinutes: 4,
    needs: [...buildNeeds, newGoNeed, netnsNeed, faketimeNeed],
    files: ['test/tikv-node/**/*.test.ts'],
    besides: true,
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'coordinate-node',
    what: 'operators over libp2p on the finality of real nodes; calls and session keys on chain',
    budgetMinutes: 4,
    needs: buildNeeds,
    files: ['test/coordinate-real/**/*.test.ts', 'test/coordinate-chain/**/*.test.ts'],
    atOnce: 2,
    fileTimeoutMs: 8 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'nominate',
    what: 'real nodes report to the telemetry server, and the client follows them',
    budgetMinutes: 1,
    needs: buildNeeds,
    files: ['test/nominate/**/*.test.ts'],
    besides: true,
    fileTimeoutMs: 4 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'nominate-chain',
    what: 'real runtimes without nodes: reading, nominations in every way, a programme that runs, crashes, faults of endpoints',
    budgetMinutes: 7,
    needs: [chainSpecsNeed],
    commands: [CHOPSTICKS],
    files: ['test/nominate-chain/**/*.test.ts'],
    longest: ['test/nominate-chain/programme-2026.test.ts', 'test/nominate-chain/older.test.ts'],
    atOnce: 2,
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet-keys',
    what: 'session keys through Asset Hub on real runtimes, in every way, and when killed in between',
    budgetMinutes: 2,
    needs: [chainSpecsNeed],
    commands: [CHOPSTICKS],
    files: ['test/fleet-keys/**/*.test.ts'],
    atOnce: 2,
    fileTimeoutMs: 8 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet',
    what: 'a real Kubernetes control plane: plan, apply, drift, prune, roll-outs, backups, crashes, rights, rendered charts',
    budgetMinutes: 8,
    needs: [...buildNeeds, newestGoNeed],
    commands: [
      { name: 'etcd', args: ['scripts/etcd/build.mjs'], timeoutMs: GO_BUILD_MINUTES * MINUTE_MS, live: true },
      {
        name: 'the control plane',
        args: ['scripts/kubernetes/build.mjs'],
        timeoutMs: GO_BUILD_MINUTES * MINUTE_MS,
        live: true,
      },
      {
        name: 'OpenTofu and providers',
        args: ['scripts/tofu/build.mjs'],
        timeoutMs: GO_BUILD_MINUTES * MINUTE_MS,
        live: true,
      },
    ],
    files: ['test/fleet/**/*.test.ts'],
    atOnce: 2,
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet-machines',
    what: 'machines that systemd booted, with real nodes: delivery, drift, prune, hardening, roll-outs, secrets, power cuts',
    budgetMinutes: 5,
    needs: [...buildNeeds, bootedNeed, archiveNeed],
    files: ['test/fleet-machines/**/*.test.ts'],
    longest: ['test/fleet-machines/nodes.test.ts'],
    atOnce: 3,
    besides: true,
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'fleet-node',
    what: 'real nodes: a network file brought up here, the RPC gateway, alerts through Prometheus and Alertmanager',
    budgetMinutes: 6,
    needs: [...buildNeeds, newestGoNeed, prometheusNeed, archiveNeed, haproxyNeed],
    commands: [
      { name: 'Loki', args: ['scripts/loki/build.mjs'], timeoutMs: GO_BUILD_MINUTES * MINUTE_MS, live: true },
    ],
    files: ['test/fleet-node/**/*.test.ts', 'test/fleet-watch/**/*.test.ts'],
    longest: [
      'test/fleet-node/tutorial.test.ts',
      'test/fleet-node/pages.test.ts',
      'test/fleet-node/backup.test.ts',
      'test/fleet-node/operations.test.ts',
      'test/fleet-node/keys.test.ts',
    ],
    atOnce: 4,
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'nominate-service',
    what: 'a programme on real PostgreSQL and Redis, in one process and on workers',
    budgetMinutes: 3,
    needs: [postgresNeed, redisNeed, adminerNeed],
    files: ['test/nominate-service/**/*.test.ts', 'test/nominate-api/**/*.test.ts'],
    besides: true,
    fileTimeoutMs: 6 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'browser',
    what: 'the pages, in a real browser',
    budgetMinutes: 1,
    needs: [chromiumNeed],
    files: ['test/browser/**/*.test.ts'],
    besides: true,
    fileTimeoutMs: 4 * MINUTE_MS,
  },
];
