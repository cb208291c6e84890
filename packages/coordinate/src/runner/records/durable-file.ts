import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replace a file as a whole: at any moment, also after a power cut, it holds either the old bytes or the new ones. Resolves when the new
 * ones are durable. Calls for one file must not overlap.
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const next = join(folder, `.${basename(path)}.next`);
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncFolder(folder);
}

/** What was made, renamed or removed in a folder is durable after this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Far more than a caller makes that waits for each of its calls, or gives one up now and then. */
const MAX_WAITING = 16;

/**
 * Calls that run one after another in their order, whether their callers wait for them or not. Rejects at once where too many wait
 * already, because the disk does not answer.
 */
export function inOrder(maxWaiting = MAX_WAITING): <Value>(call: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (call) => {
    if (waiting >= maxWaiting) throw new Error(`${waiting} calls wait for the disk already`);
    waiting += 1;
    const result = last.then(call, call).finally(() => {
      waiting -= 1;
    });
    last = result.catch(() => undefined);
    return result;
  };
}
