/**
 * The program of a module thread, as text, so that it needs no file beside the bundle. It answers calls one
 * by one. A number in shared memory signals each answer, because the caller waits without running its event
 * loop.
 */
export const THREAD_PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { url, port, answered } = workerData;

const textOf = (error) => String(error instanceof Error ? error.message : error).slice(0, 1000);

function frozen(value) {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

function serve(check) {
  let held = null;
  port.on('message', ({ call, at, snapshot, record, parameters }) => {
    let answer;
    try {
      if (snapshot !== undefined) held = frozen(snapshot);
      const input = { snapshot: held, record: at < 0 ? frozen(record) : held.candidates[at] };
      answer = { result: check.run(input, parameters) };
    } catch (error) {
      answer = { error: textOf(error) };
    }
    try {
      port.postMessage(answer);
    } catch {
      port.postMessage({ error: 'its result is not plain data' });
    }
    Atomics.store(answered, 0, call);
    Atomics.notify(answered, 0);
  });
}

import(url).then(
  ({ check }) => {
    const isObject = typeof check === 'object' && check !== null;
    const canRun = isObject && typeof check.run === 'function';
    if (canRun) serve(check);
    const { id, about } = isObject ? check : {};
    const text = (value) => (typeof value === 'string' ? value : undefined);
    parentPort.postMessage({ check: isObject ? { id: text(id), about: text(about) } : null, canRun });
  },
  (error) => parentPort.postMessage({ check: null, canRun: false, error: textOf(error) }),
);
`;
