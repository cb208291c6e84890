import { resolve } from 'node:path';
import { counted } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { wholeOf } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import { addKeyLock, type KeyLockFlags, keyLock } from './lock.ts';
import { sayer } from './text.ts';

interface RetireFlags extends KeyLockFlags {
  readonly node: string;
  readonly keystore: string;
  readonly record: string;
  readonly marginSessions: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `fleet keys retire`: removes the files of old keys once the chain no longer uses them. */
export function addRetire(parent: Command, { io }: Context): void {
  const command = parent
    .command('retire')
    .description(
      'list the files of the old keys in a keystore, and with --yes remove them; only when the new keys work',
    )
    .requiredOption('--node <url>', 'a node of the chain, to read which keys the chain uses')
    .requiredOption('--keystore <folder>', 'keystore that has the old keys, on this machine')
    .option('--record <file>', 'record of the rotation', 'rotation.json')
    .option(
      '--margin-sessions <count>',
      'whole sessions to wait after the new keys worked for the first time',
      '1',
    )
    .option('--yes', 'remove the files that are listed')
    .option('--json', 'print JSON')
    .action((flags: RetireFlags) => retire(io, flags));
  addKeyLock(command);
  withExamples(command, [
    'watchbill fleet keys retire --node ws://127.0.0.1:9944 --keystore /var/lib/node/chains/polkadot/keystore',
    'watchbill fleet keys retire --node ws://127.0.0.1:9944 --keystore /var/lib/node/chains/polkadot/keystore --yes',
  ]);
}

async function retire(io: Io, flags: RetireFlags): Promise<void> {
  const sessions = { where: 'flag --margin-sessions', of: 'sessions', least: 0, most: 10_000 };
  const marginSessions = wholeOf(flags.marginSessions, sessions);
  const { retireKeys } = await import('../../run/operations/index.ts');
  const say = sayer(io, flags.json);
  const keystore = resolve(io.cwd, flags.keystore);
  const signal = new AbortController().signal;
  const underLock = flags.yes === true ? await keyLock(io, flags, 'retire', signal) : undefined;
  const found = await retireKeys(
    {
      record: { file: resolve(io.cwd, flags.record), name: flags.record },
      node: flags.node,
      keystore: { file: keystore, name: flags.keystore },
      marginSessions,
      remove: flags.yes === true,
      onFound: ({ files }) => {
        for (const name of files) say({ kind: 'old-key', file: name }, `old key      ${name}`);
      },
    },
    underLock === undefined ? {} : { underLock },
  );
  const others = counted(found.kept, 'other stays', 'others stay');
  if (flags.yes === true)
    say(
      { kind: 'retired', ...found },
      `retired      ${counted(found.files.length, 'file')} removed, ${others}`,
    );
  else
    say(
      { kind: 'listed', ...found },
      `listed       ${found.files.length} of ${keystore}; ${others}. To remove them, add --yes`,
    );
}
