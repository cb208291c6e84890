import type { NodeRpc, RawHeader, Subscription } from '@watchbill/chain';
import type { HeaderIntake, Source } from './header-intake.ts';
import type { JournalWriter } from './journal.ts';

const RETRY_MS = 500;

/**
 * Follow every head and the finalised one of a node, from its first answer until closed. Returns a function
 * that ends it.
 */
export function watchNode(source: Source, intake: HeaderIntake, writer: JournalWriter): () => void {
  const { name, rpc } = source;
  const ends = [
    watchHeads(rpc, 'AllHeads', (raw) => intake.add(source, raw, Date.now())),
    watchHeads(rpc, 'FinalizedHeads', (raw) =>
      writer.height({ atMs: Date.now(), node: name, number: Number(raw.number) }),
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Follow the heads of one kind, from the node's first answer until closed. Returns a function that ends it.
 */
export function watchHeads(
  rpc: NodeRpc,
  topic: 'AllHeads' | 'FinalizedHeads',
  onHeader: (raw: RawHeader) => void,
): () => void {
  let open: Subscription | null = null;
  let closed = false;

  async function follow(): Promise<void> {
    while (!closed) {
      try {
        const params = [`chain_subscribe${topic}`, [], `chain_unsubscribe${topic}`] as const;
        const subscription = await rpc.subscribe<RawHeader>(...params, onHeader);
        // From here on the client renews it by itself after a lost connection.
        if (closed) subscription.close();
        else open = subscription;
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  void follow();
  return () => {
    closed = true;
    open?.close();
  };
}
