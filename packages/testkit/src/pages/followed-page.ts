// A page whose commands a test takes one by one, because it waits and looks between them.

import assert from 'node:assert/strict';
import { blockCommands } from './command-lines.ts';
import { pageText, stepsOf } from './page-run.ts';
import { stamp } from './stamp.ts';

export interface FollowedPage {
  readonly text: string;
  /**
   * The words of the first command of a block that fits, without quotes, for example
   * `['watchbill', 'nominate', 'run']`. Each command that equals it counts as run.
   */
  command(pattern: RegExp): readonly string[];
  /** The output that the page shows under the block with this command. */
  shown(pattern: RegExp): string;
  /** Fails if a command of the page was not run, or if the stamp of the page is old. */
  end(store?: string): void;
}

/** @param page for example `docs/nominate/how-to/nominate-local.md#three-nominators` */
export function followedPage(page: string): FollowedPage {
  const text = pageText(page);
  const all = blockCommands(text).map(({ words }) => words);
  const steps = stepsOf(page);
  const lineOf = (words: readonly string[]): string => words.join(' ');
  const ran = new Set<string>();
  return {
    text,
    command: (pattern) => {
      const words = all.find((each) => pattern.test(lineOf(each)));
      if (words === undefined) return assert.fail(`${page} has no command ${pattern}`);
      ran.add(lineOf(words));
      return words;
    },
    shown: (pattern) =>
      steps.find(
        ({ commands, shown }) => shown !== null && commands.split('\n').some((line) => pattern.test(line)),
      )?.shown ?? assert.fail(`${page} shows no output of ${pattern}`),
    end: (store = `Node ${process.versions.node}`) => {
      const left = all.map(lineOf).filter((line) => !ran.has(line));
      assert.deepEqual(left, [], `commands of ${page} that no test runs`);
      stamp(page, store);
    },
  };
}
