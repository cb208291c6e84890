import { isSubscribing, isUnsubscribing } from '../file/rpc/index.ts';
import type { RpcRequest } from './rpc.ts';

/**
 * The subscriptions of one connection, counted by the node's answers, so that a client cannot lower the
 * count.
 */
export interface Subscriptions {
  /** Records the requests of one text; false, and records none, if they are too many. */
  readonly mayAsk: (requests: readonly RpcRequest[], most: number) => boolean;
  /** A text from the node: notes what began and what ended. */
  readonly heard: (text: string) => void;
  readonly count: () => number;
}

type Wish = { readonly kind: 'begin' } | { readonly kind: 'end'; readonly subscription: string };

export function subscriptions(): Subscriptions {
  /** By the id of the request, as JSON. */
  const wishes = new Map<string, Wish>();
  const open = new Set<string>();
  const begun = () => [...wishes.values()].filter(({ kind }) => kind === 'begin').length;
  return {
    count: () => open.size + begun(),
    mayAsk: (requests, most) => {
      const wished = requests.flatMap((request) => {
        const wish = wishOf(request);
        return wish === null ? [] : [[JSON.stringify(request.id ?? null), wish] as const];
      });
      const begins = wished.filter(([, { kind }]) => kind === 'begin').length;
      if (begins > 0 && open.size + begun() + begins > most) return false;
      for (const [key, wish] of wished) wishes.set(key, wish);
      return true;
    },
    heard: (text) => {
      // Subscription items, the most frequent messages, answer no request.
      if (wishes.size === 0) return;
      for (const { id, result, error } of answersIn(text)) {
        const key = JSON.stringify(id ?? null);
        const wish = wishes.get(key);
        if (wish === undefined) continue;
        wishes.delete(key);
        if (wish.kind === 'begin' && error === undefined) open.add(JSON.stringify(result));
        if (wish.kind === 'end' && error === undefined && result !== false) open.delete(wish.subscription);
      }
    },
  };
}

function wishOf({ method, params }: RpcRequest): Wish | null {
  if (!isUnsubscribing(method)) return isSubscribing(method) ? { kind: 'begin' } : null;
  const [subscription] = Array.isArray(params) ? params : [];
  return { kind: 'end', subscription: JSON.stringify(subscription) };
}

function answersIn(
  text: string,
): readonly { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown }[] {
  try {
    const parsed = JSON.parse(text) as unknown;
    const items: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    return items.filter((item) => typeof item === 'object' && item !== null && 'id' in item);
  } catch {
    return [];
  }
}
