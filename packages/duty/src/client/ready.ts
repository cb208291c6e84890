import { fault } from '@watchbill/kit';
import { withApi } from './api.ts';
import { place, type Target } from './target.ts';

/** The state of a service that grants. Throws a fault with exit status 5 for any other. */
export async function askReady(target: Target): Promise<string> {
  const { status, body } = await withApi(target, (api) => api.ask('GET', '/readyz'));
  const { state = 'unknown', detail = '' } = (body ?? {}) as { state?: string; detail?: string };
  if (status === 200) return state;
  throw notReady(target, { state, detail });
}

/** The fault for a service that does not grant, for example `after 30 s`. */
export function notReady(target: Target, health: { state: string; detail: string }, after = '') {
  return fault('not-ready', 'unreachable', {
    what: `the service is not ready${after}: ${health.state}. ${health.detail}`,
    where: place(target),
    remedy: 'look at the log of the service; `watchbill status` shows the state of the others',
  });
}
