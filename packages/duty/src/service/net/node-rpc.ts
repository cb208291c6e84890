import { CallFault, openCaller } from '@watchbill/kit/call';
import { z } from 'zod';
import type { NodeRpc, RoundState } from '../ports.ts';

const MAX_ANSWER_BYTES = 4 * 1_024 * 1_024;
const U64_MAX = (1n << 64n) - 1n;
const REMEDY = 'Check the rpcUrl of the node in the policy, and that its GRANDPA voter runs (`--validator`).';

const REQUEST = { jsonrpc: '2.0', id: 1, method: 'grandpa_roundState', params: [] };

const u64 = z
  .union([z.bigint(), z.int()])
  .transform((value) => BigInt(value))
  .refine((value) => value >= 0n && value <= U64_MAX);
const answerShape = z.object({ result: z.object({ setId: u64, best: z.object({ round: u64 }) }) });
/** A node whose voter waits may repeat its last value with its age; `watchbill-wiring` does. */
const oldShape = z.object({ result: z.object({ ageMs: z.unknown().refine((age) => age !== undefined) }) });
const errorShape = z.object({ error: z.object({ code: z.coerce.string(), message: z.string() }) });

/** The {@link NodeRpc} port: JSON-RPC `grandpa_roundState` over HTTP POST. Rejects with a CallFault. */
export function httpNodeRpc(): NodeRpc {
  const { ask } = openCaller({ kept: true });
  return {
    roundState: async (rpcUrl, deadlineMs) => {
      const limits = { deadlineMs, mostBytes: MAX_ANSWER_BYTES };
      const { status, text } = await ask(rpcUrl, { body: REQUEST, ...limits });
      const origin = URL.parse(rpcUrl)?.origin ?? 'the node';
      if (status !== 200) throw invalid(`${origin} answered grandpa_roundState with status ${status}`);
      return readRoundState(text, origin);
    },
  };
}

/** Numbers are read from their text, since a u64 does not fit a double. */
function readRoundState(text: string, origin: string): RoundState {
  const value = parseExact(text);
  const failed = errorShape.safeParse(value);
  if (failed.success) {
    const { code, message } = failed.data.error;
    throw invalid(`${origin} refused grandpa_roundState: ${code} ${message.slice(0, 200)}`);
  }
  // Readings are judged in order, so a value from before this question must not be used.
  if (oldShape.safeParse(value).success)
    throw invalid(`${origin} answered grandpa_roundState with an old value, because its voter is waiting`);
  const parsed = answerShape.safeParse(value);
  if (!parsed.success) throw invalid(`${origin} answered grandpa_roundState in a form that cannot be read`);
  const { setId, best } = parsed.data.result;
  return { setId, bestRound: best.round };
}

function invalid(message: string): CallFault {
  return new CallFault('answer-invalid', message, REMEDY);
}

type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context?: { readonly source?: string },
) => unknown;

const exact: Reviver = (_key, value, context) => {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^[0-9]{1,20}$/.test(source) ? BigInt(source) : value;
};

function parseExact(text: string): unknown {
  try {
    return JSON.parse(text, exact);
  } catch {
    return undefined;
  }
}
