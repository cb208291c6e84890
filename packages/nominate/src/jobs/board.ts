import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue } from 'bullmq';
import fastify, { type FastifyInstance } from 'fastify';

export const BOARD_PATH = '/board';

/** A read-only view of the queue, as a web server that is ready to listen. */
export async function boardServer(queue: Queue): Promise<FastifyInstance> {
  const adapter = new FastifyAdapter();
  adapter.setBasePath(BOARD_PATH);
  // The adapter comes from the same library, but the two types differ in optional fields.
  const serverAdapter = adapter as unknown as Parameters<typeof createBullBoard>[0]['serverAdapter'];
  createBullBoard({ queues: [new BullMQAdapter(queue, { readOnlyMode: true })], serverAdapter });
  const app = fastify({ bodyLimit: 1_024 });
  await app.register(adapter.registerPlugin(), { prefix: BOARD_PATH });
  await app.ready();
  return app;
}
