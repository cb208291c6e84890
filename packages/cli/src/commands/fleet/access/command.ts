import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import { addExec } from './exec.ts';
import { addForward } from './forward.ts';
import { addLogs } from './logs.ts';
import { addRpc } from './rpc.ts';

/** `fleet access`: reaches one node by its name, on any machine or cluster, and records each use. */
export function addFleetAccess(parent: Command, context: Context): void {
  const command = parent
    .command('access')
    .description(
      'read logs, run a program, forward a port or make one call, for one node by its name; each use is recorded',
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
