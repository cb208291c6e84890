import { stringify } from 'yaml';
import { z } from 'zod';

const file = z.string().min(1);

/** The log pipeline: the destination of the lines, and the Loki that receives them. */
export const logsShape = z.strictObject({
  /** Where Alloy pushes; ends in `/loki/api/v1/push`. */
  url: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:3100/loki/api/v1/push'),
  tokenFile: file.optional(),
  caFile: file.optional(),
  certFile: file.optional(),
  keyFile: file.optional(),
  /** Settings of the Loki whose configuration is written here. */
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(1).max(65_535).default(3_100),
      grpcPort: z.int().min(1).max(65_535).default(9_095),
    })
    .prefault({}),
  folder: file.default('/var/lib/loki'),
  retentionDays: z.int().min(1).max(3_650).default(31),
  /** The limit for one place, in megabytes a second. */
  megabytesPerSecond: z.number().positive().max(1_000).default(8),
});

export type LogsSettings = Readonly<z.output<typeof logsShape>>;

const HEAD = '# One Loki on the disk of one machine. Made by `watchbill fleet services watch logs`.\n';

/**
 * The configuration of Loki: one process, chunks and index in a folder, lines removed after the retention.
 * Every client of its port can read everything, so it listens on loopback or behind a proxy that
 * authenticates its callers.
 */
export function lokiYaml({ listen, folder, retentionDays, megabytesPerSecond }: LogsSettings): string {
  const config = {
    auth_enabled: false,
    server: {
      http_listen_address: listen.host,
      http_listen_port: listen.port,
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: listen.grpcPort,
      log_level: 'warn',
    },
    common: {
      path_prefix: folder,
      replication_factor: 1,
      instance_addr: '127.0.0.1',
      ring: { kvstore: { store: 'inmemory' } },
      storage: {
        filesystem: { chunks_directory: `${folder}/chunks`, rules_directory: `${folder}/rules` },
      },
    },
    schema_config: {
      configs: [
        {
          from: '2025-01-01',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    compactor: {
      working_directory: `${folder}/compactor`,
      retention_enabled: true,
      delete_request_store: 'filesystem',
    },
    limits_config: {
      retention_period: `${retentionDays * 24}h`,
      ingestion_rate_mb: megabytesPerSecond,
      ingestion_burst_size_mb: megabytesPerSecond * 2,
      // A line that is too long is cut, not lost.
      max_line_size: '256KB',
      max_line_size_truncate: true,
      max_global_streams_per_user: 10_000,
    },
    analytics: { reporting_enabled: false },
  };
  return `${HEAD}${stringify(config, { lineWidth: 0 })}`;
}
