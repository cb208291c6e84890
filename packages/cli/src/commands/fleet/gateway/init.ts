import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../context.ts';
import { usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { print } from '../../../output/print.ts';
import { writeNew } from '../../../output/write-files.ts';
import { DEFAULT_FILE } from './settings-file.ts';

interface InitFlags {
  readonly backend: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

const WS_URL = /^wss?:\/\/[^\s'"]+$/;

/** `fleet gateway init`: settings to begin with. */
export function addGatewayInit(parent: Command, { io }: Context): void {
  const command = parent
    .command('init')
    .description('write settings for a gateway before nodes, to begin with')
    .requiredOption('--backend <urls...>', 'RPC of the nodes, such as ws://127.0.0.1:9944')
    .option('--out <file>', 'new file', DEFAULT_FILE)
    .option('--json', 'print JSON')
    .action((options: InitFlags) => init(io, options));
  withExamples(command, ['watchbill fleet gateway init --backend ws://127.0.0.1:9944 ws://127.0.0.1:9945']);
}

function init(io: Io, { backend, out, json }: InitFlags): void {
  const wrong = backend.find((url) => !WS_URL.test(url));
  if (wrong !== undefined)
    throw usageFault(
      `${wrong} is no address of a node`,
      'write it as ws://HOST:PORT or wss://HOST',
      'flag --backend',
    );
  const file = resolve(io.cwd, out);
  if (existsSync(file))
    throw usageFault(`${file} exists already and is never overwritten`, 'name a new file', 'flag --out');
  writeNew([{ path: file, text: settingsText(backend), mode: 0o644 }]);
  print(
    io,
    json,
    { file },
    () =>
      `wrote ${file}\nnext: watchbill fleet gateway key --name NAME --tier partner --out NAME.key, then watchbill fleet gateway run\n`,
  );
}

function settingsText(backends: readonly string[]): string {
  return `# A gateway before RPC nodes. Unsafe methods are refused whatever stands here.
listen:
  host: 127.0.0.1
  port: 9950
  # On other addresses give tls, or say behindTls: true where TLS ends in front:
  # tls: { certFile: cert.pem, keyFile: key.pem }
admin: { host: 127.0.0.1, port: 9951 }   # metrics, health, readiness

# HAProxy in front: it answers simple requests itself, many more of them a second. See how-to/rpc-gateway.
# front: {}

backends:
${backends.map((url, at) => `  - { name: node-${at + 1}, url: '${url}' }`).join('\n')}

# What kinds of callers may do. A method, or its beginning with *.
tiers:
  public:
    methods: [chain_*, state_call, state_getStorage, state_getMetadata, state_getRuntimeVersion, system_chain, system_health, system_properties, system_version, rpc_methods]
    requestsPerSecond: 5
    burst: 20
    connections: 2
    subscriptionsPerConnection: 4
  partner:
    methods: ['*']
    requestsPerSecond: 100
    burst: 400
    connections: 16

# The tier of callers without a key, counted by address; null lets nobody in without one.
anonymous: null
keysFile: gateway-keys.json

# Dear methods cost more than 1.
costs:
  state_getKeysPaged: 5
  state_queryStorageAt: 5
  archive_*: 5
`;
}
