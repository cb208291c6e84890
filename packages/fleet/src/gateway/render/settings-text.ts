import { stringify } from 'yaml';

export interface SettingsInput {
  /** In a cluster other pods reach it: one ends TLS, and one reads its metrics. */
  readonly reach: 'machine' | 'cluster';
  readonly ports: { readonly listen: number; readonly admin: number };
  readonly backends: readonly { readonly name: string; readonly url: string }[];
}

/** Name of the file of keys, beside the settings. */
export const KEYS_FILE = 'gateway-keys.json';

/** First settings: callers need a key, and they contain no secret. */
export function settingsText(input: SettingsInput): string {
  return `# A gateway before RPC nodes. Unsafe methods are refused whatever stands here.
${input.reach === 'cluster' ? clusterPart(input) : machinePart(input)}
backends:
${backendLines(input)}

# Rights of each kind of caller. A method, or its beginning with *.
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

# The tier of callers without a key, counted by address; null refuses them.
${input.reach === 'cluster' ? '# Before it is set, name the addresses of the pods of the Gateway in trustedProxies: without, all callers count as one.\n' : ''}anonymous: null
keysFile: ${KEYS_FILE}

# Dear methods cost more than 1.
costs:
  state_getKeysPaged: 5
  state_queryStorageAt: 5
  archive_*: 5
`;
}

function machinePart({ ports }: SettingsInput): string {
  return `listen:
  host: 127.0.0.1
  port: ${ports.listen}
  # On other addresses give tls, or say behindTls: true where TLS ends in front:
  # tls: { certFile: cert.pem, keyFile: key.pem }
admin: { host: 127.0.0.1, port: ${ports.admin} }   # metrics, health, readiness
`;
}

function clusterPart({ ports }: SettingsInput): string {
  return `listen:
  host: 0.0.0.0
  port: ${ports.listen}
  behindTls: true   # TLS ends at the Gateway; a NetworkPolicy admits no other pods
admin:              # metrics, health, readiness
  host: 0.0.0.0
  port: ${ports.admin}
  behindPolicy: true   # a NetworkPolicy lets in what reads metrics
`;
}

function backendLines({ backends }: SettingsInput): string {
  const flow = {
    collectionStyle: 'flow',
    defaultStringType: 'QUOTE_SINGLE',
    defaultKeyType: 'PLAIN',
  } as const;
  return backends.map((one) => `  - ${stringify(one, { ...flow, lineWidth: 0 }).trim()}`).join('\n');
}
