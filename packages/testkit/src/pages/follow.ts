// Follows a page as a reader does: its commands in one shell, in order, and its outputs compared.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runSteps, type Step, stepsOf } from './page-run.ts';
import { isShownAs } from './shown.ts';
import { UPDATE } from './stamp.ts';
import type { Machine } from './world.ts';

/** A text of the page, what stands for it in the test, and why they differ. Each one has to occur. */
export type Substitution = readonly [page: string, test: string, why: string];

export interface FollowOptions {
  readonly table: readonly Substitution[];
  /** More substitutions, of texts that stand in outputs alone. */
  readonly printed?: readonly Substitution[];
  /** Headings whose commands the reader of this store leaves out. */
  readonly leftOut?: readonly string[];
  /** The only headings whose commands the reader runs now. */
  readonly only?: readonly string[];
  /** Statuses other than 0, each with a text of its block. */
  readonly ends?: readonly (readonly [text: string, status: number])[];
  readonly env?: Readonly<Record<string, string>>;
  /** `any`: the page shows the outputs of another store; the statuses count. */
  readonly outputs?: 'any';
  /** Other texts that differ between two runs: patterns, and the texts to compare in their place. */
  readonly varies?: readonly (readonly [RegExp, string])[];
  /** For all commands together; default 200 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 200_000;

/**
 * Runs the commands of a page in the folder of the reader. Each block must end with status 0 and print the
 * output that the page shows: `…` stands for the rest of a line, and a line of `…` alone for any lines.
 * @returns the outputs of the blocks, in the words of the page
 */
export async function followPage(
  world: Machine,
  page: string,
  options: FollowOptions,
): Promise<readonly string[]> {
  const steps = chosenSteps(page, options);
  const table = [...options.table, ...addresses(world)];
  const moved = steps.map((step) => ({ ...step, commands: inTest(step.commands, table) }));
  const { outputs } = await runSteps([prelude(world), ...moved], {
    env: { ...world.env, ...options.env },
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    over: world.over ?? [],
  });
  const all = [...table, ...(options.printed ?? [])];
  const printed = outputs.slice(1).map((output) => onPage(output, world, all));
  for (const [index, step] of [...steps.entries()].reverse()) {
    const shown = options.outputs === 'any' ? null : step.shown;
    const status = options.ends?.find(([text]) => step.commands.includes(text))?.[1] ?? 0;
    const output = printed[index];
    const same = (text: string): string =>
      (options.varies ?? []).reduce((one, [pattern, to]) => one.replace(pattern, to), text);
    const differs = difference(
      { ...step, shown: shown === null ? null : same(shown) },
      output === undefined ? undefined : same(output),
      status,
    );
    if (differs !== null && UPDATE && shown !== null) rewrite(step, output ?? '');
    else assert.equal(differs, null, differs ?? '');
  }
  return printed;
}

/** The steps under the chosen headings; each heading, substitution and status of the options has to occur. */
function chosenSteps(page: string, { table, leftOut = [], only, ends = [] }: FollowOptions): readonly Step[] {
  const all = stepsOf(page);
  for (const heading of [...leftOut, ...(only ?? [])])
    assert.ok(
      all.some((step) => step.heading === heading),
      `${page} has no "${heading}"`,
    );
  const steps = all.filter(
    ({ heading }) => !leftOut.includes(heading) && (only === undefined || only.includes(heading)),
  );
  for (const [text] of [...table, ...ends])
    assert.ok(
      steps.some(({ commands }) => commands.includes(text)),
      `${page} has no ${text}: take it out of the table`,
    );
  return steps;
}

/** The services listen on free ports of this machine, and on a page on 8451 and so on. */
function addresses({ ports }: Machine): readonly Substitution[] {
  return [...ports.values()].map((port, index) => [
    `127.0.0.1:${8451 + index}`,
    `127.0.0.1:${port}`,
    'a free port',
  ]);
}

/**
 * Each block reports the status of its last command in a last line. Without a separate input, a program
 * such as ssh would read the next blocks. The `:` makes a block whole if a substitution left no command.
 */
function inTest(commands: string, table: readonly Substitution[]): string {
  const own = table.reduce((text, [from, to]) => text.replaceAll(from, to), commands);
  return `{ :\n${own}} < /dev/null\necho "status $?"\n`;
}

function onPage(output: string, world: Machine, table: readonly Substitution[]): string {
  return table
    .filter(([, to]) => to !== '')
    .reduce((text, [from, to]) => text.replaceAll(to, from), output)
    .replaceAll(`${world.folder}/`, '')
    .replaceAll(world.folder, '.');
}

function prelude({ folder }: Machine): Step {
  return { page: '', heading: '', line: 0, commands: `cd '${folder}'\n`, shown: null };
}

const STATUS = /status (\d+)\n$/;

/** The problem with the output of a step, or null. */
function difference(
  { page, line, shown }: Step,
  output: string | undefined,
  expected: number,
): string | null {
  const where = `${page}:${line}`;
  if (output === undefined) return `${where} was not reached`;
  const printed = output.replace(STATUS, '');
  const status = STATUS.exec(output)?.[1];
  if (status !== String(expected)) return `${where} ended with ${status}:\n${printed}`;
  if (shown === null || isShownAs(shown, printed)) return null;
  return `${where} shows\n${shown}\nand the commands printed\n${printed}`;
}

/** Puts the whole output in place of the shown one; a person shortens it. */
function rewrite({ page, line, shown }: Step, output: string): void {
  const file = join(ROOT, page.replace(/#.*/, ''));
  const lines = readFileSync(file, 'utf8').split('\n');
  const [before, after] = [lines.slice(0, line).join('\n'), lines.slice(line).join('\n')];
  const fresh = `\`\`\`text\n${output.replace(STATUS, '').trimEnd()}\n\`\`\``;
  writeFileSync(file, `${before}\n${after.replace(`\`\`\`text\n${shown}\`\`\``, () => fresh)}`);
}
