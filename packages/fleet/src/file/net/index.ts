export { hostProxy } from './host-proxy.ts';
export { listenAt } from './listen.ts';
export { type Forward, onLoopback } from './loopback.ts';
export { createPace, MOST_IN_FLIGHT, type Pace } from './pace.ts';
