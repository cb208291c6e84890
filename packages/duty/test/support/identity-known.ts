import { type ServiceProcess, waitFor } from '@watchbill/testkit';

/**
 * Wait until every service has heard of a node token that one of them made; they share it through the store.
 */
export async function untilIdentityKnown(services: readonly ServiceProcess[], secret: string): Promise<void> {
  for (const service of services) {
    const what = `${service.url} to hear of a new token`;
    await waitFor(what, () => knows(service, secret), { timeoutMs: 60_000, everyMs: 25 });
  }
}

/**
 * A base URL of the original wire protocol is not an identity here; the refusal says so, not "unknown".
 */
async function knows(service: ServiceProcess, secret: string): Promise<boolean> {
  const response = await service.fetch('/v1/policies', { headers: { authorization: `Bearer ${secret}` } });
  const text = await response.text();
  return !text.includes('identity-unknown');
}
