import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../testing/index.ts';
import type { FakeSettings, Ran } from './fake-io.ts';

type Words = readonly string[];

/** A folder in which commands of one capability run. The first argument may be several words. */
export interface CommandFolder {
  readonly cwd: string;
  readonly run: (...args: Words) => Promise<Ran>;
  /** The output of a command that must succeed. */
  readonly text: (...args: Words) => Promise<string>;
  /** The JSON of a command that must succeed. */
  readonly json: (...args: Words) => Promise<Record<string, unknown>>;
  /** A command that must end with this code, and say this on standard error. */
  readonly refused: (code: number, words: RegExp, ...args: Words) => Promise<Ran>;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
}

const wordsOf = ([line = '', ...more]: Words): Words => [...line.split(' '), ...more];

/** @param first the word of the capability, for example `fleet` */
export function commandFolder(
  runFake: (args: Words, settings: FakeSettings) => Promise<Ran>,
  first: string,
  cwd = temporaryFolder(),
): CommandFolder {
  const run = (...args: Words): Promise<Ran> => runFake([first, ...wordsOf(args)], { cwd });
  const ended = async (code: number, args: Words): Promise<Ran> => {
    const ran = await run(...args);
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.all}`);
    return ran;
  };
  return {
    cwd,
    run,
    text: async (...args) => (await ended(0, args)).stdout,
    json: async (...args) => JSON.parse((await ended(0, [...args, '--json'])).stdout),
    refused: async (code, words, ...args) => {
      const ran = await ended(code, args);
      assert.match(ran.stderr, words);
      return ran;
    },
    read: (file) => readFileSync(join(cwd, file), 'utf8'),
    write: (file, text) => writeFileSync(join(cwd, file), text),
  };
}
