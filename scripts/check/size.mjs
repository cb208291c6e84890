// Lines of TypeScript and JavaScript per package, of the product and of its tests. Both only go down;
// decision 0062 has the plan and says how a ratchet is raised. Fakes count as tests, and so does all of
// `testkit`. The folders `scripts` and `bench` are one count, wherever they are. Counts are rounded up to the
// next hundred, so that small changes that land at the same time do not stop each other.
//
// node scripts/check/size.mjs [FOLDER] [--update | --init]

import { main, runRatchet } from './ratchet.mjs';
import { filesOf, isTestOnly, textOf } from './sources.mjs';

const PATTERNS = ['packages/*/**/*.{ts,mjs}', '{test,scripts}/**/*.{ts,mjs}'];
const TOOLS = 'scripts, bench';
const STEP = 100;

/** The plan: lines of the product. A package without a ceiling moves into others. */
const CEILINGS = {
  'packages/kit': 5_500,
  'packages/chain': 6_500,
  'packages/duty': 38_800,
  'packages/guard': 10_400,
  'packages/fleet': 35_000,
  'packages/nominate': 26_000,
  'packages/coordinate': 19_000,
  'packages/watchbill': 3_000,
  [TOOLS]: 17_000,
};
const CEILING_OF_ALL = { product: 143_700, tests: 150_000 };
const REMEDY = 'remove lines, or write a decision page that names the user who needs them (decision 0062)';

/** The folder and the kind of lines under which a file counts. */
function placeOf(file) {
  const [, owner, place] = /^(packages\/[^/]+|[^/]+)\/([^/]+)/.exec(file);
  const isTest = owner === 'test' || place === 'test' || isTestOnly(file);
  const isTool = [owner, place].some((name) => name === 'scripts' || name === 'bench');
  return { folder: isTool ? TOOLS : owner, kind: isTest ? 'tests' : isTool ? 'tools' : 'product' };
}

/** The keys are `FOLDER: product`, `FOLDER: tests` and `scripts, bench: tools`. */
export function measure(root) {
  const lines = {};
  for (const file of filesOf(root, PATTERNS)) {
    const { folder, kind } = placeOf(file);
    const key = `${folder}: ${kind}`;
    lines[key] = (lines[key] ?? 0) + textOf(root, file).split('\n').length - 1;
  }
  const rounded = Object.entries(lines).map(([key, count]) => [key, Math.ceil(count / STEP) * STEP]);
  return {
    entries: Object.fromEntries(rounded),
    summary: (baseline) => tableOf(lines, baseline).join('\n'),
    explain: (key) => {
      const [folder, kind] = key.split(': ');
      const ceiling = kind === 'tests' ? undefined : CEILINGS[folder];
      return [`  ${shown(lines[key])} lines now, rounded up; ceiling ${shown(ceiling)}`, `  ${REMEDY}`];
    },
  };
}

function tableOf(lines, baseline) {
  const columns = (key, ceiling) => [lines[key], baseline[key], ceiling];
  const row = (folder, kind) => [
    folder.replace('packages/', ''),
    ...columns(`${folder}: ${kind}`, CEILINGS[folder]),
    ...columns(`${folder}: tests`),
  ];
  const total = (kind) => [sumOf(lines, kind), sumOf(baseline, kind), CEILING_OF_ALL[kind]];
  const folders = [...new Set(Object.keys(lines).map((key) => key.split(': ')[0]))].sort();
  return [
    'lines of packages         now  ratchet  ceiling    tests  ratchet  ceiling',
    ...folders.filter((folder) => folder !== TOOLS).map((folder) => textOfRow(row(folder, 'product'))),
    textOfRow(['all', ...total('product'), ...total('tests')]),
    textOfRow(row(TOOLS, 'tools')),
  ];
}

/** Tests of scripts have no part in the plan of the packages. */
function sumOf(counts, kind) {
  return Object.entries(counts)
    .filter(([key]) => key.endsWith(`: ${kind}`) && !key.startsWith(TOOLS))
    .reduce((sum, [, count]) => sum + count, 0);
}

function textOfRow([name, ...numbers]) {
  return name.padEnd(20) + numbers.map((number) => shown(number).padStart(9)).join('');
}

function shown(number) {
  return number?.toLocaleString('en') ?? '-';
}

/** Measures a tree and compares it with its baseline. Lines may move from one package to another. */
export function run(root, flags) {
  const moves = { intoKnown: true, air: STEP };
  return runRatchet({ name: 'size', measure, moves }, root, flags);
}

await main(import.meta.url, run);
