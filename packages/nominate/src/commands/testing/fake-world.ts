import assert from 'node:assert/strict';
import { commandFolder } from '@watchbill/kit/command/testing/command-folder';
import { runFake } from './run-nominate.ts';

/** A folder in which commands of `nominate` run: empty, or with the example in it. */
export async function world(example: readonly string[] | null = []) {
  const folder = commandFolder(runFake, 'nominate');
  if (example !== null) await folder.json('init', '--example', ...example);
  return {
    ...folder,
    nominate: folder.run,
    /** Writes a copy of a file with a text replaced that must be in it. */
    copy: (from: string, to: string, before: string | RegExp, after: string): void => {
      const text = folder.read(from);
      const changed = text.replace(before, after);
      assert.notEqual(changed, text, `${from} holds ${String(before)}`);
      folder.write(to, changed);
    },
  };
}

export const SNAPSHOT = ['--snapshot', 'example-snapshot.json'] as const;
