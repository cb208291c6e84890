import { z } from 'zod';
import type { HardwareBenchmark, NodeBlock, NodeDetails, NodeLocation, SystemInfo } from './actions.ts';

/** More than an honest server sends; a larger value is refused. */
export const LONGEST = { text: 256, hash: 66, list: 64 } as const;

const natural = z.int().min(0);
const text = z
  .string()
  .max(LONGEST.text)
  .refine((value) => value.isWellFormed(), 'must hold no lone surrogate');
export const nodeId = natural;
export const moment = natural;
export const chainHash = z
  .string()
  .max(LONGEST.hash)
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((value) => value.toLowerCase());
export const label = text;
export const pongText = text;
export const version = natural;
export const height = natural;
const figures = z.array(z.number()).max(LONGEST.list);

/** A tuple that later servers may lengthen. */
function tuple<const Items extends readonly [z.ZodType, ...z.ZodType[]]>(items: Items) {
  return z.tuple(items).rest(z.unknown());
}

const systemInfo = z
  .object({
    cpu: text.nullish(),
    memory: natural.nullish(),
    core_count: natural.nullish(),
    linux_kernel: text.nullish(),
    linux_distro: text.nullish(),
    is_virtual_machine: z.boolean().nullish(),
  })
  .transform(
    (value): SystemInfo => ({
      cpu: value.cpu ?? null,
      memoryBytes: value.memory ?? null,
      coreCount: value.core_count ?? null,
      linuxKernel: value.linux_kernel ?? null,
      linuxDistro: value.linux_distro ?? null,
      isVirtualMachine: value.is_virtual_machine ?? null,
    }),
  );

const benchmark = z
  .object({
    cpu_hashrate_score: natural,
    memory_memcpy_score: natural,
    disk_sequential_write_score: natural.nullish(),
    disk_random_write_score: natural.nullish(),
  })
  .transform(
    (value): HardwareBenchmark => ({
      cpuHashrate: value.cpu_hashrate_score,
      memoryCopy: value.memory_memcpy_score,
      diskSequentialWrite: value.disk_sequential_write_score ?? null,
      diskRandomWrite: value.disk_random_write_score ?? null,
    }),
  );

/** A node without a key sends an empty one. */
const validatorAddress = text.nullable().transform((value) => (value === '' ? null : value));

/** A field that no decision needs: null if it is missing or has another form. */
function optional<Shape extends z.ZodType>(shape: Shape) {
  return shape.nullable().catch(null);
}

/** A tuple of which servers may leave out the last items. */
function shorter<const Items extends readonly [z.ZodType, ...z.ZodType[]]>(items: Items) {
  const filled = (value: unknown): unknown =>
    Array.isArray(value) && value.length < items.length
      ? [...value, ...Array.from({ length: items.length - value.length }, () => null)]
      : value;
  return z.preprocess(filled, tuple(items));
}

/**
 * Name, version and keys decide which candidate a node is and whether it is up to date. The others are
 * optional, so that an odd value does not hide a node. Older servers leave out address and machine.
 */
const details = shorter([
  text,
  text.catch(''),
  text,
  validatorAddress,
  text.nullable(),
  optional(text),
  optional(systemInfo),
]).transform(
  ([name, implementation, clientVersion, validator, networkId, ip, machine]): NodeDetails => ({
    name,
    implementation,
    version: clientVersion,
    validatorAddress: validator,
    networkId: networkId === '' ? null : networkId,
    ip,
    systemInfo: machine,
  }),
);

export const stats = tuple([natural, natural]).transform(([peers, transactions]) => ({
  peers,
  transactions,
}));
export const io = tuple([figures]).transform(([stateCacheBytes]) => ({ stateCacheBytes }));
export const hardware = tuple([figures, figures, figures]).transform(([upload, download, stampsMs]) => ({
  upload,
  download,
  stampsMs,
}));
export const block = tuple([natural, chainHash, natural, moment, natural.nullable()]).transform(
  ([number, hash, blockTimeMs, atMs, propagationMs]): NodeBlock => ({
    height: number,
    hash,
    blockTimeMs,
    atMs,
    propagationMs,
  }),
);
export const location = tuple([z.number(), z.number(), text]).transform(
  ([latitude, longitude, city]): NodeLocation => ({ latitude, longitude, city }),
);

/** Only id and details are required. The benchmark is the newest field, and older servers leave it out. */
export const addedNode = shorter([
  nodeId,
  details,
  optional(stats),
  optional(io),
  optional(hardware),
  optional(block),
  optional(location),
  optional(moment),
  optional(benchmark),
]).transform(([id, who, nodeStats, nodeIo, machine, best, place, startedAtMs, scores]) => ({
  ...{ id, details: who, stats: nodeStats, io: nodeIo, hardware: machine, block: best, location: place },
  startedAtMs,
  benchmark: scores,
}));
