import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PAGE = join(import.meta.dirname, '../../../../../docs/duty/explanation/simulator-mutations.md');

/** One line of the table. */
export interface Row {
  readonly name: string;
  /** What the code does with the patch. */
  readonly what: string;
  readonly rule: string;
  /** The broken promise; empty if no seed broke one. */
  readonly promise: string;
  readonly seed: string;
  /** From the start until it was noticed, or until the last seed. */
  readonly seconds: number;
  /** What was seen, or why nothing can be. */
  readonly result: string;
}

const HEAD = `# Mutations of the simulator

\`npm run sim\` simulates services, nodes and operators in virtual time, with faults and restores drawn from a seed, and
judges each run by the promises below. \`npm run sim -- --mutations\` removes one rule of the
[claim protocol](protocol.md) at a time and looks for the first of 200 seeds that notices it. A rule that no seed
notices is covered by another rule, which the table names, or the simulator is blind to it.

\`npm run sim -- --mutations --page\` writes this page. With \`--only c1\`, it replaces the lines that begin with \`c1\`. A mutation that
is missing here has not run since its patch changed. Do not edit the page by hand.

| promise | a run breaks it if |
|---|---|
| I, J, K, L, M, N | it breaks [the promise](protocol.md#1-the-promise) of that letter |
| T | the store applies a grant although a record that the rule compares is another one |
| D | a service answers with a grant that it had to drop |
| C | a service grants in a session in which its clock was stepped |
| F | a service grants in a session in which its ledger got a fork |
| B | a unit of before a restore is granted as new |
| S | a unit is granted as new long after it was due |
| G | the base denies a unit although no service lost anything |
| O | a key is adopted with a floor below a held word |
| W | a forged word is heard |
| R | a node is granted something that no policy lists |
| Z | a frozen key is granted something other than the repeat of a vote |
| V | a node that entered a round is denied its vote |
| E | a mark of an older epoch grants |
| P | the ledgers together have a gap |
| Q | a rollback report never reaches the store |
| H | the services read the store more than three times for each request |
`;

/** A line of the table. */
export function lineOf({ name, what, rule, promise, seed, seconds, result }: Row): string {
  const by = promise === '' ? `none; ${result}` : promise;
  return `| ${name} | ${what} | ${rule} | ${by} | ${seed === '' ? '-' : seed} | ${seconds} |`;
}

/** Writes the page; lines of mutations that did not run now stay as they are, in the order of `names`. */
export function writePage(rows: readonly Row[], names: readonly string[]): void {
  const known = existsSync(PAGE) ? readFileSync(PAGE, 'utf8').split('\n') : [];
  const fresh = new Map(rows.map((row) => [row.name, lineOf(row)]));
  const lines = names.map((name) => fresh.get(name) ?? known.find((line) => line.startsWith(`| ${name} |`)));
  const table = [
    '| mutation | what the code does | rule of the protocol | noticed by | seed | seconds |',
    '|---|---|---|---|---|---|',
    ...lines.filter((line) => line !== undefined),
  ];
  writeFileSync(PAGE, `${HEAD}\n## Results\n\nOf ${commitDay()}.\n\n${table.join('\n')}\n`);
}

/** The day of the commit that ran, so that the page names no other time. */
function commitDay(): string {
  return execFileSync('git', ['log', '-1', '--format=%cs'], { cwd: import.meta.dirname })
    .toString()
    .trim();
}
