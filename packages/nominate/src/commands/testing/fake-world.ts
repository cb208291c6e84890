import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from './run-nominate.ts';

/** A folder in which commands of `nominate` run. */
export interface World {
  readonly cwd: string;
  readonly nominate: (...args: readonly string[]) => Promise<Ran>;
  /** The JSON of a command that must succeed. */
  readonly json: (...args: readonly string[]) => Promise<Record<string, unknown>>;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  /** Writes a copy of a file with a text replaced that must be in it. */
  readonly copy: (from: string, to: string, before: string | RegExp, after: string) => void;
}

/** An empty folder, or one with the example in it. */
export async function world(example: readonly string[] | null = []): Promise<World> {
  const cwd = temporaryFolder();
  const nominate = (...args: readonly string[]) => runFake(['nominate', ...args], { cwd });
  const read = (file: string) => readFileSync(join(cwd, file), 'utf8');
  const write = (file: string, text: string) => writeFileSync(join(cwd, file), text);
  const made: World = {
    cwd,
    nominate,
    json: async (...args) => {
      const ran = await nominate(...args, '--json');
      assert.equal(ran.code, 0, ran.stderr);
      return JSON.parse(ran.stdout) as Record<string, unknown>;
    },
    read,
    write,
    copy: (from, to, before, after) => {
      const text = read(from);
      const changed = text.replace(before, after);
      assert.notEqual(changed, text, `${from} holds ${String(before)}`);
      write(to, changed);
    },
  };
  if (example !== null) await made.json('init', '--example', ...example);
  return made;
}

export const SNAPSHOT = ['--snapshot', 'example-snapshot.json'] as const;
