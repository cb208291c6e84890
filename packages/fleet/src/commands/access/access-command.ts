import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addExec } from './exec.ts';
import { addForward } from './forward.ts';
import { addLogs } from './logs.ts';
import { addRpc } from './rpc.ts';

/** `fleet access`, an earlier spelling: reaches one node by its name, and records each use. */
export function addFleetAccess(parent: Command, context: Context): void {
  const command = parent
    .command('access')
    .description(
      'read logs, run a program, forward a port or make one call, for one node by its name; each use is recorded',
    );
  withExamples(command, [
    'watchbill fleet nodes logs rpc-main-0 --tail 100 --follow',
    'watchbill fleet nodes rpc validators-main-0 system_health',
  ]);
  addNodeAccess(command, context);
}

/** The commands that reach one node, each by itself: `fleet nodes logs`. */
export function addNodeAccess(parent: Command, context: Context): void {
  addLogs(parent, context);
  addExec(parent, context);
  addForward(parent, context);
  addRpc(parent, context);
}
