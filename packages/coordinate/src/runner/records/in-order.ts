/** Far more than a caller needs that waits for each of its calls, or now and then stops waiting for one. */
const MAX_WAITING = 16;

/**
 * Calls that run one after another in their order, whether their callers wait for them or not. Rejects at
 * once if too many already wait, because then the disk does not answer.
 */
export function inOrder(maxWaiting = MAX_WAITING): <Value>(call: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (call) => {
    if (waiting >= maxWaiting) throw new Error(`${waiting} calls already wait for the disk`);
    waiting += 1;
    const result = last.then(call, call).finally(() => {
      waiting -= 1;
    });
    last = result.catch(() => undefined);
    return result;
  };
}
