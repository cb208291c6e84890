import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addGatewayRun } from './gateway-run.ts';
import { addGatewayInit } from './init.ts';
import { addGatewayKey } from './key.ts';
import { addGatewayRender } from './render.ts';

/** `fleet services gateway`: the RPC of nodes for callers outside. */
export function addFleetGateway(parent: Command, context: Context): void {
  const command = parent
    .command('gateway')
    .description('run an RPC gateway: callers need a key, have limits, and cannot call unsafe methods');
  withExamples(command, [
    'watchbill fleet services gateway init --backend ws://127.0.0.1:9944',
    'watchbill fleet services gateway render --file network.yaml --place iron --out gateways',
    'watchbill fleet services gateway key --name app --tier partner --out app.key',
    'watchbill fleet services gateway run',
  ]);
  addGatewayInit(command, context);
  addGatewayRender(command, context);
  addGatewayKey(command, context);
  addGatewayRun(command, context);
}
