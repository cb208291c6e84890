import type { Target } from '../../client/target.ts';

/** The base URL at which a node uses the original wire protocol; its last segment is the secret. */
export function originalBaseUrl(target: Target, secret: string): string {
  return new URL(`original/${secret}`, target.url).href;
}
