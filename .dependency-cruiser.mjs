// Which file may import which. The arrows are those of docs/decisions/0001-house.md; scripts/arrows.test.mjs
// violates every rule once and expects it to fire.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Packages of ours that each package may import. */
export const ARROWS = {
  kit: [],
  chain: ['kit'],
  duty: ['kit', 'chain'],
  guard: ['kit', 'chain', 'duty'],
  fleet: ['kit', 'chain', 'duty'],
  nominate: ['kit', 'chain'],
  coordinate: ['kit', 'chain'],
  testkit: ['kit', 'chain', 'duty', 'guard', 'fleet', 'nominate', 'coordinate'],
  watchbill: ['kit', 'chain', 'duty', 'guard', 'fleet', 'nominate', 'coordinate', 'testkit'],
};

/** Rooms: the folders of a package that stand behind walls, and the rooms that each may import. */
export const ROOMS = {
  duty: {
    rule: [],
    store: [],
    service: ['rule', 'store'],
    proof: ['rule', 'store', 'service'],
    console: ['rule', 'service'],
    alerts: [],
    config: ['store'],
    client: ['rule', 'service', 'config'],
    commands: ['rule', 'store', 'service', 'proof', 'console', 'alerts', 'config', 'client'],
  },
  fleet: {
    file: [],
    run: ['file'],
    gateway: ['file'],
    lab: ['file', 'run'],
    watch: ['file', 'run'],
    commands: ['file', 'run', 'gateway', 'lab', 'watch'],
  },
};

/** The rooms of another package that a package may enter, where it may not enter all of them. */
const ENTERED = { 'guard -> duty': 'store', 'fleet -> duty': 'alerts' };

/** Files through which a package and a room may be entered: the exports of the packages. */
const DOORS = [
  '^packages/[^/]+/src/index[.]ts$',
  // Two rooms of parts for the commands beside them.
  '^packages/duty/src/(config|client)/',
  ...globSync('packages/*/package.json', { cwd: import.meta.dirname }).flatMap((file) => {
    const { exports = {} } = JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'));
    const folder = dirname(file);
    return Object.values(exports).map((path) => `^${asPattern(join(folder, path))}$`);
  }),
];

/** `*` in a path of `exports` stands for any file below. */
function asPattern(path) {
  return path.replaceAll('.', '[.]').replaceAll('*', '.+');
}

/** Code that only tests load, as regular expressions of paths. Every other script that asks uses this list too. */
export const TEST_ONLY = [
  '^packages/testkit/(?!bench/)',
  '^packages/[^/]+/test/',
  '/testing/',
  '[.]test[.](ts|mjs)$',
];

/**
 * Libraries that the kit alone imports, since its tables stand on them (decision 0065), with the packages that
 * still import them. These lists only get shorter.
 */
const BEHIND_THE_KIT = {
  commander: ['chain', 'guard', 'fleet', 'nominate', 'coordinate'],
};

const kitRules = Object.entries(BEHIND_THE_KIT).map(([library, others]) => ({
  name: `kit-alone-${library}`,
  comment: `only the kit imports ${library}; others use its table`,
  severity: 'error',
  from: { path: '^packages/', pathNot: `^packages/(${['kit', ...others].join('|')})/` },
  to: { path: `(^|/)node_modules/${library}/` },
}));

/**
 * Node's own modules that duty may not touch: all that read, write, wait or draw.
 * `crypto` is not among them, for hashes; scripts/purity.test.mjs keeps its randomness out.
 */
const IO_MODULES =
  '^(node:)?(async_hooks|child_process|cluster|dgram|diagnostics_channel|dns|fs|http|http2|https|inspector|module|net|os|perf_hooks|process|readline|repl|sqlite|stream|timers|tls|tty|v8|vm|wasi|worker_threads|zlib)($|/)';

/** Folders of a package beside its sources. They may use the doors of every package. */
const TOOLS = '(test|bench|scripts)';

const arrowRules = Object.entries(ARROWS).map(([name, targets]) => ({
  name: `arrow-${name}`,
  comment: `${name} may import ${targets.length === 0 ? 'no package of ours' : targets.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/(?!${TOOLS}/)` },
  to: { path: '^packages/', pathNot: [name, ...targets].map((target) => `^packages/${target}/`) },
}));

const enteredRules = Object.entries(ENTERED).map(([arrow, room]) => {
  const [from, to] = arrow.split(' -> ');
  return {
    name: `entered-by-${from}`,
    comment: `${from} may enter only the room ${room} of ${to}`,
    severity: 'error',
    from: { path: `^packages/${from}/(?!${TOOLS}/)` },
    to: { path: `^packages/${to}/`, pathNot: `^packages/${to}/src/${room}/` },
  };
});

