/** The words of one cluster: its server, the option that names its authority, and how to switch TLS on. */
export interface TlsWords {
  readonly server: string;
  readonly authority: string;
  readonly on: string;
}

/** The remedy for an error of TLS, by the codes and texts of Node; null for any other error. */
export function tlsRemedy(error: unknown, { server, authority, on }: TlsWords): string | null {
  const text = tlsText(error);
  if (/certificate required|handshake failure|bad certificate|unknown ca\b|certificate unknown/i.test(text))
    return `the ${server} requires a client certificate that its ${authority} signed: configure tls.cert and tls.key`;
  if (/self.signed certificate|unable to (verify|get)|UNABLE_TO|SELF_SIGNED/i.test(text))
    return `the ${server}'s certificate is not signed by the configured authority: configure tls.ca with its CA`;
  if (/altnames|ALTNAME/i.test(text))
    return `the ${server}'s certificate does not name this host: use a name in the certificate`;
  if (/certificate has expired|CERT_HAS_EXPIRED/i.test(text)) return `renew the ${server}'s certificate`;
  if (/wrong version number|packet length too long/i.test(text))
    return `the ${server} does not use TLS: write http, or switch TLS on ${on}`;
  return null;
}

/** The texts and codes of an error and of its causes. */
export function tlsText(error: unknown): string {
  const texts: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    texts.push('code' in at ? `${at.message} (${String(at.code)})` : at.message);
  return texts.length === 0 ? String(error) : texts.join(': ');
}
