// One handover by the route, with the decisions that explain a refusal.

import type { DecisionRecord, WatchState } from '@watchbill/duty/service';
import type { ScenarioSetup } from '@watchbill/testkit/scenario';

/** Asks again as an operator does if the store of a busy machine did not answer in time. */
export async function answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 3 || !String(error).includes('store-unavailable')) throw error;
    }
  }
}

interface Order {
  readonly chain: string;
  readonly key: string;
  readonly to: string;
}

/** A handover by the route; a refusal shows the last decisions. */
export async function moveOnce({ services }: ScenarioSetup, order: Order): Promise<WatchState> {
  const service = services.alive();
  try {
    return (await service.admin('POST', '/v1/watch/handover', order)) as WatchState;
  } catch (error) {
    const { decisions } = (await service.admin('GET', `/v1/decisions?key=${order.key}&limit=40`)) as {
      decisions: readonly DecisionRecord[];
    };
    const lines = decisions.map(
      ({ atMs, node, unit, parts, outcome, reason, detail }) =>
        `${atMs % 1_000_000} ${node} ${unit} ${parts.join('+')} ${outcome} ${reason} ${detail}`,
    );
    throw new Error(`${String(error)}\n${lines.join('\n')}`, { cause: error });
  }
}
