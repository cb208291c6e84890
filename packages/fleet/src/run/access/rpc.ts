import { messageOf } from '@watchbill/kit';
import { call } from '@watchbill/kit/call';
import { z } from 'zod';
import { AccessFault } from './access-fault.ts';

/** The signal has the deadline of the command. */
const LIMITS = { deadlineMs: 86_400_000, mostBytes: 256 * 2 ** 20 };

const answerShape = z.looseObject({
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});

/**
 * One call over a forwarded port; the result as the node sent it. Throws an AccessFault, which never holds
 * the parameters.
 */
export async function callOnce(
  address: string,
  method: string,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  const answer = answerShape.safeParse(await posted(address, method, params, signal));
  if (!answer.success)
    throw new AccessFault(
      'failed',
      `the server that answered ${method} is not a Substrate node`,
      'check that this is the RPC port of the node',
    );
  const { error, result } = answer.data;
  if (error === undefined) return result ?? null;
  throw new AccessFault(
    'failed',
    `the node refused ${method} (${error.code}): ${error.message.slice(0, 300)}`,
    'list the methods with rpc_methods; a node serves unsafe methods only if its flags allow them',
  );
}

async function posted(
  address: string,
  method: string,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  const body = { jsonrpc: '2.0', id: 1, method, params };
  try {
    return await call(`http://${address}`, { body, signal, shape: z.unknown(), ...LIMITS });
  } catch (error) {
    throw new AccessFault(
      'unreachable',
      `the node does not answer ${method}: ${messageOf(error)}`,
      'check that it runs, and that its RPC listens on the port of the network file',
      error,
    );
  }
}
