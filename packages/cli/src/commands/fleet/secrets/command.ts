import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import { addSecretsList } from './list.ts';
import { addSecretsPut } from './put.ts';
import { addSecretsRemove } from './remove.ts';

/** `fleet secrets`: what a network file takes from secrets, put on machines as credentials that they encrypt themselves. */
export function addFleetSecrets(parent: Command, context: Context): void {
  const command = parent
    .command('secrets')
    .description(
      'tokens, seeds and node keys that a network file takes from secrets: which are needed and there; on machines, put and removed',
    );
  withExamples(command, [
    'watchbill fleet secrets list',
    'watchbill fleet secrets put validators-iron-0-duty token --from iron.token',
    'watchbill fleet secrets remove validators-iron-0-duty token',
  ]);
  addSecretsPut(command, context);
  addSecretsList(command, context);
  addSecretsRemove(command, context);
}
