import { text } from 'node:stream/consumers';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { printJson } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { type AccessFlags, addAccessFlags, useNode } from './open.ts';

interface RpcFlags extends AccessFlags {
  readonly unsafe?: boolean;
  readonly signingNode?: boolean;
  readonly timeout: number;
}

export function addRpc(parent: Command, { io }: Context): void {
  const command = parent
    .command('rpc <node> <method> [params]')
    .description('make one call to a node, over a forwarded port, and print the result as JSON')
    .option('--unsafe', 'required if the method is unsafe')
    .option('--signing-node', 'required with --unsafe if the node signs')
    .option('--json', 'accepted for consistency: the command always prints JSON')
    .option('--timeout <seconds>', 'longest time for an answer', secondsFlag('--timeout'), 30);
  addAccessFlags(command).action(
    async (node: string, method: string, params: string | undefined, flags: RpcFlags) => {
      const { callOnce, checkRpc } = await import('../../run/access/index.ts');
      const timeoutMs = flags.timeout * 1_000;
      const consent = {
        unsafe: flags.unsafe === true,
        signingNode: flags.signingNode === true,
        paramsInArguments: params !== undefined && params !== '-',
      };
      await useNode(io, node, flags, {
        verb: 'rpc',
        what: method,
        check: (found) => checkRpc(found, method, consent),
        work: async (access, signal) => {
          const list = paramsOf(params === '-' ? await text(process.stdin) : params);
          const { address, close } = await access.forward(signal);
          try {
            const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
            printJson(io, await callOnce(address, method, list, until));
          } finally {
            close();
          }
        },
      });
    },
  );
  withExamples(command, [
    'watchbill fleet nodes rpc rpc-main-0 system_health',
    "watchbill fleet nodes rpc rpc-main-0 chain_getBlockHash '[100]'",
  ]);
}

/** The error never repeats the parameters: they may hold a secret. */
function paramsOf(given: string | undefined): readonly unknown[] {
  if (given === undefined) return [];
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(given);
  } catch {
    parsed = null;
  }
  if (Array.isArray(parsed)) return parsed;
  throw usageFault(
    'the parameters are not JSON list',
    "for example '[100]', or - to give them on standard input",
    'params',
  );
}
