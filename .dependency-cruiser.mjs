// Which file may import which. The arrows are those of docs/decisions/0001-house.md; scripts/arrows.test.mjs
// violates every rule once and expects it to fire.

/** Packages of ours that each package may import. */
export const ARROWS = {
  base: [],
  duty: ['base'],
  store: ['base'],
  permit: ['base', 'duty', 'store'],
  web: ['base'],
  console: ['base', 'permit', 'web'],
  chain: ['base'],
  coordinate: ['base', 'chain'],
  nominate: ['base', 'chain', 'web'],
  fleet: ['base'],
  'fleet-run': ['base', 'chain', 'fleet'],
  gateway: ['base', 'fleet'],
  guard: ['base', 'chain', 'store'],
  monitor: ['base', 'chain', 'fleet', 'fleet-run'],
  lab: ['base', 'chain', 'fleet', 'fleet-run'],
  testkit: ['base', 'duty', 'store', 'permit', 'chain'],
  cli: [
    'base',
    'duty',
    'store',
    'permit',
    'web',
    'console',
    'chain',
    'coordinate',
    'nominate',
    'fleet',
    'fleet-run',
    'gateway',
    'guard',
    'monitor',
    'lab',
    'testkit',
  ],
};

/** Files through which a package may be entered: its exports. */
const DOORS = [
  '^packages/[^/]+/src/index[.]ts$',
  '^packages/kit/src/(failpoint|files|systemd|testing)/index[.]ts$',
  '^packages/duty/src/store/(conformance|etcd|tikv)/index[.]ts$',
  '^packages/duty/src/service/(log|proof)/index[.]ts$',
  '^packages/chain/src/(address|extrinsics|genesis|keys|observe|reading|testing)/index[.]ts$',
  '^packages/testkit/src/(chopsticks|kubernetes|scenario|telemetry|tikv)/index[.]ts$',
  '^packages/nominate/src/(chain|server|service|storage|testing|telemetry|transactions)/index[.]ts$',
  '^packages/fleet/src/file/(emit|graph|live|net|network|normalise|plan|ports|rpc|rules|secret-names|signers|testing)/index[.]ts$',
  '^packages/fleet/src/run/(access|apply|backup|keys|kubernetes|lock|machines|network-file|operations|rollout|secrets|testing)/index[.]ts$',
  '^packages/guard/src/(metrics|run|testing)/index[.]ts$',
  // Single files: a process that runs for months holds the code of all that a folder exports.
  '^packages/(chain/src/(genesis/live-chains|keys/secret-uri)|store/src/(port|shape))[.]ts$',
  '^packages/fleet/src/watch/(exporter|service|watch)/index[.]ts$',
  '^packages/fleet/src/lab/(local|operate|simulate)/index[.]ts$',
  '^packages/coordinate/src/(actions|transport/(channel|libp2p))/index[.]ts$',
];

/** Code that only tests load, as regular expressions of paths. Every other script that asks uses this list too. */
export const TEST_ONLY = [
  '^packages/testkit/',
  '^packages/duty/src/store/conformance/',
  '/testing/',
  '[.]test[.](ts|mjs)$',
];

/**
 * Node's own modules that duty may not touch: all that read, write, wait or draw.
 * `crypto` is not among them, for hashes; scripts/purity.test.mjs keeps its randomness out.
 */
const IO_MODULES =
  '^(node:)?(async_hooks|child_process|cluster|dgram|diagnostics_channel|dns|fs|http|http2|https|inspector|module|net|os|perf_hooks|process|readline|repl|sqlite|stream|timers|tls|tty|v8|vm|wasi|worker_threads|zlib)($|/)';

const arrowRules = Object.entries(ARROWS).map(([name, targets]) => ({
  name: `arrow-${name}`,
  comment: `${name} may import ${targets.length === 0 ? 'no package of ours' : targets.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^packages/', pathNot: [name, ...targets].map((target) => `^packages/${target}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
const configuration = {
  forbidden: [
    ...arrowRules,
    {
      name: 'commands-decide-nothing',
      comment:
        'commands of fleet reach rooms that change places through operations; types of these rooms are fine',
      severity: 'error',
      // Access to single nodes is not an operation yet.
      from: {
        path: '^packages/duty/src/commands/fleet/',
        pathNot: ['^packages/fleet/src/commands/access/', ...TEST_ONLY],
      },
      to: {
        path: '^packages/fleet/src/run/(access|apply|backup|kubernetes|lock|machines|rollout)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'known-package',
      comment: 'a new package gets its line in ARROWS first',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(ARROWS).join('|')})/` },
      to: {},
    },
    {
      name: 'public-door',
      comment: 'packages are entered through their exports',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', ...DOORS] },
    },
    {
      name: 'public-door-from-outside',
      comment: 'tests, benches and scripts enter packages through their exports too',
      severity: 'error',
      from: { path: '^(test|bench|scripts)/' },
      to: { path: '^packages/', pathNot: [...DOORS, '^packages/watchbill/bin/'] },
    },
    {
      name: 'by-package-name',
      comment: 'another package is imported by its name, never by a relative path',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-cycle',
      comment: 'code is loaded in one direction; types alone may refer to each other',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-test-folder',
      comment: 'no package imports test/ or bench/',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'no-test-code',
      comment: 'what ships imports neither the testkit nor a test nor a fake',
      severity: 'error',
      from: { path: '^packages/[^/]+/(src|bin)/', pathNot: TEST_ONLY },
      to: { path: TEST_ONLY },
    },
    {
      name: 'no-test-runner',
      comment: 'what ships does not load the test runner',
      severity: 'error',
      from: { path: '^packages/[^/]+/(src|bin)/', pathNot: TEST_ONLY },
      to: { path: ['^(node:)?test($|/)', '(^|/)node_modules/fast-check/'] },
    },
    {
      name: 'pure-duty',
      comment: 'the core reads nothing, writes nothing and draws nothing',
      severity: 'error',
      from: { path: '^packages/duty/src/rule/', pathNot: TEST_ONLY },
      to: { path: IO_MODULES, dependencyTypes: ['core'] },
    },
    {
      name: 'listed-dependency',
      comment: 'a package lists what it imports in its own package.json',
      severity: 'error',
      from: { path: '^packages/[^/]+/(src|bin)/', pathNot: TEST_ONLY },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    {
      name: 'resolvable',
      comment: 'every import leads to a file',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};

// biome-ignore lint/style/noDefaultExport: dependency-cruiser reads the default export
export default configuration;
