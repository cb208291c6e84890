/**
 * The fate of every call of a method at a store, until the faults are removed. `lose-request`: it never
 * reaches the store. `lose-answer`: it is done, and its answer is lost. In both cases its caller waits until
 * it gives up. `hold`: it waits, and goes on when the faults are removed, unless its caller has given up.
 * `disk-full`: refused with that error.
 */
export type StoreFaultKind = 'lose-request' | 'lose-answer' | 'hold' | 'disk-full';

/** By method: `KvPrewrite`, `KvCommit`, and so on; `*` for every other one. */
export type StoreFaults = Readonly<Record<string, StoreFaultKind>>;

const TIMEOUT_MS = 20_000;

/** Replaces all faults of the stores. */
export async function setFaults(controls: readonly string[], faults: StoreFaults): Promise<void> {
  const body = JSON.stringify(faults);
  await Promise.all(controls.map((address) => ask(address, { method: 'PUT', body })));
}

/** How many calls of each method have met a fault since the faults were set, over all stores. */
export async function faultsMet(controls: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const answers = await Promise.all(controls.map((address) => ask(address, {})));
  const sums = new Map<string, number>();
  for (const answer of answers) {
    const counts = JSON.parse(answer) as Record<string, number>;
    for (const [method, count] of Object.entries(counts)) sums.set(method, (sums.get(method) ?? 0) + count);
  }
  return sums;
}

async function ask(address: string, init: RequestInit): Promise<string> {
  const answer = await fetch(`http://${address}/`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the control port ${address}: ${answer.status} ${text}`);
  return text;
}
