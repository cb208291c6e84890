import { fits, isUnsafe, matcher } from '../file/rpc/index.ts';
import { GATEWAY_ERRORS, type RpcError, type RpcRequest } from './rpc.ts';
import type { Tier } from './settings.ts';

/** Null if a tier may call the method. The message reveals neither which tiers exist nor what they may do. */
export function methodProblem({ method }: RpcRequest, { methods }: Tier): RpcError | null {
  if (isUnsafe(method))
    return {
      code: GATEWAY_ERRORS.refused,
      message: `${shown(method)} is refused for every caller: it is for the operator of the node`,
    };
  if (offers(methods)(method)) return null;
  return { code: GATEWAY_ERRORS.refused, message: `${shown(method)} is not offered to this key` };
}

const matchers = new WeakMap<readonly string[], (method: string) => boolean>();

/** Settings stay as they were read, so the patterns of a tier are prepared once. */
function offers(methods: readonly string[]): (method: string) => boolean {
  const known = matchers.get(methods);
  if (known !== undefined) return known;
  const made = matcher(methods);
  matchers.set(methods, made);
  return made;
}

/** A name from outside, safe to show. */
function shown(method: string): string {
  return /^\w+$/.test(method) ? method : 'the method';
}

/** The cost of requests: the highest of the matching patterns, or 1 each. */
export function costOf(requests: readonly RpcRequest[], costs: Readonly<Record<string, number>>): number {
  const entries = Object.entries(costs);
  if (entries.length === 0) return requests.length;
  return requests.reduce((total, { method }) => {
    const fitting = entries.filter(([pattern]) => fits(method, pattern)).map(([, cost]) => cost);
    return total + (fitting.length === 0 ? 1 : Math.max(...fitting));
  }, 0);
}
