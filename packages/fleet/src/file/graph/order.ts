/** Something that comes after others, by id. */
export interface Ordered {
  readonly id: string;
  readonly after: readonly string[];
}

/**
 * Orders ids so that each comes after the ids that it names, and takes the smallest possible id next. Ignores
 * names of missing items. `cycle` holds the ids that cannot be ordered, sorted.
 */
export function topologicalOrder(items: readonly Ordered[]): {
  readonly order: readonly string[];
  readonly cycle: readonly string[];
} {
  const present = new Set(items.map(({ id }) => id));
  const waiting = new Map(
    items.map(({ id, after }) => [id, new Set(after.filter((one) => present.has(one)))]),
  );
  const followers = new Map<string, string[]>();
  for (const [id, before] of waiting)
    for (const one of before) followers.set(one, [...(followers.get(one) ?? []), id]);
  const ready = heap();
  for (const [id, before] of waiting) if (before.size === 0) ready.push(id);
  const order: string[] = [];
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    order.push(id);
    for (const follower of followers.get(id) ?? []) {
      const before = waiting.get(follower);
      before?.delete(id);
      if (before?.size === 0) ready.push(follower);
    }
  }
  const done = new Set(order);
  return { order, cycle: [...present].filter((id) => !done.has(id)).sort() };
}

/** A binary heap of texts, least first. */
function heap(): { readonly push: (text: string) => void; readonly pop: () => string | undefined } {
  const all: string[] = [];
  const at = (index: number) => all[index] ?? '';
  const swap = (one: number, other: number) => {
    const kept = at(one);
    all[one] = at(other);
    all[other] = kept;
  };
  const push = (text: string): void => {
    all.push(text);
    for (let child = all.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (at(parent) <= at(child)) return;
      swap(parent, child);
      child = parent;
    }
  };
  const pop = (): string | undefined => {
    const least = all[0];
    const last = all.pop();
    if (least === undefined || last === undefined || all.length === 0) return least;
    all[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      if (left >= all.length) return least;
      const child = left + 1 < all.length && at(left + 1) < at(left) ? left + 1 : left;
      if (at(parent) <= at(child)) return least;
      swap(parent, child);
      parent = child;
    }
  };
  return { push, pop };
}
