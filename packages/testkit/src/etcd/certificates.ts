import { type Certificate, certificateAuthority } from '../authority.ts';

export interface TestCertificates {
  readonly authority: Certificate;
  readonly server: Certificate;
  readonly client: Certificate;
  /** An authority that signed no certificate of the cluster. */
  readonly otherAuthority: Certificate;
  /** A client certificate of the other authority. */
  readonly stranger: Certificate;
}

/**
 * New certificates; all files go with the folder. `names`: of the server and the client, for example
 * `IP:198.18.1.13`; default: those of this machine.
 */
export function makeCertificates(folder: string, names?: string): TestCertificates {
  const authority = certificateAuthority(folder, 'authority');
  const otherAuthority = certificateAuthority(folder, 'other-authority');
  const choice = names === undefined ? {} : { names };
  return {
    authority,
    otherAuthority,
    server: authority.issue('server', choice),
    client: authority.issue('client', choice),
    stranger: otherAuthority.issue('stranger', choice),
  };
}
