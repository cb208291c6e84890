// A peer in a separate process: HTTP that stores nothing. The floor of every service in Node with fastify.

import { servePeer } from './claim-server.ts';

servePeer(async () => async () => true);
