/** Passes each event to those listeners that have it, in their order; the first has them all. */
export function allEvents<Events extends object>(first: Events, ...more: readonly Partial<Events>[]): Events {
  const all = [first, ...more] as readonly Partial<Record<string, (...args: readonly unknown[]) => void>>[];
  const toAll =
    (name: string) =>
    (...args: readonly unknown[]) => {
      for (const one of all) one[name]?.(...args);
    };
  return Object.fromEntries(Object.keys(first).map((name) => [name, toAll(name)])) as Events;
}
