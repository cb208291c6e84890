const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The last resort, for a test that dies or is ended: `remove` runs once, synchronously, when this process
 * exits or gets a signal to end. Returns a function that calls it off.
 */
export function atExit(remove: () => void): () => void {
  const end = (signal: NodeJS.Signals): void => {
    remove();
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    process.off('exit', remove);
    for (const signal of SIGNALS) process.off(signal, end);
  };
  process.once('exit', remove);
  for (const signal of SIGNALS) process.once(signal, end);
  return release;
}
