import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { stamp } from '../docs/stamp.ts';
import { textOf } from './demo-group.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a how-to page, by its name, for example `coordinate-try`. */
function pageOf(name: string): string {
  return textOf(`${ROOT}docs/how-to/${name}.md`);
}

/** The commands of a how-to page, and which of them a test ran. */
export interface FollowedPage {
  readonly text: string;
  /** The arguments of the lines `watchbill coordinate …` that fit, in their order. Each counts as run. */
  readonly commands: (pattern: RegExp) => readonly string[];
  /** Fails if a command of the page was not run, or if the stamp of the page is old. */
  readonly end: () => void;
}

/** @param name the page, for example `coordinate-try` */
export function followedPage(name: string): FollowedPage {
  const text = pageOf(name);
  const all = [...text.matchAll(/^ *watchbill coordinate (.*)$/gm)].map(([, args = '']) => args);
  const ran = new Set<string>();
  return {
    text,
    commands: (pattern) => {
      const found = all.filter((args) => pattern.test(args));
      for (const args of found) ran.add(args);
      return found;
    },
    end: () => {
      assert.deepEqual(
        all.filter((args) => !ran.has(args)),
        [],
        `commands of ${name} that no test runs`,
      );
      stamp(`docs/how-to/${name}.md`, `Node ${process.versions.node}`);
    },
  };
}
