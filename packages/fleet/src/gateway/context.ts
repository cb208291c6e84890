import type { Logger } from 'pino';
import type { Admissions } from './admission.ts';
import type { Caller } from './caller.ts';
import { costOf, methodProblem } from './judge.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { BackendPool } from './pool.ts';
import type { Quota } from './quota.ts';
import { GATEWAY_ERRORS, type RpcError, type RpcRequest } from './rpc.ts';
import type { GatewaySettings, Tier } from './settings.ts';

/** The state that all connections of a gateway share. */
export interface GatewayContext {
  readonly settings: GatewaySettings;
  readonly admissions: Admissions;
  readonly quota: Quota;
  readonly pool: BackendPool;
  readonly metrics: GatewayMetrics;
  readonly log: Logger;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Aborted when the gateway begins to stop. */
  readonly stopping: AbortSignal;
  /** HTTP requests under way, and connections. */
  readonly load: { inFlight: number; connections: number };
}

/** Names of tiers are checked when callers are made. */
export function tierOf({ settings }: Pick<GatewayContext, 'settings'>, { tier }: Caller): Tier {
  const found = settings.tiers[tier];
  if (found === undefined) throw new Error(`there is no tier ${tier}`);
  return found;
}

export interface Sorted {
  readonly allowed: readonly RpcRequest[];
  readonly refused: readonly { readonly request: RpcRequest; readonly error: RpcError }[];
}

/** Splits requests into allowed and refused ones. Counts both. */
export function sortRequests(
  context: GatewayContext,
  caller: Caller,
  requests: readonly RpcRequest[],
): Sorted {
  const tier = tierOf(context, caller);
  const allowed: RpcRequest[] = [];
  const refused: { readonly request: RpcRequest; readonly error: RpcError }[] = [];
  for (const request of requests) {
    const error = methodProblem(request, tier);
    if (error === null) allowed.push(request);
    else refused.push({ request, error });
  }
  context.metrics.requests(caller.tier, 'allowed', allowed.length);
  context.metrics.requests(caller.tier, 'method', refused.length);
  return { allowed, refused };
}

/** Spends the cost of the requests; an error, and milliseconds to wait, if the caller has used its share. */
export function spend(
  context: GatewayContext,
  caller: Caller,
  requests: readonly RpcRequest[],
): { readonly error: RpcError; readonly waitMs: number } | null {
  const cost = costOf(requests, context.settings.costs);
  const waitMs = context.quota.spend(caller.id, tierOf(context, caller), cost);
  if (waitMs === 0) return null;
  context.metrics.requests(caller.tier, 'limited', requests.length);
  const message = `more requests than this key may make: wait ${waitMs} ms`;
  return { error: { code: GATEWAY_ERRORS.limited, message }, waitMs };
}
