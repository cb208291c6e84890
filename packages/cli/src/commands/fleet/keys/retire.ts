import { resolve } from 'node:path';
import { counted } from '@watchbill/base';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { wholeOf } from '../../numbers.ts';
import { keysFault } from './keys-fault.ts';
import { sayer } from './text.ts';

interface RetireFlags {
  readonly node: string;
  readonly keystore: string;
  readonly record: string;
  readonly marginSessions: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `fleet keys retire`: the files of old keys are removed, once nothing needs them. */
export function addRetire(parent: Command, { io }: Context): void {
  const command = parent
    .command('retire')
    .description(
      'list the files of the old keys in a keystore, and with --yes remove them; only when the new keys work',
    )
    .requiredOption('--node <url>', 'a node of the chain, which says what the chain counts on')
    .requiredOption('--keystore <folder>', 'keystore that has the old keys, on this machine')
    .option('--record <file>', 'record of the rotation', 'rotation.json')
    .option('--margin-sessions <count>', 'whole sessions to wait after the new keys were seen to work', '1')
    .option('--yes', 'remove the files that are listed')
    .option('--json', 'print JSON')
    .action((flags: RetireFlags) => retire(io, flags));
  withExamples(command, [
    'watchbill fleet keys retire --node ws://127.0.0.1:9944 --keystore /var/lib/node/chains/polkadot/keystore',
    'watchbill fleet keys retire --node ws://127.0.0.1:9944 --keystore /var/lib/node/chains/polkadot/keystore --yes',
  ]);
}

async function retire(io: Io, flags: RetireFlags): Promise<void> {
  const sessions = { where: 'flag --margin-sessions', of: 'sessions', least: 0, most: 10_000 };
  const marginSessions = wholeOf(flags.marginSessions, sessions);
  const [keys, { connectNode }, { runtimeViews }] = await Promise.all([
    import('@watchbill/fleet-run/keys'),
    import('@watchbill/chain'),
    import('@watchbill/chain/extrinsics'),
  ]);
  const [file, keystore] = [resolve(io.cwd, flags.record), resolve(io.cwd, flags.keystore)];
  const node = connectNode(flags.node, { timeoutMs: 20_000 });
  const say = sayer(io, flags.json);
  try {
    await keysFault(flags.keystore, async () => {
      const unlock = keys.lockRecord(file);
      try {
        const rotation = keys.readRotation(file);
        if (rotation === null)
          throw usageFault(`there is no record ${flags.record}`, 'name one with --record');
        const parts = { node, views: runtimeViews(), file, keystore, marginSessions };
        const found = await keys.retirement(parts, rotation);
        for (const name of found.files) say({ kind: 'old-key', file: name }, `old key      ${name}`);
        if (flags.yes !== true) {
          say(
            { kind: 'listed', ...found },
            `listed       ${found.files.length} of ${keystore}; ${counted(found.kept, 'other stays', 'others stay')}. Nothing was removed: add --yes`,
          );
          return;
        }
        keys.retire(parts, rotation, found);
        say(
          { kind: 'retired', ...found },
          `retired      ${counted(found.files.length, 'file')} removed, ${counted(found.kept, 'other stays', 'others stay')}`,
        );
      } finally {
        unlock();
      }
    });
  } finally {
    node.close();
  }
}
