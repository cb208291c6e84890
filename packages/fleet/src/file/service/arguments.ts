import type { FleetService } from '../normalise/service.ts';

/** Where the files of the Secrets are for the process. Those of the store are null if it needs none. */
export interface ServiceFiles {
  readonly data: string;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly operator: string;
  readonly store: { readonly cert: string; readonly key: string; readonly ca: string } | null;
  readonly password: string | null;
}

/** The name and the address of one service. */
export interface ServiceSelf {
  readonly name: string;
  readonly url: string;
}

/** The command line of one service, without the executable. Each flag with its value is one text. */
export function serviceArguments(
  { settings }: FleetService,
  self: ServiceSelf,
  files: ServiceFiles,
  endpoints: readonly string[],
): readonly string[] {
  const { store, port } = settings;
  return [
    'serve',
    `--service-name=${self.name}`,
    `--service-url=${self.url}`,
    `--service-listen-host=${isOnIpv6(self.url) ? '::' : '0.0.0.0'}`,
    `--service-listen-port=${port}`,
    `--service-data-dir=${files.data}`,
    `--tls-cert-file=${files.tls.cert}`,
    `--tls-key-file=${files.tls.key}`,
    `--tls-peer-ca-file=${files.tls.ca}`,
    `--operator-token-file=${files.operator}`,
    '--store-kind=etcd',
    `--store-endpoints=${endpoints.join(',')}`,
    `--store-prefix=${store.prefix}`,
    ...(files.store === null
      ? []
      : [
          `--store-tls-ca-file=${files.store.ca}`,
          `--store-tls-cert-file=${files.store.cert}`,
          `--store-tls-key-file=${files.store.key}`,
        ]),
    ...(store.user === undefined || files.password === null
      ? []
      : [`--store-auth-user=${store.user}`, `--store-auth-password-file=${files.password}`]),
  ];
}

/** A process that listens on `0.0.0.0` takes no connection to an IPv6 address; one on `::` takes both. */
function isOnIpv6(url: string): boolean {
  return url.startsWith('https://[');
}

/** The entries of a Secret of type `kubernetes.io/tls`, as cert-manager writes them. */
export function filesAt(folder: string) {
  return { cert: `${folder}/tls.crt`, key: `${folder}/tls.key`, ca: `${folder}/ca.crt` };
}
