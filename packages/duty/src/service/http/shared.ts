/** One reading for everyone who asks within a moment; after a change it is read again. */
export function shared<Value>(
  read: () => Promise<Value>,
  freshMs: number,
  nowMs: () => number = () => performance.now(),
): (isChanged?: boolean) => Promise<Value> {
  let last: Promise<Value> | null = null;
  let readAtMs = 0;
  return (isChanged = false) => {
    if (isChanged || last === null || nowMs() - readAtMs > freshMs) {
      readAtMs = nowMs();
      last = read();
    }
    return last;
  };
}
