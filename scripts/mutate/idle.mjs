// Finds a test that can never end: it waits, and the process has no timer, no file and no connection to
// wait for.

const LOOK_EVERY_MS = 300;
const TURNS = 50;
/** Work in the thread pool may be invisible, and ends soon. */
const LOOKS = 2;

/**
 * Settles like the work; rejects if the process becomes idle before.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function unlessIdle(work) {
  let timer;
  let settled = false;
  const atRest = countResources();
  // One of an earlier test may wait for its turn.
  atRest.delete('Immediate');
  const isBusy = () => [...countResources()].some(([kind, count]) => count > (atRest.get(kind) ?? 0));
  const idle = new Promise((_, reject) => {
    const look = (turn, looks) => {
      if (settled) return;
      if (isBusy()) later(0);
      else if (turn < TURNS) setImmediate(look, turn + 1, looks);
      else if (looks + 1 < LOOKS) later(looks + 1);
      else reject(new Error('the test waits for something that never happens'));
    };
    // A timer is a resource until its callback returns.
    const later = (looks) => {
      timer = setTimeout(() => setImmediate(look, 0, looks), LOOK_EVERY_MS);
    };
    later(0);
  });
  return Promise.race([work(), idle]).finally(() => {
    settled = true;
    clearTimeout(timer);
  });
}

/** How many resources of each kind keep the process alive. @returns {Map<string, number>} */
function countResources() {
  const counts = new Map();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
