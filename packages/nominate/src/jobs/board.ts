import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue } from 'bullmq';
import fastify, { type FastifyInstance } from 'fastify';

export const BOARD_PATH = '/board';

/** The board of the queue, to be looked at: nothing can be changed there. Ready to listen. */
export async function boardServer(queue: Queue): Promise<FastifyInstance> {
  const adapter = new FastifyAdapter();
  adapter.setBasePath(BOARD_PATH);
  // The adapter is that of the same library; its types differ in what may be undefined.
  const serverAdapter = adapter as unknown as Parameters<typeof createBullBoard>[0]['serverAdapter'];
  createBullBoard({ queues: [new BullMQAdapter(queue, { readOnlyMode: true })], serverAdapter });
  const app = fastify({ bodyLimit: 1_024 });
  await app.register(adapter.registerPlugin(), { prefix: BOARD_PATH });
  await app.ready();
  return app;
}
