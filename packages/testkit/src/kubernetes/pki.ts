import { join } from 'node:path';
import { type Certificate, certificateAuthority, openssl } from '../authority.ts';

/**
 * The authority of one control plane. Users are certificates: the common name is the user, organisations are
 * its groups.
 */
export interface ClusterPki {
  readonly authorityFile: string;
  readonly authority: string;
  readonly server: Certificate;
  /** Signs the tokens of service accounts. */
  readonly tokenKeyFile: string;
  readonly tokenPublicFile: string;
  issue(user: string, groups?: readonly string[]): Certificate;
}

const SERVER_NAMES =
  'DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1';

/** New keys by the `openssl` program, all in `folder`. */
export function makeClusterPki(folder: string): ClusterPki {
  const authority = certificateAuthority(folder, 'authority');
  const [tokenKeyFile, tokenPublicFile] = [join(folder, 'tokens.key'), join(folder, 'tokens.pub')];
  openssl('genrsa', '-out', tokenKeyFile, '2048');
  openssl('rsa', '-in', tokenKeyFile, '-pubout', '-out', tokenPublicFile);
  let users = 0;
  return {
    authorityFile: authority.certFile,
    authority: authority.cert,
    server: authority.issue('server', { names: SERVER_NAMES, subject: '/CN=kube-apiserver' }),
    tokenKeyFile,
    tokenPublicFile,
    issue: (user, groups = []) => {
      users += 1;
      const subject = `${groups.map((group) => `/O=${group}`).join('')}/CN=${user}`;
      return authority.issue(`user-${users}`, { subject });
    },
  };
}
