// Operators of one network on machines that systemd booted, each with an own folder.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BootedMachines } from '@watchbill/testkit/machines/booted';
import { type Machine, machine } from '@watchbill/testkit/pages/world';
import { start as startCommand } from '../command.ts';
import { networkWithProgram } from './secrets-ground.ts';

const TIMEOUT_MS = 240_000;

interface Ran {
  readonly code: number | null;
  readonly out: string;
}

/** A folder of an operator, and what the network file in it has. */
export interface OperatorChoice {
  readonly name: string;
  /** Names of the machines. */
  readonly places: readonly string[];
  /** The pools, as lines of the file. */
  readonly pool: string;
}

/** An operator: a folder with the network file, and `watchbill fleet` as processes. */
export function operatorOf(
  context: TestContext,
  ground: BootedMachines,
  { name, places, pool }: OperatorChoice,
) {
  const folder = join(ground.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'network.yaml'), networkOn(ground, places, pool));
  const start = (args: readonly string[], input = '') => {
    const words = ['fleet', ...args, '--ssh-config', ground.sshConfigFile];
    const { child, ended, says } = startCommand(folder, words, { timeoutMs: TIMEOUT_MS, input });
    context.after(() => child.kill('SIGKILL'));
    return { child, says, ended: ended.then(({ code, all }): Ran => ({ code, out: all })) };
  };
  const run = (...args: readonly string[]): Promise<Ran> => start(args).ended;
  const plan = async (...args: readonly string[]): Promise<string> => {
    const { out } = await run('plan', '--json', ...args);
    const { plan: made } = JSON.parse(out) as { plan: { id: string; problems: readonly object[] } };
    assert.deepEqual(made.problems, [], out);
    return made.id;
  };
  return { folder, start, run, plan };
}

/** The file of the network `pier` on some of the machines. */
export function networkOn(ground: BootedMachines, places: readonly string[], pool: string): string {
  const hosts = places.map((one) => {
    const address = ground.machines.find(({ name }) => name === one)?.address;
    return [one, address ?? assert.fail(`no machine ${one}`)] as const;
  });
  return `${networkWithProgram(ground, Object.fromEntries(hosts))}${pool}`;
}

/** The reader of a page: the command, and an ssh that knows the machines. */
export async function pageReader(ground: BootedMachines, name: string): Promise<Machine> {
  const reader = await machine(name, {});
  knowMachines(reader, ground.sshConfigFile);
  return reader;
}

/**
 * An ssh with that configuration, in the PATH of a reader. It stands for the reader's file `.ssh/config`: ssh
 * reads the one of the user that runs the test.
 */
export function knowMachines({ folder }: Machine, sshConfigFile: string): void {
  const ssh = join(folder, '.bin/ssh');
  writeFileSync(ssh, `#!/bin/sh\nexec /usr/bin/ssh -F '${sshConfigFile}' "$@"\n`);
  chmodSync(ssh, 0o755);
}