const roomRules = Object.entries(ROOMS).flatMap(([name, rooms]) =>
  Object.entries(rooms).map(([room, targets]) => ({
    name: `room-${name}-${room}`,
    comment: `in ${name}, ${room} may import ${targets.length === 0 ? 'no other room' : targets.join(', ')}`,
    severity: 'error',
    from: { path: `^packages/${name}/src/${room}/` },
    to: {
      path: `^packages/${name}/src/`,
      pathNot: [room, ...targets].map((target) => `^packages/${name}/src/${target}/`),
    },
  })),
);
const ROOM_OF = `^packages/(${Object.keys(ROOMS).join('|')})/src/([^/]+)/`;

/** Files that still use HTTP or WebSocket without `call()` of the kit. The list only gets shorter. */
export const OTHER_CONNECTIONS = [
  'packages/chain/src/rpc/socket.ts',
  'packages/coordinate/src/runner/dev-chain/serve.ts',
  'packages/duty/src/service/http/before-routes.ts',
  'packages/duty/src/service/http/server.ts',
  'packages/fleet/src/file/net/host-proxy.ts',
  'packages/fleet/src/gateway/backend.ts',
  'packages/fleet/src/gateway/http.ts',
  'packages/fleet/src/gateway/sockets.ts',
  'packages/fleet/src/gateway/upstream.ts',
  'packages/fleet/src/run/kubernetes/connection.ts',
  'packages/guard/src/metrics/http.ts',
  'packages/nominate/src/telemetry/client/feed.ts',
];
const CONNECTION_MODULES = '^(node:)?https?$|(^|/)node_modules/(undici|ws)/';

/**
 * Ways around a mechanism of the kit (decision 0065) that no import shows: how such code looks, and the files that
 * still have it. The lists only get shorter; scripts/check/mechanisms.mjs compares them.
 */
