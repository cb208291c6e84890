import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addSecretsList } from './list.ts';
import { addSecretsPut } from './put.ts';
import { addSecretsRemove } from './remove.ts';

/** `fleet keys secrets`: puts the secrets of a network file on machines, as credentials that they encrypt. */
export function addFleetSecrets(parent: Command, context: Context): void {
  const command = parent
    .command('secrets')
    .description(
      'list the tokens, seeds and node keys that a network file needs; put them on machines and remove them',
    );
  withExamples(command, [
    'watchbill fleet keys secrets list',
    'watchbill fleet keys secrets put validators-iron-0-duty token --from iron.token',
    'watchbill fleet keys secrets remove validators-iron-0-duty token',
  ]);
  addSecretsPut(command, context);
  addSecretsList(command, context);
  addSecretsRemove(command, context);
}
