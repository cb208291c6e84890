// Pages whose commands need real nodes: run as printed, in one shell, and compared with what the page shows.

import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runSteps, type Step, stepsOf } from '@watchbill/testkit/pages/page-run';
import { DEVNODE, stamp } from '@watchbill/testkit/pages/stamp';
import { folderUntilExit } from './folder.ts';

/** A page's port, or another of its texts, and what stands in its place in a test. */
export type Changes = ReadonlyMap<string, string>;

/**
 * The same steps with other texts in their commands. Each text must be in one of them: a page may have
 * changed.
 */
export function changed(steps: readonly Step[], changes: Changes): readonly Step[] {
  for (const text of changes.keys())
    assert.ok(
      steps.some(({ commands }) => commands.includes(text)),
      `no command of ${steps[0]?.page} has ${text}`,
    );
  return steps.map((step) => {
    let { commands } = step;
    for (const [from, to] of changes) commands = commands.replaceAll(from, to);
    return { ...step, commands };
  });
}

export interface PagesRun {
  /** What varies between two runs, besides the folder: patterns and what is compared in their place. */
  readonly varies?: readonly (readonly [RegExp, string])[];
  /** What was put into commands, to be turned back in what they print. */
  readonly changes?: Changes;
  readonly timeoutMs: number;
  /** The home of the reader; a new folder unless set. */
  readonly home?: string;
  /** More variables of the shell. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs steps in a home of their own; fails where one prints something else than its page shows, or is not
 * reached.
 */
export async function assertPages(
  steps: readonly Step[],
  {
    varies = [],
    changes = new Map(),
    timeoutMs,
    home = folderUntilExit('watchbill-pages-'),
    env: more,
  }: PagesRun,
): Promise<void> {
  // What was built before stands in the cache of whoever runs the tests.
  const env = {
    ...more,
    HOME: home,
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  };
  const { outputs, exitCode } = await runSteps(steps, { env, timeoutMs });
  const normal = (text: string): string => {
    let same = text.replaceAll(home, '/home/ada');
    for (const [from, to] of changes) same = same.replaceAll(to, from);
    for (const [pattern, to] of varies) same = same.replace(pattern, to);
    return same.replace(/[ \t]+$/gm, '').trim();
  };
  const reached = steps.slice(0, outputs.length);
  const pairs = reached.flatMap(({ page, line, shown }, index) =>
    shown === null ? [] : [{ where: `${page}:${line}`, shown, printed: outputs[index] ?? '' }],
  );
  assert.deepEqual(
    Object.fromEntries(pairs.map(({ where, printed }) => [where, normal(printed).split('\n')])),
    Object.fromEntries(pairs.map(({ where, shown }) => [where, normal(shown).split('\n')])),
  );
  const next = steps[outputs.length];
  assert.equal(next, undefined, `${next?.page}:${next?.line} was not reached; before it: ${outputs.at(-1)}`);
  assert.equal(exitCode, 0);
  for (const page of new Set(steps.map((step) => step.page))) stamp(page, DEVNODE);
}

/** The steps of a page under some of its headings; each of them has one. */
export function under(page: string, headings: readonly string[]): readonly Step[] {
  const steps = stepsOf(page).filter(({ heading }) => headings.includes(heading));
  const found = new Set(steps.map(({ heading }) => heading));
  assert.deepEqual(
    headings.filter((heading) => !found.has(heading)),
    [],
    `${page} has no commands under these headings`,
  );
  return steps;
}
