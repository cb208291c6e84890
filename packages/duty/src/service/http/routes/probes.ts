import { sendProblem } from '@watchbill/kit/http';
import type { PermitHealth } from '../../contract.ts';
import { settleWithin } from '../../ground/settle.ts';
import type { HttpContext } from '../context.ts';
import { problemOf } from '../problem.ts';
import { shared } from '../shared.ts';
import type { Handlers } from './service.ts';

/** Open to all clients, so their work is shared: one reading of the service at a time, kept this long. */
const FRESH_MS = 250;

export function probeHandlers(context: HttpContext) {
  const { permit, metrics, limits, stopping } = context;
  const health = shared(() => settleWithin(permit.health(), limits.probeTimeoutMs), FRESH_MS);
  const exposed = shared(() => metrics.expose(permit, limits.probeTimeoutMs), FRESH_MS);
  return {
    alive: async () => ({ alive: true }),
    ready: async ({ reply }) => {
      if (stopping.aborted) return sendProblem(reply, problemOf('stopping', 'the server is stopping'));
      const state: PermitHealth | null = await health();
      if (state?.ready === true) {
        const { certificate } = state;
        const detail = certificate === undefined ? state.detail : `${state.detail}; ${certificate}`;
        return { ready: true, state: state.state, detail };
      }
      const detail =
        state === null ? 'the service did not report its state in time' : `${state.state}: ${state.detail}`;
      return sendProblem(reply, problemOf('not-ready', detail, { state: state?.state ?? null }));
    },
    metrics: async ({ reply }) => reply.type(metrics.contentType).send(await exposed()),
  } satisfies Partial<Handlers>;
}
