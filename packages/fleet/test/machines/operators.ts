// The network file of an operator on machines that systemd booted, and the reader of a page.

import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootedMachines } from '@watchbill/testkit/machines/booted';
import { type Machine, machine } from '@watchbill/testkit/pages/world';
import { networkWithProgram } from './secrets-ground.ts';

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
