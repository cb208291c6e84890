import { z } from 'zod';
import { ACTION_CODES, type FeedAction, type FeedActionKind } from './actions.ts';
import * as shapes from './shapes.ts';

/** Converts a payload to an action; null if invalid. */
export type ReadAction = (payload: unknown) => FeedAction | null;

function reader<Shape extends z.ZodType>(
  shape: Shape,
  make: (value: z.output<Shape>) => FeedAction,
): ReadAction {
  return (payload) => {
    const read = shape.safeParse(payload);
    return read.success ? make(read.data) : null;
  };
}

const { nodeId, chainHash, height, moment } = shapes;

const READERS: Readonly<Record<FeedActionKind, ReadAction>> = {
  'feed-version': reader(shapes.version, (version) => ({ kind: 'feed-version', version })),
  'best-block': reader(
    z.tuple([height, moment.nullable(), z.number().min(0).nullable()]),
    ([number, atMs, averageBlockTimeMs]) => ({
      kind: 'best-block',
      height: number,
      atMs: atMs ?? 0,
      averageBlockTimeMs,
    }),
  ),
  'best-finalised': reader(z.tuple([height, chainHash]), ([number, hash]) => ({
    kind: 'best-finalised',
    height: number,
    hash,
  })),
  'added-node': reader(shapes.addedNode, (node) => ({ kind: 'added-node', ...node })),
  'removed-node': reader(nodeId, (id) => ({ kind: 'removed-node', id })),
  'located-node': reader(
    z.tuple([nodeId, z.number(), z.number(), shapes.label]),
    ([id, latitude, longitude, city]) => ({
      kind: 'located-node',
      id,
      location: { latitude, longitude, city },
    }),
  ),
  'imported-block': reader(z.tuple([nodeId, shapes.block]), ([id, block]) => ({
    kind: 'imported-block',
    id,
    block,
  })),
  'finalised-block': reader(z.tuple([nodeId, height, chainHash]), ([id, number, hash]) => ({
    kind: 'finalised-block',
    id,
    height: number,
    hash,
  })),
  'node-stats': reader(z.tuple([nodeId, shapes.stats]), ([id, stats]) => ({ kind: 'node-stats', id, stats })),
  hardware: reader(z.tuple([nodeId, shapes.hardware]), ([id, hardware]) => ({
    kind: 'hardware',
    id,
    hardware,
  })),
  'time-sync': reader(moment, (atMs) => ({ kind: 'time-sync', atMs })),
  'added-chain': reader(
    z.tuple([shapes.label, chainHash, z.int().min(0)]),
    ([label, genesisHash, nodeCount]) => ({ kind: 'added-chain', label, genesisHash, nodeCount }),
  ),
  'removed-chain': reader(chainHash, (genesisHash) => ({ kind: 'removed-chain', genesisHash })),
  'subscribed-to': reader(chainHash, (genesisHash) => ({ kind: 'subscribed-to', genesisHash })),
  'unsubscribed-from': reader(chainHash, (genesisHash) => ({ kind: 'unsubscribed-from', genesisHash })),
  pong: reader(shapes.pongText, (text) => ({ kind: 'pong', text })),
  'stale-node': reader(nodeId, (id) => ({ kind: 'stale-node', id })),
  'node-io': reader(z.tuple([nodeId, shapes.io]), ([id, io]) => ({ kind: 'node-io', id, io })),
  'chain-stats': reader(z.record(z.string().max(64), z.unknown()), (stats) => ({
    kind: 'chain-stats',
    stats,
  })),
};

/** The reader of each code. */
export const READER_OF_CODE: ReadonlyMap<number, ReadAction> = new Map(
  Object.entries(ACTION_CODES).map(([kind, code]) => [code, READERS[kind as FeedActionKind]]),
);
