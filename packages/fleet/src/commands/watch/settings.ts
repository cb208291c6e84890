import { nearest, usageFault } from '@watchbill/kit';
import { type Document, readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import type { Network } from '../../file/index.ts';
import type { Sources } from '../../watch/index.ts';

type Watch = typeof import('../../watch/index.ts');

const address = z.string().regex(/^[^\s:]+:\d+$/, 'HOST:PORT');
const file = z.string().min(1);

function settingsShape({ logsShape, receiversShape, thresholdsShape }: Watch) {
  return z.strictObject({
    thresholds: thresholdsShape.prefault({}),
    alerting: receiversShape.optional().describe('Where alerts go: receivers, page, ticket, heartbeat.'),
    intervalSeconds: z.int().min(1).max(600).default(15),
    alertmanagers: z.array(address).default([]).describe('HOST:PORT of each.'),
    sources: z
      .record(
        z.string(),
        z.strictObject({
          exporters: z.array(address).default([]),
          gateways: z.array(address).default([]),
          machines: z.array(address).default([]).describe('Of node_exporter.'),
        }),
      )
      .default({})
      .describe('By place: further scrape targets.'),
    hub: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }).describe('Ends in /api/v1/write.'),
        tokenFile: file.optional(),
        caFile: file.optional(),
        certFile: file.optional(),
        keyFile: file.optional(),
      })
      .optional()
      .describe('A Prometheus that the agents of all places write to; then the rules run there.'),
    expectBackups: z.array(z.string()).default([]).describe('Nodes of which there must be a backup.'),
    logs: logsShape.prefault({}).describe('Where the logs go.'),
  });
}

export type WatchSettings = z.output<ReturnType<typeof settingsShape>>;

/** The settings of `fleet services watch`; the names in them are those of the network. */
export function readWatchSettings(
  io: Io,
  watch: Watch,
  path: string | undefined,
  network: Network,
): WatchSettings {
  const shape = settingsShape(watch);
  if (path === undefined) return shape.parse({});
  const document = readDocument(io, path, shape, {
    missing: 'write one, or leave --settings out',
    page: 'watch-fleet',
  });
  checkNames(document, network);
  return document.value;
}

function checkNames({ value, whereIs }: Document<WatchSettings>, network: Network): void {
  const places = [...network.places.keys()];
  for (const place of Object.keys(value.sources))
    if (!places.includes(place)) throw noSuch(`place ${place}`, place, places, whereIs(['sources', place]));
  const nodes = network.pools.flatMap((pool) => pool.nodes.map(({ name }) => name));
  for (const [at, node] of value.expectBackups.entries())
    if (!nodes.includes(node)) throw noSuch(`node ${node}`, node, nodes, whereIs(['expectBackups', at]));
}

/** A name that the network does not have. */
export function noSuch(what: string, name: string, names: readonly string[], where: string) {
  const near = nearest(name, names);
  const remedy = near === null ? `it has: ${names.join(', ')}` : `did you mean ${near}?`;
  return usageFault(`the network has no ${what}`, remedy, where);
}

export function sourcesOf({ sources }: WatchSettings): ReadonlyMap<string, Sources> {
  return new Map(Object.entries(sources));
}
