import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTATIONS, SABOTAGES } from './list.ts';

/** One row of the table. */
interface Row {
  readonly name: string;
  readonly what: string;
  readonly result: string;
  readonly isCaught: boolean;
}

const RUN = fileURLToPath(new URL('../run/main.ts', import.meta.url));
const HOOK = new URL('./load-mutated.mjs', import.meta.url).href;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write('npm run sim -- --mutations [--only NAME] [--seeds 200]\n');
    return 0;
  }
  const rows: Row[] = [];
  const wanted = (name: string): boolean => values.only === undefined || name.startsWith(values.only);
  for (const { name, what, features } of MUTATIONS.filter((each) => wanted(each.name)))
    rows.push(print({ name, what, ...(await run(['--features', features.join(',')], name)) }));
  for (const { sabotage, features } of SABOTAGES.filter((each) => wanted(each.sabotage))) {
    const args = ['--features', features.join(','), '--sabotage', sabotage];
    rows.push(
      print({ name: sabotage, what: 'the surroundings break this promise', ...(await run(args, null)) }),
    );
  }
  const missed = rows.filter(({ isCaught }) => !isCaught).length;
  process.stdout.write(`${rows.length} mutations, ${missed} missed\n`);
  return missed === 0 ? 0 : 1;
}

function print(row: Row): Row {
  process.stdout.write(`| ${row.name} | ${row.what} | ${row.result} |\n`);
  return row;
}

/**
 * Runs seeds with the mutation in force until a promise is broken that the same seed keeps without the
 * mutation, so that a finding which is still open counts for no mutation.
 */
async function run(
  args: readonly string[],
  mutation: string | null,
): Promise<Pick<Row, 'result' | 'isCaught'>> {
  const last = Number(values.seeds);
  for (let from = 1; from <= last; ) {
    const range = ['--from', String(from), '--seeds', String(last - from + 1)];
    const found = await runSeeds([...args, ...range], mutation);
    if (typeof found === 'string') return { result: `not run: ${found}`, isCaught: false };
    if (found.seed === undefined) break;
    const alone = await runSeeds([...unbroken(args), '--seed', found.seed], null);
    const before = typeof alone === 'string' ? undefined : alone.promise;
    if (before !== found.promise) {
      const result = `caught at seed ${found.seed}, promise ${found.promise}: ${found.what?.slice(0, 90)}`;
      return { result, isCaught: true };
    }
    from = Number(found.seed) + 1;
  }
  return { result: `missed in ${last} seeds`, isCaught: false };
}

function unbroken(args: readonly string[]): readonly string[] {
  const at = args.indexOf('--sabotage');
  return at < 0 ? args : args.slice(0, at);
}

async function runSeeds(args: readonly string[], mutation: string | null): Promise<Verdict | string> {
  const hook = mutation === null ? [] : ['--import', HOOK];
  const env = { ...process.env, ...(mutation === null ? {} : { SIMULATION_MUTATION: mutation }) };
  const child = spawn(process.execPath, [...hook, RUN, '--json', '--safety-only', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  const line = text.out.trim().split('\n').at(-1) ?? '';
  if (line.startsWith('{')) return JSON.parse(line) as Verdict;
  return (
    text.err
      .split('\n')
      .find((each) => each.includes('Error'))
      ?.trim() ?? 'no output'
  );
}

interface Verdict {
  readonly seed?: string;
  readonly runs: number;
  readonly promise?: string;
  readonly what?: string;
}
