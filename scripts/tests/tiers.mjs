// The tiers of `npm test`: they need Node and npm alone. Those of `npm run test:real` are in real-tiers.mjs.

/** A tier: commands that must exit 0, files of node:test, or both.
 * @typedef {object} Tier
 * @property {string} name
 * @property {string} what what it proves, in a few words
 * @property {number} budgetSeconds on a warm machine with two cores; more is a warning
 * @property {readonly import('../needs.mjs').Need[]} needs what the machine must have
 * @property {readonly Command[]} setUp commands that build or install what the files use
 * @property {LongBuild} [longBuild] without it, only `npm run test:long` runs the tier
 * @property {readonly Command[]} commands that test something by themselves
 * @property {readonly string[]} files globs from the root of the repository
 * @property {readonly string[]} except globs of files that another tier runs
 * @property {readonly string[]} longest files that begin first if no earlier run recorded their time
 * @property {readonly string[]} together folders whose files run in one process, which saves a third
 * @property {boolean} pure files run together, one process per package, under unit-guard.mjs
 * @property {boolean} exact a second run would end like the first, so a failed file is not run again
 * @property {number} fileTimeoutMs a process of tests that runs longer is ended and fails
 * @property {boolean} says its files print a line about what they did, for example `race: 900 units, 20
 * kills`
 */

/** A build of the set-up that takes too long to start unasked.
 * @typedef {{ isBuilt: () => boolean, remedy: string }} LongBuild
 * `remedy`: that it is not built here, and how to build it */

/** @typedef {{ name: string, args: readonly string[], onlyIf?: string, timeoutMs?: number, live?:
 * boolean, alone?: boolean, yields?: boolean, says?: boolean, next?: Command }} Command
 * `args` for the pinned Node; `onlyIf`: a file without which the command is left out; `live`: its lines
 * are shown now and then; `alone`: nothing runs beside it but commands that yield; `yields`: it takes only
 * the time that all others leave; `says`: its output is shown when it has passed; `next`: runs once it has
 * passed */

export const MINUTE_MS = 60_000;

/** @type {Omit<Tier, 'name' | 'what' | 'budgetSeconds'>} */
export const PLAIN = {
  needs: [],
  setUp: [],
  commands: [],
  files: [],
  except: [],
  longest: [],
  together: [],
  pure: false,
  exact: false,
  fileTimeoutMs: 4 * MINUTE_MS,
  says: false,
};

/**
 * A tier with its name, its budget in seconds and its purpose; `more`: what differs from {@link PLAIN}.
 * @type {(name: string, budgetSeconds: number, what: string, more: Partial<Tier>) => Tier}
 */
export const tier = (name, budgetSeconds, what, more) => ({ ...PLAIN, name, what, budgetSeconds, ...more });

/** @type {(name: string, ...args: readonly string[]) => Command} */
const command = (name, ...args) => ({ name, args });

/** @type {readonly Command[]} */
const CHECKS = [
  command('types', 'scripts/check-types.mjs'),
  command('import rules', 'scripts/check/imports.mjs'),
  command('lint and format', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  command('generated files fresh', 'scripts/generate.mjs', '--check'),
  command('messages of the stores fresh', 'packages/duty/scripts/messages.mjs', '--check'),
  command('chain specifications fresh', 'scripts/node/runtime.mjs', '--check'),
  command('lock file complete', 'scripts/complete-lock.mjs', '--check'),
  command('circles of imports', 'scripts/check/circles.mjs'),
  command('each mechanism once', 'scripts/check/mechanisms.mjs'),
  command('protocol table', 'scripts/check/protocol-table.mjs'),
  command('plain English', 'scripts/check/english.mjs'),
  command('comment width', 'scripts/check/comment-width.mjs'),
  command('commit subjects', 'scripts/check/subjects.mjs'),
  command('nothing outside the clone', 'scripts/check/outside.mjs'),
  command('no ghosts', 'scripts/check/ghosts.mjs'),
  { ...command('size of packages', 'scripts/check/size.mjs'), says: true },
  { ...command('tests through doors', 'scripts/check/doors.mjs'), says: true },
];

/** Files that change state of the process, or whose tests all come from a helper: each in its own process. */
export const ALONE = [
  'packages/duty/src/service/http/tls.component.test.ts',
  'packages/duty/src/store/tikv/conformance.component.test.ts',
];

const COMPONENT = 'component.test.{ts,mjs}';
const SIMULATION = 'simulation.test.ts';

/** @type {readonly Tier[]} */
export const TIERS = [
  tier('check', 60, 'lint, types, import rules, ratchets, generated files, the scripts', {
    exact: true,
    commands: CHECKS,
    files: ['scripts/**/*.test.mjs', 'packages/*/scripts/**/*.test.mjs'],
    except: [`**/*.${COMPONENT}`],
  }),
  tier('unit', 60, 'pure code on virtual time', {
    files: ['packages/*/src/**/*.test.ts', 'packages/*/bench/**/*.test.ts'],
    except: [`**/*.${COMPONENT}`, `**/*.${SIMULATION}`, '**/*.rust.test.ts'],
    pure: true,
    exact: true,
    fileTimeoutMs: 2 * MINUTE_MS,
  }),
  tier('simulation', 90, 'whole services, and groups of operators, in virtual time', {
    exact: true,
    files: [`packages/*/src/**/*.${SIMULATION}`, 'packages/duty/test/simulation/**/*.test.ts'],
    says: true,
    fileTimeoutMs: 5 * MINUTE_MS,
  }),
  tier('component', 150, 'loopback servers, SQLite, real files, child processes', {
    files: [
      `packages/*/src/**/*.${COMPONENT}`,
      `packages/*/{test,bench,scripts}/**/*.${COMPONENT}`,
      `scripts/**/*.${COMPONENT}`,
      `test/**/*.${COMPONENT}`,
    ],
    except: ['packages/duty/test/service/**'],
    together: [
      'packages/chain/src/',
      'packages/duty/src/proof/',
      'packages/duty/src/store/',
      'packages/fleet/src/gateway/',
      'packages/fleet/src/lab/',
      'packages/kit/src/',
      'packages/watchbill/src/',
      'packages/duty/src/commands/',
      'packages/guard/src/',
      'packages/fleet/src/commands/',
      'packages/coordinate/src/',
      'packages/fleet/src/run/',
      'packages/nominate/src/',
      'packages/duty/src/service/',
      'packages/watchbill/test/docs/',
    ],
    fileTimeoutMs: 8 * MINUTE_MS,
  }),
  tier('stories', 120, 'one real story per capability, as a new user meets it', {
    files: ['test/stories/**/*.test.ts'],
    except: [`**/*.${COMPONENT}`],
    longest: ['test/stories/how-to.test.ts', 'test/stories/race.test.ts'],
    says: true,
  }),
];
