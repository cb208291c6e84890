// The pages about the guard, followed on the machines of their test.

import assert from 'node:assert/strict';
import type { BootedMachine } from '@watchbill/testkit/machines/booted';
import { blocksUnder, type Prompt, promptsOf } from '@watchbill/testkit/pages/page-run';
import { byAda, type GuardGround, inTest } from './guard-ground.ts';

/** How to guard a stock validator, from one node to a pair. */
export const GUARD = 'docs/guard/how-to/guard.md';
export const MAINTAIN = 'docs/guard/how-to/guard-maintain.md';
const SETTINGS = '/etc/watchbill/guard.env';

/** Follows the commands of pages, and keeps which of them no test has run yet. */
export interface Followed {
  /** The commands under a heading of a page. Fails if there is another number of them. */
  under(page: string, heading: string, count: number): readonly Prompt[];
  /** The blocks of settings under a heading, as they are on these machines. */
  blocks(page: string, heading: string, language: 'ini' | 'yaml', count: number): readonly string[];
  /**
   * Runs a command as the person who reads the page; answers its output. `change`: for example what that
   * person types at the terminal, as a flag.
   */
  run(machine: BootedMachine, step: Prompt | undefined, change?: (command: string) => string): string;
  /** Commands that were not run. One that two pages print is run once. */
  left(): readonly string[];
}

export function followPages(pages: readonly string[], ground: () => GuardGround): Followed {
  const prompts = pages.flatMap(promptsOf);
  const left = new Set(prompts);
  return {
    under: (page, heading, count) => {
      const found = prompts.filter((step) => step.page === page && step.heading === heading);
      assert.equal(found.length, count, `commands under "${heading}" of ${page}`);
      return found;
    },
    blocks: (page, heading, language, count) => {
      const found = blocksUnder(page, heading, language);
      assert.equal(found.length, count, `blocks of ${language} under "${heading}" of ${page}`);
      return found.map((text) => inTest(text, ground()));
    },
    run: (machine, step = assert.fail('there is no such command'), change = (command) => command) => {
      for (const other of left)
        if (other === step || (other.page !== step.page && other.commands === step.commands))
          left.delete(other);
      return byAda(machine, change(inTest(step.commands, ground())));
    },
    left: () => [...left].map(({ page, commands }) => `${page}: ${commands}`),
  };
}

/** Each line that the page shows is a line of the output; `…` stands for the rest of a line. */
export function assertShown({ page, commands, shown }: Prompt, output: string): void {
  const lines = output.split('\n');
  const starts = shown.trimEnd().split('\n');
  for (const start of starts) {
    const [text = '', rest] = start.split('…');
    const isThere = lines.some((line) => (rest === undefined ? line === text : line.startsWith(text)));
    assert.ok(isThere, `${page} shows "${start}" for ${commands}, which prints:\n${output}`);
  }
}

/** Writes a file as a person does with an editor. */
export function writeFile(machine: BootedMachine, path: string, text: string): void {
  machine.on(`cat > ${path} <<'END-OF-FILE'\n${text}END-OF-FILE`);
}

/** Writes settings into their lines of the file that `init` made. */
export function writeSettings(machine: BootedMachine, block: string): void {
  let text = machine.on(`cat ${SETTINGS}`);
  for (const [line, name = ''] of block.matchAll(/^([A-Z]+)=.*$/gm)) {
    const old = new RegExp(`^${name}=.*$`, 'm');
    assert.match(text, old, SETTINGS);
    text = text.replace(old, () => line);
  }
  writeFile(machine, SETTINGS, text);
}
