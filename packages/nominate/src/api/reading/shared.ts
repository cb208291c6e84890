/**
 * A reading that all who ask within `freshMs` share, so that a crowd costs one. A failed one is shared with those who wait for it
 * and no longer.
 */
export function shared<Value>(
  read: () => Promise<Value>,
  freshMs: number,
  nowMs: () => number = () => performance.now(),
): () => Promise<Value> {
  let last: { readonly value: Promise<Value>; readonly atMs: number } | null = null;
  return () => {
    const now = nowMs();
    if (last !== null && now - last.atMs <= freshMs) return last.value;
    const value = read();
    const mine = { value, atMs: now };
    last = mine;
    value.catch(() => {
      if (last === mine) last = null;
    });
    return value;
  };
}
