import type { DecisionRecord } from '@watchbill/duty/service';
import { type Clock, jsonOrNull } from '@watchbill/kit';
import { openCaller } from '@watchbill/kit/call';

/** Reads the service's stream of decisions until aborted; connects again after a loss. */
export async function followDecisions(
  parts: {
    readonly url: string;
    readonly secret: string;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
  listener: (decision: DecisionRecord) => void,
): Promise<void> {
  const { url, secret, clock, signal } = parts;
  while (!signal.aborted) {
    try {
      const limits = { signal, deadlineMs: 10_000, mostBytes: 10_000 };
      const asked = { headers: { accept: 'text/event-stream' }, ...limits };
      const stream = openCaller({ token: secret }).stream(new URL('/v1/decisions/stream', url), asked);
      await readEvents(stream, listener);
    } catch {
      // A lost stream costs only some lines of the view.
    }
    await clock.sleep(500, signal);
  }
}

async function readEvents(
  body: AsyncIterable<Uint8Array>,
  listener: (decision: DecisionRecord) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/);
    rest = events.pop() ?? '';
    for (const decision of events.map(decisionOf)) if (decision !== null) listener(decision);
  }
}

/** The decision in one server-sent event, or null for a comment or another event. */
export function decisionOf(event: string): DecisionRecord | null {
  const value = jsonOrNull(/^data: *(.*)$/m.exec(event)?.[1] ?? '') as { outcome?: unknown } | null;
  return typeof value?.outcome === 'string' ? (value as DecisionRecord) : null;
}
