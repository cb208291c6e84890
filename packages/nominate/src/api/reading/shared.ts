/**
 * A reading that all callers within `freshMs` share, so that a crowd causes one query. A failed reading is
 * shared only with the callers that already wait for it.
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
