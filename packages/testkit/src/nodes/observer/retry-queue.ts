import { setTimeout as sleep } from 'node:timers/promises';

/** Takes items one after another. An item that fails comes again after a pause, behind the others. */
export interface RetryQueue<Item> {
  add(item: Item): void;
  /** Items that wait for their turn; those that pause after a failure are not counted. */
  waiting(): number;
  /** Settles when every item was taken or given up. */
  idle(): Promise<void>;
}

export interface RetryQueueParts<Item> {
  readonly take: (item: Item) => Promise<void>;
  readonly givenUp: (item: Item, error: unknown) => void;
  /** Attempts after the first one. */
  readonly mostAttempts: number;
  readonly retryMs: number;
}

interface Entry<Item> {
  readonly item: Item;
  /** Failures before. */
  readonly attempt: number;
}

export function retryQueue<Item>({
  take,
  givenUp,
  mostAttempts,
  retryMs,
}: RetryQueueParts<Item>): RetryQueue<Item> {
  const waiting: Entry<Item>[] = [];
  let working: Promise<void> | null = null;
  /** Entries that wait for their next attempt. */
  let resting = 0;

  function put(entry: Entry<Item>): void {
    waiting.push(entry);
    working ??= drain().finally(() => {
      working = null;
    });
  }

  async function drain(): Promise<void> {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      try {
        await take(entry.item);
      } catch (error) {
        again(entry, error);
      }
    }
  }

  function again({ item, attempt }: Entry<Item>, error: unknown): void {
    if (attempt >= mostAttempts) {
      givenUp(item, error);
      return;
    }
    resting += 1;
    setTimeout(() => {
      resting -= 1;
      put({ item, attempt: attempt + 1 });
    }, retryMs);
  }

  return {
    add: (item) => put({ item, attempt: 0 }),
    waiting: () => waiting.length,
    idle: async () => {
      while (working !== null || resting > 0) await (working ?? sleep(retryMs / 10));
    },
  };
}
