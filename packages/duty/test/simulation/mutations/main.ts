import { parseArgs } from 'node:util';
import { MUTATIONS, type Mutation, SABOTAGES } from './list.ts';
import { lineOf, type Row, writePage } from './page.ts';
import { runSeeds } from './runs.ts';

/** A line of the table, and whether it is as the list says. */
interface Judged extends Row {
  readonly isExpected: boolean;
}

const HELP = `npm run sim -- --mutations [--only NAME] [--seeds 200] [--page]

Breaks the code on purpose, one change at a time, and prints which ones are noticed, by which promise, at which
seed. --page also writes the table into docs/duty/explanation/simulator-mutations.md.
`;

/** A mutation that another rule covers is tried with fewer seeds: they show that the list is right. */
const REDUNDANT_SEEDS = 20;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    page: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** In the order of the page. */
const NAMES = [...MUTATIONS.map(({ name }) => name), ...SABOTAGES.map(({ sabotage }) => sabotage)];

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const wanted = (name: string): boolean => values.only === undefined || name.startsWith(values.only);
  const rows: Judged[] = [];
  const note = (row: Judged): void => {
    rows.push(print(row));
    // After each one, so that a run that is stopped has written what it found.
    if (values.page) writePage(rows, NAMES);
  };
  for (const mutation of MUTATIONS.filter(({ name }) => wanted(name))) note(await rowOf(mutation));
  for (const { sabotage, what, rule, features, redundant, beyond } of SABOTAGES.filter((one) =>
    wanted(one.sabotage),
  )) {
    const found = await firstSeed(['--safety-only', '--features', features.join(',')], {
      broken: { args: ['--sabotage', sabotage], patches: [] },
      whole: { args: [], patches: [] },
      ...seedsFor(redundant ?? beyond),
    });
    const why = beyond === undefined ? excuse(redundant) : `beyond the simulator: ${beyond}`;
    note(judged({ name: sabotage, what, rule, ...found }, why));
  }
  const wrong = rows.filter(({ isExpected }) => !isExpected).length;
  process.stdout.write(`${rows.length} mutations, ${wrong} not as expected\n`);
  return wrong === 0 ? 0 : 1;
}

async function rowOf(mutation: Mutation): Promise<Judged> {
  const { name, what, rule, features, patches, redundant, liveness } = mutation;
  const args = [...(liveness === true ? [] : ['--safety-only']), '--features', features.join(',')];
  const found = await firstSeed(args, {
    broken: { args: [], patches },
    whole: { args: [], patches: patches.slice(1) },
    ...seedsFor(redundant),
  });
  return judged({ name, what, rule, ...found }, excuse(redundant));
}

function seedsFor(redundant: string | undefined): Pick<Ways, 'last'> {
  return redundant === undefined ? {} : { last: Math.min(REDUNDANT_SEEDS, Number(values.seeds)) };
}

function excuse(redundant: string | undefined): string | undefined {
  return redundant === undefined ? undefined : `redundant: ${redundant}`;
}

/** @param why no seed has to notice it; undefined if one must */
function judged(row: Row, why: string | undefined): Judged {
  const isCaught = row.seed !== '';
  if (why === undefined || isCaught) return { ...row, isExpected: why !== undefined || isCaught };
  return { ...row, result: why, isExpected: true };
}

/** A way to run: further options, and the patches in force. */
interface Way {
  readonly args: readonly string[];
  readonly patches: readonly string[];
}

interface Ways {
  readonly broken: Way;
  readonly whole: Way;
  /** The last seed; `--seeds` unless given. */
  readonly last?: number;
}

/**
 * The first seed that breaks a promise in the broken way, and not the same promise in the whole way: a
 * finding that is still open counts for no mutation.
 */
async function firstSeed(
  args: readonly string[],
  { broken, whole, last = Number(values.seeds) }: Ways,
): Promise<Pick<Row, 'result' | 'promise' | 'seed' | 'seconds'>> {
  const startMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startMs) / 1_000);
  for (let from = 1; from <= last; ) {
    const range = ['--from', String(from), '--seeds', String(last - from + 1)];
    const found = await runSeeds([...args, ...broken.args, ...range], broken.patches);
    if (typeof found === 'string')
      return { result: `not run: ${found}`, promise: '', seed: '', seconds: seconds() };
    if (found.seed === undefined) break;
    const alone = await runSeeds([...args, ...whole.args, '--seed', found.seed], whole.patches);
    const before = typeof alone === 'string' ? undefined : alone.promise;
    if (before !== found.promise) {
      const { promise = '', what = '', seed } = found;
      return { result: what.slice(0, 100), promise, seed, seconds: seconds() };
    }
    from = Number(found.seed) + 1;
  }
  return { result: `missed in ${last} seeds`, promise: '', seed: '', seconds: seconds() };
}

function print(row: Judged): Judged {
  process.stdout.write(`${lineOf(row)} ${row.promise === '' ? '' : row.result}\n`);
  return row;
}
