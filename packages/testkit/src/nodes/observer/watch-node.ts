import type { RawHeader, Subscription } from '@watchbill/chain';
import type { HeaderIntake, Source } from './header-intake.ts';
import type { JournalWriter } from './journal.ts';
import type { HeightSeen } from './records.ts';

const RETRY_MS = 500;

/**
 * Follow every head, the best one and the finalised one of a node, from its first answer until closed.
 * Returns a function that ends it.
 */
export function watchNode(source: Source, intake: HeaderIntake, writer: JournalWriter): () => void {
  const { name, rpc } = source;
  const open = new Set<Subscription>();
  let closed = false;

  async function follow(topic: string, onHeader: (raw: RawHeader) => void): Promise<void> {
    while (!closed) {
      try {
        const params = [`chain_subscribe${topic}`, [], `chain_unsubscribe${topic}`] as const;
        const subscription = await rpc.subscribe<RawHeader>(...params, onHeader);
        // From here on the client renews it by itself after a lost connection.
        if (closed) subscription.close();
        else open.add(subscription);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  const height = (what: HeightSeen['what']) => (raw: RawHeader) =>
    writer.height({ atMs: Date.now(), node: name, what, number: Number(raw.number) });
  void follow('AllHeads', (raw) => intake.add(source, raw, Date.now()));
  void follow('NewHeads', height('best'));
  void follow('FinalizedHeads', height('finalised'));

  return () => {
    closed = true;
    for (const subscription of open) subscription.close();
  };
}
