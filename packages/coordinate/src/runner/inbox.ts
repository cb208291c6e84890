import type { EngineEvent } from '../engine/engine-events.ts';
import type { Incoming } from '../rules.ts';

/**
 * Input that waits for the engine. Heights: only the highest, because it includes all below it. Answers: one
 * for each open question, and those are bounded. Messages: a bounded queue for each seat, taken in turn, so
 * that a member that floods delays only itself.
 */
export interface Inbox<Proposal> {
  height(height: bigint): void;
  answer(event: EngineEvent<Proposal>): void;
  /** False if this seat has no room: the message is not taken. */
  message(seat: number, message: Incoming): boolean;
  /** The next event, or null once the signal has ended. One reader at a time. */
  next(signal: AbortSignal): Promise<EngineEvent<Proposal> | null>;
  /** Messages that wait, of all seats. */
  waiting(): number;
}

export function createInbox<Proposal>(seats: number, messagesPerSeat: number): Inbox<Proposal> {
  let height: bigint | null = null;
  const answers: EngineEvent<Proposal>[] = [];
  const messages = fairQueues(seats, messagesPerSeat);
  let wake = (): void => undefined;

  function take(): EngineEvent<Proposal> | null {
    if (height !== null) {
      const event = { kind: 'height', height } as const;
      height = null;
      return event;
    }
    const answer = answers.shift();
    if (answer !== undefined) return answer;
    const message = messages.next();
    return message === null ? null : { kind: 'message', message };
  }

  return {
    height: (reached) => {
      if (height === null || reached > height) height = reached;
      wake();
    },
    answer: (event) => {
      answers.push(event);
      wake();
    },
    message: (seat, message) => {
      const isTaken = messages.put(seat, message);
      if (isTaken) wake();
      return isTaken;
    },
    next: async (signal) => {
      while (!signal.aborted) {
        const event = take();
        if (event !== null) return event;
        await new Promise<void>((resolve) => {
          const done = (): void => {
            signal.removeEventListener('abort', done);
            resolve();
          };
          wake = done;
          signal.addEventListener('abort', done, { once: true });
        });
      }
      return null;
    },
    waiting: messages.waiting,
  };
}

/** A bounded queue for each seat. The seats take turns, so a member that sends much delays no other one. */
function fairQueues(seats: number, perSeat: number) {
  const queues = Array.from({ length: seats }, (): Incoming[] => []);
  let turn = 0;
  return {
    /** False if the queue of the seat is full. */
    put: (seat: number, message: Incoming): boolean => {
      const queue = queues[seat];
      if (queue === undefined || queue.length >= perSeat) return false;
      queue.push(message);
      return true;
    },
    next: (): Incoming | null => {
      for (let tried = 0; tried < seats; tried++) {
        const message = queues[turn]?.shift();
        turn = (turn + 1) % seats;
        if (message !== undefined) return message;
      }
      return null;
    },
    waiting: (): number => queues.reduce((sum, queue) => sum + queue.length, 0),
  };
}
