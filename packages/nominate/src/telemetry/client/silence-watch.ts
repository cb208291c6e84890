import type { WebSocket } from 'ws';
import type { FeedLimits } from './limits.ts';

/** Ends a socket whose server does not greet, or does not answer pings for too long. */
export interface SilenceWatch {
  readonly start: () => void;
  /** A message came. */
  readonly broken: () => void;
  readonly stop: () => void;
}

export function silenceWatch(socket: WebSocket, limits: FeedLimits): SilenceWatch {
  /** Pings since the last message; no time, because after a pause timers fire before messages arrive. */
  let unanswered = 0;
  let greeting: ReturnType<typeof setTimeout> | undefined;
  let pinging: ReturnType<typeof setInterval> | undefined;

  function ping(): void {
    if (unanswered * limits.pingMs >= limits.silenceMs) socket.terminate();
    else socket.ping();
    unanswered += 1;
  }

  return {
    start: () => {
      greeting = setTimeout(() => socket.terminate(), limits.greetingMs);
      pinging = setInterval(ping, limits.pingMs);
      socket.on('pong', () => {
        unanswered = 0;
      });
    },
    broken: () => {
      unanswered = 0;
      clearTimeout(greeting);
    },
    stop: () => {
      clearTimeout(greeting);
      clearInterval(pinging);
    },
  };
}
