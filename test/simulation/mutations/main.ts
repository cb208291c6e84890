import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MUTATIONS, type Mutation, SABOTAGES } from './list.ts';
import { runSeeds } from './runs.ts';

/** One row of the table. */
interface Row {
  readonly name: string;
  readonly what: string;
  readonly rule: string;
  readonly result: string;
  readonly promise: string;
  readonly seed: string;
  readonly seconds: number;
  readonly isExpected: boolean;
}

const HELP = `npm run sim -- --mutations [--only NAME] [--seeds 200] [--page FILE]

Breaks the code on purpose, one change at a time, and prints which ones are noticed, by which promise, at which
seed. --page also writes the table as a page.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    page: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const wanted = (name: string): boolean => values.only === undefined || name.startsWith(values.only);
  const rows: Row[] = [];
  for (const mutation of MUTATIONS.filter(({ name }) => wanted(name)))
    rows.push(print(await rowOf(mutation)));
  for (const { sabotage, what, rule, features } of SABOTAGES.filter((one) => wanted(one.sabotage))) {
    const found = await firstSeed(['--safety-only', '--features', features.join(',')], {
      broken: { args: ['--sabotage', sabotage], patches: [] },
      whole: { args: [], patches: [] },
    });
    rows.push(print({ name: sabotage, what, rule, ...found, isExpected: found.seed !== '' }));
  }
  const wrong = rows.filter(({ isExpected }) => !isExpected).length;
  process.stdout.write(`${rows.length} mutations, ${wrong} not as expected\n`);
  if (values.page !== undefined) writePage(values.page, rows);
  return wrong === 0 ? 0 : 1;
}

async function rowOf(mutation: Mutation): Promise<Row> {
  const { name, what, rule, features, beside = [], redundant, liveness } = mutation;
  const args = [...(liveness === true ? [] : ['--safety-only']), '--features', features.join(',')];
  const found = await firstSeed(args, {
    broken: { args: [], patches: [name, ...beside] },
    whole: { args: [], patches: beside },
  });
  const isCaught = found.seed !== '';
  const full = beside.length === 0 ? name : `${name} with ${beside.join(' and ')}`;
  if (redundant === undefined) return { name: full, what, rule, ...found, isExpected: isCaught };
  const result = isCaught ? found.result : `redundant: ${redundant}`;
  return { name: full, what, rule, ...found, result, isExpected: true };
}

/** A way to run: further options, and the patches in force. */
interface Way {
  readonly args: readonly string[];
  readonly patches: readonly string[];
}

/**
 * The first seed that breaks a promise in the broken way, and not the same promise in the whole way: a finding
 * that is still open counts for no mutation.
 */
async function firstSeed(
  args: readonly string[],
  { broken, whole }: { readonly broken: Way; readonly whole: Way },
): Promise<Pick<Row, 'result' | 'promise' | 'seed' | 'seconds'>> {
  const last = Number(values.seeds);
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

function print(row: Row): Row {
  process.stdout.write(`${lineOf(row)}\n`);
  return row;
}

function lineOf({ name, what, rule, promise, seed, seconds, result }: Row): string {
  return `| ${name} | ${what} | ${rule} | ${promise} | ${seed} | ${seconds} | ${result} |`;
}

const PAGE_HEAD = `# Mutations of the simulator

`;

function writePage(file: string, rows: readonly Row[]): void {
  writeFileSync(file, `${PAGE_HEAD}${rows.map(lineOf).join('\n')}\n`);
}
