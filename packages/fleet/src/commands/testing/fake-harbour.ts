import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from './run-fleet.ts';

export const IMAGE = `docker.io/parity/polkadot@sha256:${'ab'.repeat(32)}`;

/** A folder in which commands of `fleet` run. */
export interface Harbour {
  readonly cwd: string;
  readonly fleet: (...args: readonly string[]) => Promise<Ran>;
  /** The output of a command that must succeed. */
  readonly text: (...args: readonly string[]) => Promise<string>;
  readonly json: (...args: readonly string[]) => Promise<Record<string, unknown>>;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
}

/** A folder, empty or with the network file that `fleet init` makes for the flags; it ends with the test. */
export async function harbour(init: readonly string[] | null = ['--chain', 'westend']): Promise<Harbour> {
  const cwd = temporaryFolder();
  const fleet = (...args: readonly string[]) => runFake(['fleet', ...args], { cwd });
  const text = async (...args: readonly string[]) => {
    const ran = await fleet(...args);
    assert.equal(ran.code, 0, ran.stderr);
    return ran.stdout;
  };
  if (init !== null) await text('init', ...init, '--image', IMAGE);
  return {
    cwd,
    fleet,
    text,
    json: async (...args) => JSON.parse(await text(...args, '--json')) as Record<string, unknown>,
    read: (file) => readFileSync(join(cwd, file), 'utf8'),
    write: (file, content) => writeFileSync(join(cwd, file), content),
  };
}
