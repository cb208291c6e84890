import { type ServiceProcess, waitFor } from '@watchbill/testkit';

/** Wait until the service says that its store is behind what it remembers. */
export async function untilBehind(service: ServiceProcess): Promise<void> {
  const isBehind = async () => {
    const response = await service.fetch('/readyz');
    return response.status === 503 && (await response.text()).includes('behind');
  };
  await waitFor(`${service.url} to be behind`, isBehind, { timeoutMs: 60_000, everyMs: 50 });
}