export const WAYS_AROUND = {
  ssh: [
    /[(]'ssh'|command: 'ssh'/,
    'packages/fleet/src/run/access/machine.ts',
    'packages/fleet/src/run/machines/shared-connection.ts',
    'packages/fleet/src/run/machines/ssh-forward.ts',
  ],
  call: [
    /(?<![.\w])fetch[(]/,
    'packages/nominate/src/commands/round/execute.ts',
    'packages/nominate/src/commands/run/run-command.ts',
    'packages/nominate/src/commands/snapshot.ts',
    'packages/nominate/src/notify/channel.ts',
    'packages/nominate/src/service/files.ts',
  ],
  // An alert or a board in TypeScript.
  monitoringOf: [/severity: '(?:page|ticket)'|histogram_quantile|gridPos:/],
  // A pause that doubles.
  retry: [
    /(?:ms|MS|Ms) \* 2 \*\* |Math[.]min[(]2 \* \w*[mM]s/,
    'packages/fleet/src/lab/local/keeper.ts',
    'packages/fleet/src/run/kubernetes/client.ts',
    'packages/nominate/src/telemetry/client/limits.ts',
  ],
  // `padEnd` with spaces counts code units, and a terminal shows cells.
  table: [
    /[.]padEnd[(][^,]*[)]/,
    'packages/duty/src/console/text/lines.ts',
    'packages/fleet/src/commands/apply.ts',
    'packages/fleet/src/commands/backup/backup-run.ts',
    'packages/fleet/src/commands/backup/restore.ts',
    'packages/fleet/src/commands/keys/text.ts',
    'packages/fleet/src/commands/reconcile.ts',
    'packages/fleet/src/commands/rollout/say.ts',
    'packages/fleet/src/commands/simulate/text.ts',
    'packages/fleet/src/file/plan/show.ts',
  ],
  // A quote inside the quotes of a shell.
  shellWord: [/'\\\\''/],
  // An address of this machine.
  isLoopback: [/=== '::1'|\^[(]localhost/],
};

/** @type {import('dependency-cruiser').IConfiguration} */
const configuration = {
  forbidden: [
    ...arrowRules,
    ...enteredRules,
    ...roomRules,
    ...kitRules,
    {
      name: 'commands-decide-nothing',
      comment:
        'commands of fleet reach rooms that change places through operations; types of these rooms are fine',
      severity: 'error',
      // Access to single nodes is not an operation yet.
      from: {
        path: '^packages/fleet/src/commands/',
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
      from: { path: `^packages/([^/]+)/(?!${TOOLS}/)` },
      to: { path: '^packages/', pathNot: ['^packages/$1/', ...DOORS] },
    },
    {
      name: 'tools-of-one-package',
      comment: 'tests, benches and scripts of a package use none of another; the table of benches names all',
      severity: 'error',
      from: { path: `^packages/([^/]+)/${TOOLS}/`, pathNot: '^packages/testkit/bench/benches[.]ts$' },
      to: { path: `^packages/[^/]+/${TOOLS}/`, pathNot: ['^packages/$1/', '^packages/testkit/'] },
    },
    {
      name: 'room-door',
      comment: 'rooms of a package are entered through its exports too',
      severity: 'error',
      // A proof reads the lines and records of the service, which no other room may touch. The table of faults
      // compares six rooms (decision 0077).
      from: { path: ROOM_OF, pathNot: ['^packages/duty/src/proof/', '/(six-sources|true-words[.].*)[.]ts$'] },
      to: { path: '^packages/$1/src/', pathNot: ['^packages/$1/src/$2/', ...DOORS] },
    },
    {
      name: 'known-room',
      comment: 'a new folder of a package with rooms gets its line in ROOMS first',
      severity: 'error',
      from: {
        path: ROOM_OF,
        pathNot: Object.entries(ROOMS).map(
          ([name, all]) => `^packages/${name}/src/(${Object.keys(all).join('|')})/`,
        ),
      },
      to: {},
    },
    {
      name: 'metrics-by-the-kit',
      comment: 'metrics come from a table of the kit (decision 0065)',
      severity: 'error',
      from: { path: '^packages/(?!kit/)' },
      to: { path: '(^|/)node_modules/prom-client/' },
    },
    {
      name: 'routes-by-the-kit',
      comment: 'routes come from a table of the kit (decision 0065); this list only gets shorter',
      severity: 'error',
      from: {
        path: '^packages/(?!kit/)',
        pathNot: [
          '^packages/nominate/src/(server|jobs|api)/',
          '^packages/coordinate/src/runner/watch/http[.]ts$',
          '^packages/fleet/src/(gateway/|watch/exporter/routes[.]ts$)',
          '/bench/',
          ...TEST_ONLY,
        ],
      },
      to: { path: '(^|/)node_modules/(fastify|@fastify/swagger)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'connections-by-the-kit',
      comment: 'HTTP goes by `call()` of the kit (decision 0065); types of a module are fine',
      severity: 'error',
      from: {
        path: '^packages/(?!kit/)[^/]+/(src|bin)/',
        pathNot: [...TEST_ONLY, ...OTHER_CONNECTIONS.map((file) => `^${file}$`)],
      },
      to: { path: CONNECTION_MODULES, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'commands-on-top',
      comment: 'nothing below the commands of a package imports them',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/(?!commands/)' },
      to: { path: '^packages/$1/src/commands/' },
    },
    {
      name: 'safety-before-preference',
      comment: 'which node should sign never decides which node may sign',
      severity: 'error',
      from: {
        path: '^packages/duty/src/service/(ground|session|observations|rollback-reports|claim|freeze|front|original|admin)/',
        pathNot: TEST_ONLY,
      },
      to: { path: '^packages/duty/src/service/preference/' },
    },
    {
      name: 'heart-before-door',
      comment: 'the rooms of the service do not lean on its routes and connections',
      severity: 'error',
      from: { path: '^packages/duty/src/service/(?!http/|net/|index[.]ts$)', pathNot: TEST_ONLY },
      to: { path: '^packages/duty/src/service/(http|net)/' },
    },
    {
      name: 'chain-for-commands',
      comment: 'of duty only the commands read chains',
      severity: 'error',
      from: { path: '^packages/duty/src/(?!commands/)' },
      to: { path: '^packages/chain/' },
    },
    {
      name: 'public-door-from-outside',
      comment: 'tests, benches and scripts enter packages through their exports too',
      severity: 'error',
      from: { path: `^(test|scripts)/|^packages/[^/]+/${TOOLS}/` },
      to: { path: `^packages/[^/]+/(?!${TOOLS}/)`, pathNot: [...DOORS, '^packages/watchbill/bin/'] },
    },
    {
      name: 'by-package-name',
      comment: 'another package is imported by its name, never by a relative path',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: `^packages/[^/]+/(?!${TOOLS}/)`, pathNot: '^packages/$1/', dependencyTypes: ['local'] },
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
      comment: 'the sources of a package import none of its tests, benches or scripts',
      severity: 'error',
      from: { path: '^packages/[^/]+/(src|bin)/' },
      to: { path: `^test/|^packages/[^/]+/${TOOLS}/` },
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
