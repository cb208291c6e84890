// Follows a page as a reader does: its commands in one shell, in order, and its outputs compared.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runSteps, type Step, stepsOf } from '../../docs/page-run.ts';
import { isShownAs } from '../../docs/shown.ts';
import { UPDATE } from '../../docs/stamp.ts';
import type { Machine } from './world.ts';

/** A text of the page, what stands for it in the test, and why they differ. Each one has to occur. */
export type Substitution = readonly [page: string, test: string, why: string];

export interface FollowOptions {
  readonly table: readonly Substitution[];
  /** Headings whose commands the reader of this store leaves out. */
  readonly leftOut?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `any`: the page shows the outputs of another store; the statuses count. */
  readonly outputs?: 'any';
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
  const steps = stepsOf(page).filter(({ heading }) => options.leftOut?.includes(heading) !== true);
  for (const heading of options.leftOut ?? [])
    assert.ok(
      stepsOf(page).some((step) => step.heading === heading),
      `${page} has no "${heading}"`,
    );
  for (const [text] of options.table)
    assert.ok(
      steps.some(({ commands }) => commands.includes(text)),
      `${page} has no ${text}: take it out of the table`,
    );
  const table = [...options.table, ...addresses(world)];
  const moved = steps.map((step) => ({ ...step, commands: inTest(step.commands, table) }));
  const { outputs } = await runSteps([prelude(world), ...moved], {
    env: { ...world.env, ...options.env },
    timeoutMs: TIMEOUT_MS,
  });
  const printed = outputs.slice(1).map((output) => onPage(output, world, table));
  for (const [index, step] of [...steps.entries()].reverse()) {
    const shown = options.outputs === 'any' ? null : step.shown;
    const differs = difference({ ...step, shown }, printed[index]);
    if (differs !== null && UPDATE && shown !== null) rewrite(step, printed[index] ?? '');
    else assert.equal(differs, null, differs ?? '');
  }
  return printed;
}

/** The services listen on free ports of this machine, and on a page on 8451 and so on. */
function addresses({ ports }: Machine): readonly Substitution[] {
  return [...ports.values()].map((port, index) => [
    `127.0.0.1:${8451 + index}`,
    `127.0.0.1:${port}`,
    'a free port',
  ]);
}

/** Each block reports the status of its last command in a last line. */
function inTest(commands: string, table: readonly Substitution[]): string {
  return `${table.reduce((text, [from, to]) => text.replaceAll(from, to), commands)}echo "status $?"\n`;
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

/** What is wrong with the output of a step, or null. */
function difference({ page, line, shown }: Step, output: string | undefined): string | null {
  const where = `${page}:${line}`;
  if (output === undefined) return `${where} was not reached`;
  const printed = output.replace(STATUS, '');
  const status = STATUS.exec(output)?.[1];
  if (status !== '0') return `${where} ended with ${status}:\n${printed}`;
  if (shown === null || isShownAs(shown, printed)) return null;
  return `${where} shows\n${shown}\nand the commands printed\n${printed}`;
}

/** Puts the whole output in place of the shown one; a person shortens it. */
function rewrite({ page, line, shown }: Step, output: string): void {
  const file = join(ROOT, page);
  const lines = readFileSync(file, 'utf8').split('\n');
  const [before, after] = [lines.slice(0, line).join('\n'), lines.slice(line).join('\n')];
  const fresh = `\`\`\`text\n${output.replace(STATUS, '').trimEnd()}\n\`\`\``;
  writeFileSync(file, `${before}\n${after.replace(`\`\`\`text\n${shown}\`\`\``, () => fresh)}`);
}
