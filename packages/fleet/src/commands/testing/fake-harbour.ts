import { type CommandFolder, commandFolder } from '@watchbill/kit/command/testing/command-folder';
import { runFake } from './run-fleet.ts';

export const IMAGE = `docker.io/parity/polkadot@sha256:${'ab'.repeat(32)}`;

/** A folder, empty or with the network file that `fleet init` makes for the flags; it ends with the test. */
export async function harbour(
  init: readonly string[] | null = ['--chain', 'westend'],
): Promise<CommandFolder & { readonly fleet: CommandFolder['run'] }> {
  const folder = commandFolder(runFake, 'fleet');
  if (init !== null) await folder.text('init', ...init, '--image', IMAGE);
  return { ...folder, fleet: folder.run };
}
