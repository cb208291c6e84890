import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addFleetSecrets } from '../secrets/secrets-command.ts';
import { addAbort } from './abort.ts';
import { addMigrate } from './migrate.ts';
import { addRetire } from './retire.ts';
import { addRotate } from './rotate.ts';
import { addStatus } from './status.ts';

/** `fleet keys`: changes the session keys of a validator or collator. Never needs the stash key. */
export function addFleetKeys(parent: Command, context: Context): void {
  const command = parent
    .command('keys')
    .description(
      'change the session keys of a validator: the node makes them, you register them, and the command follows until they work. Put the secrets of nodes on machines',
    );
  withExamples(command, [
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u… --record rotation.json --call set-keys.hex',
    'watchbill fleet keys status --record rotation.json',
  ]);
  addRotate(command, context);
  addMigrate(command, context);
  addStatus(command, context);
  addRetire(command, context);
  addAbort(command, context);
  addFleetSecrets(command, context);
}
