import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import { addExec } from './exec.ts';
import { addForward } from './forward.ts';
import { addLogs } from './logs.ts';
import { addRpc } from './rpc.ts';

/** `fleet access`: a way to one node by its name, wherever it runs; each use is written down. */
export function addFleetAccess(parent: Command, context: Context): void {
  const command = parent
    .command('access')
    .description(
      'logs, programs, a port or one call of a node by its name, wherever it runs; each use is written down',
    );
  withExamples(command, [
    'watchbill fleet access logs rpc-main-0 --tail 100 --follow',
    'watchbill fleet access rpc validators-main-0 system_health',
  ]);
  addLogs(command, context);
  addExec(command, context);
  addForward(command, context);
  addRpc(command, context);
}
