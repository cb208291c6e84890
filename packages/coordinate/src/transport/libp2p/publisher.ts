import type { SignedStatement } from '../statement.ts';
import type { Node } from './node.ts';
import { statementPrefix } from './signed-frame.ts';

/** Puts frames of this member on the topic. */
export interface Publisher {
  publish(frame: Uint8Array): void;
  /** Frames that were not sent at all. */
  dropped(): number;
  close(): void;
}

/** Frames that wait for a signature with the node's key, because libp2p signs asynchronously. */
const MAX_PUBLISHING = 1_024;

export function publisherOn(node: Node, topic: string, own: () => SignedStatement): Publisher {
  let isClosed = false;
  let publishing = 0;
  let dropped = 0;
  const ended = (lost: number) => (): void => {
    publishing -= 1;
    dropped += lost;
  };
  return {
    publish: (frame) => {
      if (isClosed) return;
      if (publishing >= MAX_PUBLISHING) {
        dropped += 1;
        return;
      }
      publishing += 1;
      const data = Uint8Array.from(Buffer.concat([statementPrefix(own()), frame]));
      node.services.pubsub.publish(topic, data).then(ended(0), ended(1));
    },
    dropped: () => dropped,
    close: () => {
      isClosed = true;
    },
  };
}
