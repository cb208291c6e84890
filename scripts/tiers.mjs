// The tiers of `npm test`, in the order in which they run.

import { chromiumNeed, curlNeed, etcdNeed, faketimeNeed, goNeed, netnsNeed } from './needs.mjs';
import { buildNeeds } from './node/needs.mjs';

/** A tier: commands that must exit 0, files of node:test, or both.
 * @typedef {object} Tier
 * @property {string} name
 * @property {string} what what it proves, in a few words
 * @property {number} budgetMinutes on a warm machine; more is a warning
 * @property {readonly import('./needs.mjs').Need[]} needs what the machine must have
 * @property {readonly Command[]} commands
 * @property {readonly string[]} files globs from the root of the repository
 * @property {number} atOnce files that run side by side
 * @property {number} fileTimeoutMs a file that runs longer is ended and fails
 */

/** @typedef {{ name: string, args: readonly string[], onlyIf?: string, timeoutMs?: number, live?: boolean }} Command
 * `args` for the pinned Node; `onlyIf`: a file without which the command is left out; `live`: its lines are shown now
 * and then */

const MINUTE_MS = 60_000;
/** From nothing, on a machine that does nothing else, it takes 10 to 20. */
const NODE_BUILD_MINUTES = 40;

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
  {
    name: 'etcd messages fresh',
    args: ['scripts/etcd/generate.mjs', '--check'],
    onlyIf: 'scripts/etcd/generate.mjs',
  },
];

/** @type {Omit<Tier, 'name' | 'what' | 'budgetMinutes'>} */
const PLAIN = { needs: [], commands: [], files: [], atOnce: 1, fileTimeoutMs: 2 * MINUTE_MS };

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
    budgetMinutes: 2,
    files: ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts'],
    atOnce: 4,
  },
  {
    ...PLAIN,
    name: 'simulation',
    what: 'whole services in virtual time',
    budgetMinutes: 1,
    files: ['test/simulation/**/*.test.ts'],
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
    name: 'pack',
    what: 'the npm package, installed in an empty folder',
    budgetMinutes: 1,
    files: ['test/pack/**/*.test.ts'],
    fileTimeoutMs: 5 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'demo',
    what: 'the demo, unattended',
    budgetMinutes: 1,
    files: ['test/demo/**/*.test.ts'],
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
    atOnce: 2,
    fileTimeoutMs: 12 * MINUTE_MS,
  },
  {
    ...PLAIN,
    name: 'browser',
    what: 'the pages, in a real browser',
    budgetMinutes: 1,
    needs: [chromiumNeed],
    files: ['test/browser/**/*.test.ts'],
    fileTimeoutMs: 4 * MINUTE_MS,
  },
];
